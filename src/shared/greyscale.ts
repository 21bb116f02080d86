/** Pictures in one channel. Everything that makes grey of colours goes by these weights. */

/** Of red, green and blue in the brightness that is seen (ITU-R BT.601); equal channels stay as they are. */
export const greyWeights: readonly [number, number, number] = [0.299, 0.587, 0.114]

/** The weighted mean of three colours' values. */
export function greyOf(red: number, green: number, blue: number): number {
  return red * greyWeights[0] + green * greyWeights[1] + blue * greyWeights[2]
}

interface Normalization {
  mean: number[]
  std: number[]
}

/**
 * What a model of so many channels is normalised by, given the colours' figures. Of pictures that are
 * grey already it is exact; of others the deviation is a little too large, because colours vary apart.
 */
export function normalizationFor(channels: number, { mean, std }: Normalization): Normalization {
  if (channels !== 1 || mean.length === 1) return { mean, std }
  const inGrey = ([red = 0, green = 0, blue = 0]: readonly number[]) => [greyOf(red, green, blue)]
  return { mean: inGrey(mean), std: inGrey(std) }
}
