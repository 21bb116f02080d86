import { loadImage } from '@engine/inspect/imageSource'
import type { EnginePlaces } from '@engine/job'
import type { ReportImage } from '@engine/report/attentionSection'
import type { Checkpoint } from '@engine/vit/checkpoint'
import type { CommandArguments } from './commandArguments'
import { inputPictures, type ModelInput } from './modelInput'

/** The images for a report: files in their own aspect, tensors as they are. */
export async function reportImages(
  given: CommandArguments,
  input: ModelInput,
  checkpoint: Checkpoint,
  places: EnginePlaces,
): Promise<ReportImage[]> {
  const paths = given.words.slice(1)
  const { imageSize } = checkpoint.sizes
  if (paths.length > 0) {
    return Promise.all(paths.map((path) => loadImage({ from: 'file', path }, imageSize, places)))
  }
  return inputPictures(input, checkpoint).map((modelInput, index) => ({
    name: input.names[index] ?? '',
    label: null,
    width: imageSize,
    height: imageSize,
    modelInput,
  }))
}
