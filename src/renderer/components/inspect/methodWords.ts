import type { MapMethod } from '@shared/contract/mapRecipe'

/** How the methods are called in the window, and what each shows. */
export const methodWords: Record<MapMethod, { name: string; title: string; values: string; about: string }> = {
  attention: {
    name: 'Attention',
    title: 'Attention map',
    values: 'attention of each patch',
    about: 'How much one token of one layer looks at each patch',
  },
  rollout: {
    name: 'Rollout',
    title: 'Rollout map',
    values: 'rollout of each patch',
    about: 'Attention multiplied through all layers (Abnar and Zuidema, 2020)',
  },
  gradient: {
    name: 'Gradient',
    title: 'Gradient map',
    values: 'relevance of each patch',
    about: 'Rollout of the attention that speaks for one class, weighted with its gradient (Chefer et al., 2021)',
  },
  flow: {
    name: 'Flow',
    title: 'Flow map',
    values: 'maximum flow from each patch',
    about:
      'How much can flow through all layers at most, with attention as the width of the pipes (Abnar and Zuidema, 2020)',
  },
}
