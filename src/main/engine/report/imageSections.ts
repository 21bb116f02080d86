import type { Checkpoint } from '@engine/vit/checkpoint'
import { attentionSection, type ReportImage } from './attentionSection'
import { distanceSection } from './modelSections'
import type { Section } from './page'

/** What a model does with images; none without images. @param onImageDone throws to end it */
export async function imageSections(
  images: readonly ReportImage[],
  checkpoint: Checkpoint,
  onImageDone: () => void,
): Promise<Section[]> {
  if (images.length === 0) return []
  // Weights alone are shown without TensorFlow, which takes a second to load.
  const { Predictor } = await import('@engine/vit/predictor')
  const predictor = await Predictor.open(checkpoint)
  try {
    const { section, distances } = await attentionSection(images, predictor, onImageDone)
    return [section, distanceSection(distances, checkpoint.sizes, images.length)]
  } finally {
    predictor.dispose()
  }
}
