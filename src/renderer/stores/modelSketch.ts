import { defineStore } from 'pinia'
import { computed, reactive } from 'vue'
import { presetSizes, type PresetName } from '@shared/config/modelPresets'
import type { VitSizes } from '@shared/config/runConfig'

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

const wholeFields = ['imageSize', 'numClasses', 'patchSize', 'embedDim', 'depth', 'numHeads'] as const

export function checkSketch(sketch: ModelSketch): CheckedSketch {
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
    },
  }
}

export const useModelSketch = defineStore('modelSketch', () => {
  const sketch = reactive<ModelSketch>({ preset: 'S/32', imageSize: 224, numClasses: 10, ...presetSizes('S/32') })
  const checked = computed(() => checkSketch(sketch))

  function choosePreset(preset: PresetName): void {
    Object.assign(sketch, presetSizes(preset), { preset })
  }

  /** A size that is typed in makes the model one of its own, unless it is the image's or the classes'. */
  function setSize(field: SizeField, value: number | null): void {
    sketch[field] = value
    if (field !== 'imageSize' && field !== 'numClasses') sketch.preset = 'own'
  }

  return { sketch, checked, choosePreset, setSize }
})
