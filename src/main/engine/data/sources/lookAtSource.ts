import { stat } from 'node:fs/promises'
import type { EngineInput, EngineOutput } from '@shared/contract/engineRoutes'
import { openSource } from './openSource'
import { kindOfFile } from './sourceKind'

/** So many classes are named. */
const namedClasses = 12

/**
 * What a folder or an archive would be taken for. A tape archive can't be looked into without
 * unpacking it, which is left for the preparation.
 *
 * @throws VitrineError `not-found`, `unreadable`, `invalid-input` with what to do
 */
export async function lookAtSource({ source }: EngineInput<'inspect.source'>): Promise<EngineOutput<'inspect.source'>> {
  const stats = await stat(source).catch(() => null)
  const content = stats?.isFile() === true ? await kindOfFile(source) : 'folder'
  if (content === 'tar' || content === 'tar.gz') return { found: null }
  const nobodyAsks = { emit: () => undefined, cancelled: new AbortController().signal, stopRequested: () => false }
  const opened = await openSource(source, { work: '', context: nobodyAsks, checkpoint: () => undefined })
  try {
    const { recognised, classes, images, skipped, ownSide } = opened
    return {
      found: {
        recognised,
        classes: classes.slice(0, namedClasses),
        classCount: classes.length,
        images: images.length,
        validationImages: images.filter(({ split }) => split === 'val').length,
        otherFiles: skipped.length,
        ownSide,
      },
    }
  } finally {
    await opened.close()
  }
}
