import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { EngineServer } from '@engine/server/server'
import { parentTransport } from '@engine/server/transport'
import type { RunRecord } from '@shared/contract/records'
import { engineHandlersWith } from './engineHandlers'
import { datasetManifest, evaluationRecord, runRecord, stepMetrics } from './records'

/**
 * An engine process that misbehaves on request: the real server on the real channel, with handlers
 * that end in every way that an engine can. The sample's name says how.
 */

const never = new Promise<never>(() => undefined)

function endBadly(how: string): void {
  switch (how) {
    case 'exit':
      process.stderr.write('first line\nthe disk went away\n')
      process.exit(3)
      break
    case 'memory':
      process.stderr.write("terminate called after throwing an instance of 'std::bad_alloc'\n")
      process.abort()
      break
    case 'deaf':
      process.on('SIGTERM', () => undefined)
      break
    case 'blocked':
      for (;;);
    default:
      throw new Error(`unknown behaviour ${how}`)
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5))
}

const handlers = engineHandlersWith({
  async sample({ dataset }, context) {
    if (dataset === 'environment') {
      return {
        manifest: datasetManifest({ name: process.env['VITRINE_RESOURCES'] ?? '' }),
        folder: process.env['VITRINE_HOME'] ?? '',
      }
    }
    if (dataset !== 'answer' && dataset !== 'until-cancelled') {
      endBadly(dataset)
      return never
    }
    for (let done = 1; done <= 3; done++) {
      context.emit({ type: 'progress', progress: { stage: 'Drawing', done, total: 3, secondsLeft: null } })
    }
    while (dataset === 'until-cancelled') {
      context.cancelled.throwIfAborted()
      await pause()
    }
    return { manifest: datasetManifest(), folder: '/samples/shapes' }
  },

  async train({ config, runFolder, resume }, context) {
    const write = (record: RunRecord): void => {
      mkdirSync(path.join(runFolder, 'checkpoints'), { recursive: true })
      writeFileSync(path.join(runFolder, 'run.json'), JSON.stringify(record))
    }
    const record = runRecord({ id: path.basename(runFolder), config, status: 'running', processId: process.pid })
    if (resume) record.resumedAt = record.createdAt
    write(record)
    for (let step = 1; !context.stopRequested(); step++) {
      context.cancelled.throwIfAborted()
      context.emit({ type: 'metrics', lines: [stepMetrics(step)] })
      await pause()
    }
    const status = context.pauseRequested?.() === true ? 'paused' : 'stopped'
    const stopped: RunRecord = { ...record, status, endedAt: new Date().toISOString() }
    write(stopped)
    return { run: stopped }
  },

  /** Validation goes on until it is cancelled; anything else ends at once. */
  async evaluate({ split, out }, context) {
    while (split === 'val') {
      context.cancelled.throwIfAborted()
      await pause()
    }
    const evaluation = { ...evaluationRecord(new Date().toISOString()), split }
    mkdirSync(out, { recursive: true })
    writeFileSync(path.join(out, 'evaluation.json'), JSON.stringify(evaluation))
    return { evaluation }
  },

  /** Leaves what it was asked for in the file of a report, or in the folder. */
  export({ subject, out }) {
    const file = path.extname(out) === '' ? path.join(out, 'asked.json') : out
    writeFileSync(file, JSON.stringify(subject))
    return Promise.resolve({ folder: path.dirname(file), files: [path.basename(file)] })
  },

  'inspect.model'({ checkpoint }) {
    if (checkpoint.from === 'file' && checkpoint.path === 'crash') process.exit(7)
    const { sizes, dataset, parameters } = runRecord()
    const { classes, mean, std } = dataset
    const preprocessing = { imageSize: sizes.imageSize, mean, std }
    return Promise.resolve({ title: String(process.pid), sizes, classes, parameters, epoch: null, preprocessing })
  },
})

new EngineServer(parentTransport(), handlers, (code) => process.exit(code)).start()
