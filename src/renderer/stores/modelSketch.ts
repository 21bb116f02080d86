import { defineStore } from 'pinia'
import { computed, reactive } from 'vue'
import { presetSizes, type PresetName } from '@shared/config/modelPresets'
import { plainArchitecture, type VitArchitecture, type VitSizes } from '@shared/config/modelConfig'
import type { TrainDraft } from './trainDraft'
import { useTrainForm } from './trainForm'

/** Sizes on the Model page; a number field is null while it is empty. */
export interface ModelSketch {
  preset: PresetName | 'own'
  imageSize: number | null
  numClasses: number | null
  patchSize: number | null
  embedDim: number | null
  depth: number | null
  numHeads: number | null
  mlpRatio: number | null
}

type SizeField = Exclude<keyof ModelSketch, 'preset'>

export type CheckedSketch = { ok: true; sizes: VitSizes } | { ok: false; problems: ReadonlyMap<SizeField, string> }

/** The architecture that the training form holds; a number that is not valid counts as none. */
export function draftArchitecture({ model }: TrainDraft): VitArchitecture {
  const { norm, normPlace, positions, pooling, qkvBias, layerScale, registerTokens } = model
  return {
    norm,
    normPlace,
    positions,
    pooling,
    qkvBias,
    layerScale: layerScale !== null && layerScale > 0 ? layerScale : null,
    registerTokens:
      registerTokens !== null && Number.isInteger(registerTokens) && registerTokens > 0 ? registerTokens : 0,
  }
}

const wholeFields = ['imageSize', 'numClasses', 'patchSize', 'embedDim', 'depth', 'numHeads'] as const

export function checkSketch(sketch: ModelSketch, architecture: VitArchitecture = plainArchitecture): CheckedSketch {
  const problems = new Map<SizeField, string>()
  for (const field of wholeFields) {
    const value = sketch[field]
    if (value === null || !Number.isInteger(value) || value < 1)
      problems.set(field, 'must be a whole number of at least 1')
  }
  if (sketch.mlpRatio === null || !(sketch.mlpRatio > 0)) problems.set('mlpRatio', 'must be above 0')
  const { imageSize, numClasses, patchSize, embedDim, depth, numHeads, mlpRatio } = sketch
  if (
    problems.size > 0 ||
    imageSize === null ||
    numClasses === null ||
    patchSize === null ||
    embedDim === null ||
    depth === null ||
    numHeads === null ||
    mlpRatio === null
  ) {
    return { ok: false, problems }
  }
  if (imageSize % patchSize !== 0)
    problems.set('patchSize', `must divide the image: ${imageSize} px is not a multiple of ${patchSize} px`)
  if (embedDim % numHeads !== 0)
    problems.set('numHeads', `must divide the width: ${embedDim} is not a multiple of ${numHeads} heads`)
  if (architecture.positions === 'sinusoidal' && embedDim % 4 !== 0)
    problems.set('embedDim', `must be a multiple of 4 for positions of sines: ${embedDim} is none`)
  if (problems.size > 0) return { ok: false, problems }
  return {
    ok: true,
    sizes: {
      imageSize,
      channels: 3,
      patchSize,
      embedDim,
      depth,
      numHeads,
      mlpRatio,
      numClasses,
      dropout: 0,
      attentionDropout: 0,
      dropPath: 0,
      ...architecture,
    },
  }
}

export const useModelSketch = defineStore('modelSketch', () => {
  const sketch = reactive<ModelSketch>({ preset: 'S/32', imageSize: 224, numClasses: 10, ...presetSizes('S/32') })
  const form = useTrainForm()
  const architecture = computed(() => draftArchitecture(form.draft))
  const checked = computed(() => checkSketch(sketch, architecture.value))

  function choosePreset(preset: PresetName): void {
    Object.assign(sketch, presetSizes(preset), { preset })
  }

  /** A size that is typed in makes the model one of its own, unless it is the image's or the classes'. */
  function setSize(field: SizeField, value: number | null): void {
    sketch[field] = value
    if (field !== 'imageSize' && field !== 'numClasses') sketch.preset = 'own'
  }

  return { sketch, architecture, checked, choosePreset, setSize }
})
