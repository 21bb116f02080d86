import type { MapRecipe } from '@shared/contract/mapRecipe'

/** The parts of a recipe that its method uses: recipes with the same meaning make the same map. */
export function recipeMeaning({ method, layer, fusion, residual, discard, classIndex }: MapRecipe): string {
  switch (method) {
    case 'attention':
      return JSON.stringify([method, fusion, layer])
    case 'gradient':
      return JSON.stringify([method, fusion, classIndex])
    case 'rollout':
    case 'flow':
      return JSON.stringify([method, fusion, residual, discard])
  }
}
