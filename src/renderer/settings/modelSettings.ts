import { formatSetting } from '../format/numbers'
import { shownSizes, type sizeNames, type TrainDraft } from '../stores/trainDraft'
import { choice, number, onOff, type NumberSetting, type Setting, type SettingGroup } from './setting'

/** A size is the preset's unless it is typed in; with own sizes it is always asked for. */
function size(
  name: (typeof sizeNames)[number],
  label: string,
  help: string,
  rest: Partial<Pick<NumberSetting, 'unit' | 'step'>> = {},
): Setting {
  return number(`model.${name}`, label, help, {
    ...rest,
    empty: (draft) => {
      const value = shownSizes(draft)[name]
      return value === null ? '' : formatSetting(value)
    },
  })
}

function startsFromCheckpoint(draft: TrainDraft): boolean {
  return draft.init.checkpoint !== null
}

export const modelGroup: SettingGroup = {
  title: 'Model',
  settings: [
    {
      kind: 'preset',
      path: 'model.preset',
      label: 'Preset',
      help: 'A model of the ViT family by its letter and the side of its patches; its sizes can be changed one by one.',
    },
    size('patchSize', 'Patch size', 'Side of the squares that the image is cut into.', { unit: 'px' }),
    size('embedDim', 'Width', 'Numbers in each token, also called the embedding dimension.', { step: 32 }),
    size('depth', 'Depth', 'Transformer blocks, one after another.', { step: 1 }),
    size(
      'numHeads',
      'Heads',
      'Attention mechanisms side by side in each block; the width is divided evenly among them.',
      { step: 1 },
    ),
    size('mlpRatio', 'MLP ratio', 'Hidden width of each block’s MLP as a multiple of the width.', { step: 1 }),
    {
      kind: 'checkpoint',
      path: 'init.checkpoint',
      label: 'Start from',
      help: 'A checkpoint of the same sizes whose weights the training starts with, instead of random ones.',
    },
    choice(
      'init.head',
      'Head',
      'Whether the checkpoint’s classifier is kept, which needs the same classes, or drawn anew.',
      { new: 'New', keep: 'The checkpoint’s' },
      { applies: startsFromCheckpoint },
    ),
    choice(
      'train.freeze',
      'Freeze',
      'Frozen parts keep the weights that they start with, which is quicker and suits small datasets.',
      { none: 'Nothing', 'all-but-head': 'All but the head', 'first-blocks': 'The first blocks' },
      { advanced: true },
    ),
    number(
      'train.frozenBlocks',
      'Frozen blocks',
      'How many blocks are frozen; the patch embedding, tokens and positions are frozen with them.',
      { advanced: true, step: 1, applies: (draft) => draft.train.freeze === 'first-blocks' },
    ),
    choice(
      'model.pooling',
      'Pooling',
      'What the classifier sees: a token of its own that gathers the image, or the mean of all patches.',
      { 'class-token': 'Class token', mean: 'Mean of patches' },
      { advanced: true },
    ),
    choice(
      'model.positions',
      'Positions',
      'How a patch knows its place: a learned vector, a fixed pattern of sines over rows and columns, or not at all.',
      { learned: 'Learned', sinusoidal: 'Sines (fixed)', none: 'None' },
      { advanced: true },
    ),
    choice(
      'model.normPlace',
      'Norm place',
      'Before each branch trains most calmly; after each sum is the first Transformer’s way; none needs T-Fixup.',
      { pre: 'Before each branch', post: 'After each sum', none: 'None' },
      { advanced: true },
    ),
    choice(
      'model.norm',
      'Norm',
      'RMSNorm only scales a token to unit size, LayerNorm centres it first.',
      { layernorm: 'LayerNorm', rmsnorm: 'RMSNorm' },
      { advanced: true, applies: (draft) => draft.model.normPlace !== 'none' },
    ),
    choice(
      'model.initialisation',
      'First weights',
      'T-Fixup scales the first weights by the depth, so that neither norms nor a warm-up are needed.',
      { default: 'As usual', 't-fixup': 'T-Fixup' },
      { advanced: true },
    ),
    onOff('model.qkvBias', 'QKV bias', 'Queries, keys and values get a learned constant each.', {
      advanced: true,
    }),
    number(
      'model.layerScale',
      'Layer scale',
      'First value of a learned factor on each branch, such as 1e-4; it helps very deep models.',
      { advanced: true, empty: 'off' },
    ),
    number(
      'model.registerTokens',
      'Register tokens',
      'Learned tokens that stand for no patch and keep attention maps free of odd spots.',
      { advanced: true, step: 1 },
    ),
  ],
  summary: (draft) => {
    const sizes = shownSizes(draft)
    const words = (value: number | null) => (value === null ? '–' : formatSetting(value))
    const name = draft.model.preset ?? 'own sizes'
    return `${name} · patch ${words(sizes.patchSize)} · width ${words(sizes.embedDim)} · depth ${words(sizes.depth)} · ${words(sizes.numHeads)} heads`
  },
}
