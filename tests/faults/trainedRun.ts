import { open, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Page } from 'playwright'
import { z } from 'zod'
import { askMain } from './askMain'

/** What a run has left on disk. */

const recordSchema = z.looseObject({ status: z.string(), reason: z.string().nullable(), processId: z.int() })
const lineSchema = z.looseObject({ type: z.string(), step: z.int().optional(), epoch: z.int().optional() })

/** A run that lasts as long as a test needs: a small model with many short epochs. */
export const longRun = {
  name: 'long',
  seed: 3,
  data: { dataset: 'sample:digits', augment: 'none' },
  model: { patchSize: 8, embedDim: 32, depth: 2, numHeads: 2, mlpRatio: 2 },
  train: { epochs: 400, batchSize: 256, schedule: { name: 'constant', warmupEpochs: 0 } },
}

/** Starts a run through the window's own bridge. @returns its folder */
export async function startRun(page: Page, home: string, config: object): Promise<string> {
  const answer = await askMain(page, 'runs.start', { config })
  const { value } = z.object({ ok: z.literal(true), value: z.object({ runId: z.string() }) }).parse(answer)
  return path.join(home, 'runs', value.runId)
}

export async function record(run: string): Promise<z.infer<typeof recordSchema> | null> {
  const text = await readFile(path.join(run, 'run.json'), 'utf8').catch(() => null)
  return text === null ? null : recordSchema.parse(JSON.parse(text))
}

/** The whole lines of the metrics; only the last may be torn. */
export async function metrics(run: string): Promise<z.infer<typeof lineSchema>[]> {
  const text = await readFile(path.join(run, 'metrics.jsonl'), 'utf8').catch(() => '')
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => lineSchema.parse(JSON.parse(line)))
}

export async function epochsDone(run: string): Promise<number> {
  return (await metrics(run)).filter(({ type }) => type === 'epoch').length
}

/** @throws when a checkpoint under its own name is not as long as its header says. */
export async function checkCheckpoints(run: string): Promise<string[]> {
  const folder = path.join(run, 'checkpoints')
  const names = (await readdir(folder)).filter((name) => /^(last|best)\..*safetensors$/.test(name))
  for (const name of names) await checkSafetensors(path.join(folder, name))
  return names.sort()
}

async function checkSafetensors(file: string): Promise<void> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    const bytes = await handle.readFile()
    const headerBytes = Number(bytes.readBigUInt64LE())
    const header: unknown = JSON.parse(bytes.toString('utf8', 8, 8 + headerBytes))
    const tensors = z.record(z.string(), z.looseObject({ data_offsets: z.tuple([z.int(), z.int()]).optional() }))
    const ends = Object.values(tensors.parse(header)).map(({ data_offsets: offsets }) => offsets?.[1] ?? 0)
    if (8 + headerBytes + Math.max(...ends) !== size) throw new Error(`${file} is not whole`)
  } finally {
    await handle.close()
  }
}
