import { basename, dirname } from 'node:path'
import type { EngineInput, EngineOutput } from '@shared/contract/engineRoutes'
import { loadImage } from '@engine/inspect/imageSource'
import type { EnginePlaces, JobContext } from '@engine/job'
import { readCheckpoint } from '@engine/vit/checkpoint'
import { writeHistory } from './history'
import { writeModelReport } from './modelReport'
import { writeRunReport } from './runReport'
import { writeTensorboard } from './tensorboard'

/** What the window asks to be written. @throws VitrineError as each of its kinds does */
export async function exportSubject(
  { subject, out }: EngineInput<'export'>,
  places: EnginePlaces,
  context: JobContext,
): Promise<EngineOutput<'export'>> {
  switch (subject.kind) {
    case 'run-report':
      await writeRunReport(subject.runFolder, out, places, context)
      return { folder: dirname(out), files: [basename(out)] }
    case 'model-report': {
      const checkpoint = await readCheckpoint(subject.checkpoint)
      const side = checkpoint.sizes.imageSize
      const images = await Promise.all(subject.images.map((image) => loadImage(image, side, places)))
      await writeModelReport(checkpoint, images, out, context)
      return { folder: dirname(out), files: [basename(out)] }
    }
    case 'history':
      return { folder: out, files: await writeHistory(subject.runFolder, out) }
    case 'tensorboard': {
      const files: string[] = []
      for (const runFolder of subject.runFolders) files.push(await writeTensorboard(runFolder, out))
      return { folder: out, files }
    }
  }
}
