import { expect, it } from 'vitest'
import {
  averageOf,
  checkpointFile,
  checkpointsAmong,
  checkpointWords,
  snapshotEpoch,
  snapshotName,
} from '@shared/checkpointNames'
import { checkpointNameSchema } from '@shared/contract/records'
import { positionWords } from '@shared/trainingPosition'

it('finds checkpoints among files: best and last, then epochs from the newest on', () => {
  const files = [
    'epoch-0002.safetensors',
    'last.optimizer.safetensors',
    'last.safetensors',
    '.last.safetensors.1.tmp',
    'epoch-12345.safetensors',
    'best.ema.safetensors',
    'next.safetensors',
    'best.safetensors',
    'epoch-0010.ema.safetensors',
    'epoch-0010.safetensors',
    'notes.txt',
  ]
  expect(checkpointsAmong(files)).toEqual([
    'best',
    'best.ema',
    'last',
    'epoch-12345',
    'epoch-0010',
    'epoch-0010.ema',
    'epoch-0002',
  ])
})

it.each(['../last', 'last/..', 'last.optimizer', 'epoch-1', 'Last', ''])('%j is no name', (name) => {
  expect(checkpointNameSchema.safeParse(name).success).toBe(false)
})

it('knows places and words', () => {
  expect(checkpointFile('best.ema')).toEqual(['checkpoints', 'best.ema.safetensors'])
  expect(checkpointFile(averageOf(snapshotName(10)))).toEqual(['snapshots', 'epoch-0010.ema.safetensors'])
  expect([snapshotEpoch('epoch-0010.ema'), snapshotEpoch('last')]).toEqual([10, null])
  expect(['best', 'last.ema', 'epoch-0010', 'epoch-0010.ema'].map(checkpointWords)).toEqual([
    'Best',
    'Last (average)',
    'Epoch 10',
    'Epoch 10 (average)',
  ])
})

it('never says epoch 0', () => {
  expect(positionWords({ epoch: 0, stepInEpoch: 12 })).toBe('step 12 of epoch 1')
  expect(positionWords({ epoch: 3, stepInEpoch: 0 })).toBe('epoch 3')
  expect(positionWords({ epoch: 0, stepInEpoch: 0 })).toBe('the start')
})
