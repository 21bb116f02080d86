import { ProgressReporter } from '@engine/data/progress'
import { writeFileAtomic } from '@engine/formats/atomicWrite'
import { throwIfCalledOff } from '@engine/inspect/calledOff'
import type { JobContext } from '@engine/job'
import type { Checkpoint } from '@engine/vit/checkpoint'
import type { ReportImage } from './attentionSection'
import { imageSections } from './imageSections'
import { filterSection, modelSection, positionSection } from './modelSections'
import { renderPage } from './page'

/**
 * Writes what a checkpoint has learnt, and what it does with the given images, into one HTML file that
 * needs nothing else.
 *
 * @throws VitrineError `cancelled`
 */
export async function writeModelReport(
  checkpoint: Checkpoint,
  images: readonly ReportImage[],
  out: string,
  context: JobContext,
): Promise<void> {
  const progress = new ProgressReporter(context, 'Writing the report', images.length)
  const sections = [
    modelSection(checkpoint),
    ...(await imageSections(images, checkpoint, () => {
      throwIfCalledOff(context, 'The report')
      progress.advance()
    })),
    await filterSection(checkpoint),
    await positionSection(checkpoint),
  ]
  const count = images.length === 1 ? 'one image' : `${images.length} images`
  const subtitle = images.length === 0 ? 'A Vision Transformer' : `A Vision Transformer and ${count}`
  await writeFileAtomic(out, renderPage({ title: checkpoint.title, subtitle, sections }))
}
