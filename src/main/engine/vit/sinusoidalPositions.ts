import type { VitSizes } from '@shared/config/modelConfig'
import { gridSide, prefixTokenCount, tokenCount } from '@shared/model/size'

/** Longest wavelength of the sinusoids is 2π times this. */
const temperature = 10_000

/**
 * Fixed positions in two dimensions as MoCo v3 has them (Chen, Xie & He, 2021): a quarter of the width
 * each for sin(row·ω), cos(row·ω), sin(column·ω) and cos(column·ω), with ωₖ = 10000^(−k / (width / 4)).
 * Class token and registers have no place: their rows are zero. The width must be a multiple of 4.
 * @returns [tokens, width] row by row
 */
export function sinusoidalPositions(sizes: VitSizes): Float32Array {
  const width = sizes.embedDim
  const quarter = width / 4
  const side = gridSide(sizes)
  const prefix = prefixTokenCount(sizes)
  const table = new Float32Array(tokenCount(sizes) * width)
  for (let patch = 0; patch < side * side; patch++) {
    const start = (prefix + patch) * width
    const row = Math.floor(patch / side)
    const column = patch % side
    for (let k = 0; k < quarter; k++) {
      const frequency = temperature ** (-k / quarter)
      table[start + k] = Math.sin(row * frequency)
      table[start + quarter + k] = Math.cos(row * frequency)
      table[start + 2 * quarter + k] = Math.sin(column * frequency)
      table[start + 3 * quarter + k] = Math.cos(column * frequency)
    }
  }
  return table
}
