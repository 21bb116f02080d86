import type { EnginePlaces } from '@engine/job'
import type { EngineHandlers } from '@engine/server/server'
import type { InspectService } from '@engine/inspect/service'
import { VitrineError } from '@shared/errors'
import { sampleNameOf } from '@shared/folders'

/**
 * What this program does for each request. TensorFlow and the image library are heavy to load, so
 * every subject is imported when it is first asked for: a process loads what its job needs.
 */
export function engineHandlers({ home, resources }: EnginePlaces): EngineHandlers {
  let service: Promise<InspectService> | null = null

  async function inspection(): Promise<InspectService> {
    service ??= import('@engine/inspect/service').then((module) => new module.InspectService({ home, resources }))
    try {
      return await service
    } catch (error) {
      service = null
      throw error
    }
  }

  return {
    async train({ config, runFolder, resume }, context) {
      const { resumeTraining, runTraining } = await import('@engine/train/run')
      const train = resume ? resumeTraining : runTraining
      return { run: await train(config, runFolder, { home, resources }, context) }
    },
    async prepare(input, context) {
      const { prepareDataset } = await import('@engine/data/prepare')
      return { manifest: await prepareDataset(input, context) }
    },
    async download(input, context) {
      const { downloadDataset } = await import('@engine/data/download/downloadDataset')
      return { manifest: await downloadDataset(input, context) }
    },
    async deduplicate({ dataset, action }, context) {
      const { resolveDuplicates } = await import('@engine/data/resolveDuplicates')
      return { manifest: await resolveDuplicates(dataset, action, context) }
    },
    async evaluate({ checkpoint: file, ...request }, context) {
      const { defaultBatchSize, evaluate } = await import('@engine/evaluate/evaluate')
      const { readCheckpoint } = await import('@engine/vit/checkpoint')
      const checkpoint = await readCheckpoint(file)
      const whole = { ...request, checkpoint, file, batchSize: defaultBatchSize }
      return { evaluation: await evaluate(whole, { home, resources }, context) }
    },
    async export(input, context) {
      const { exportSubject } = await import('@engine/report/exportSubject')
      return exportSubject(input, { home, resources }, context)
    },
    async sample({ dataset }, context) {
      const name = sampleNameOf(dataset)
      if (name === null) throw new VitrineError('not-found', `There is no sample “${dataset}”.`)
      const { ensureSample } = await import('@engine/data/samples/index')
      return ensureSample(name, home, resources, context)
    },
    'inspect.model': async (input) => (await inspection()).model(input),
    'inspect.image': async (input) => (await inspection()).image(input),
    'inspect.attention': async (input) => (await inspection()).attention(input),
    'inspect.map': async (input, context) => (await inspection()).map(input, context),
    'inspect.faithfulness': async (input, context) => (await inspection()).faithfulness(input, context),
    'inspect.localisation': async (input, context) => (await inspection()).localisation(input, context),
    'inspect.tokens': async (input) => (await inspection()).tokens(input),
    'inspect.heads': async (input, context) => (await inspection()).heads(input, context),
    'inspect.figures': async (input, context) => (await inspection()).figures(input, context),
    'inspect.recorded': async (input) => (await inspection()).recorded(input),
    'inspect.recordedFigures': async (input) => (await inspection()).recordedFigures(input),
    'inspect.filters': async (input) => (await inspection()).filters(input),
    'inspect.positions': async (input) => (await inspection()).positions(input),
    'inspect.augment': async (input, context) => (await inspection()).augment(input, context),
    async 'inspect.source'(input) {
      const { lookAtSource } = await import('@engine/data/sources/lookAtSource')
      return lookAtSource(input)
    },
    async doctor() {
      const { doctor } = await import('@engine/doctor')
      return doctor()
    },
  }
}
