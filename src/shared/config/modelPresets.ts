/**
 * The ViT family of Dosovitskiy et al. (2020), "An Image is Worth 16x16 Words", Table 1, with the
 * small and tiny widths of DeiT (Touvron et al., 2021).
 */
interface Width {
  embedDim: number
  depth: number
  numHeads: number
}

const widths = {
  Ti: { embedDim: 192, depth: 12, numHeads: 3 },
  S: { embedDim: 384, depth: 12, numHeads: 6 },
  B: { embedDim: 768, depth: 12, numHeads: 12 },
  L: { embedDim: 1024, depth: 24, numHeads: 16 },
  H: { embedDim: 1280, depth: 32, numHeads: 16 },
} as const satisfies Record<string, Width>

const patchSizes = [8, 16, 32] as const

export type PresetName = `${keyof typeof widths}/${(typeof patchSizes)[number]}`

export interface PresetSizes extends Width {
  patchSize: number
  mlpRatio: number
}

const widthNames = ['Ti', 'S', 'B', 'L', 'H'] as const

/** All presets, from the smallest width to the largest. */
export const presetNames: readonly PresetName[] = widthNames.flatMap((width) =>
  patchSizes.map((patchSize): PresetName => `${width}/${patchSize}`),
)

export function isPresetName(name: string): name is PresetName {
  return presetNames.some((preset) => preset === name)
}

const presets = new Map<PresetName, PresetSizes>(
  widthNames.flatMap((width) =>
    patchSizes.map((patchSize): [PresetName, PresetSizes] => [
      `${width}/${patchSize}`,
      { ...widths[width], patchSize, mlpRatio: 4 },
    ]),
  ),
)

export function presetSizes(name: PresetName): PresetSizes {
  const sizes = presets.get(name)
  if (sizes === undefined) throw new RangeError(`unknown preset ${name}`)
  return { ...sizes }
}
