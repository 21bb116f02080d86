import type { EngineOutput } from '@shared/contract/engineRoutes'
import { gridSide } from '@shared/model/size'
import type { ArtifactStore } from './artifactStore'
import { rowsOf } from './nestedRows'
import type { TrainingFigures } from './trainingFigures'

/** An epoch's figures as the window gets them. @param images how many the maps are of */
export async function figureAnswer(
  { sizes, epoch, filters, positions, heads, maps }: TrainingFigures,
  images: number,
  artifacts: ArtifactStore,
): Promise<EngineOutput<'inspect.figures'>> {
  const { patchSize: side, numHeads } = sizes
  const patches = gridSide(sizes) ** 2
  return {
    epoch,
    components: await artifacts.array('components', [filters.count, side, side, 3], filters.components),
    explainedShares: filters.explainedShares,
    positions: positions && {
      similarity: await artifacts.array('positions', [patches, patches], positions.similarity),
      contrast: positions.contrast,
    },
    heads: heads && {
      distances: rowsOf(Array.from(heads.distances), numHeads),
      entropies: rowsOf(Array.from(heads.entropies), numHeads),
    },
    maps: await artifacts.array('pinned', [images, 2, patches], maps),
  }
}
