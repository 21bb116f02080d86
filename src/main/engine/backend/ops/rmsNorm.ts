import { tf, type Tensor } from '../tensorflow'
import { add, inverseSquareRoot, mean, multiply, square, subtract, sum } from './elementwise'
import { withGradient } from './withGradient'

/**
 * Root-mean-square normalisation over the last axis (Zhang & Sennrich, 2019), as PyTorch's
 * `nn.RMSNorm`: x / √(mean(x²) + ε) · γ, with neither centring nor shift.
 * @param x [M, d]
 * @param gamma [d] scale
 * @returns [M, d]
 */
export function rmsNorm(x: Tensor, gamma: Tensor, epsilon: number): Tensor {
  return withGradient(
    [x, gamma],
    () => {
      const inverseRms = inverseSquareRoot(add(mean(square(x), [-1], true), tf.scalar(epsilon)))
      const normalised = multiply(x, inverseRms)
      return { value: multiply(normalised, gamma), kept: [normalised, inverseRms, gamma] as const }
    },
    (gradient, [normalised, inverseRms, scaleBy]) => {
      const scaled = multiply(gradient, scaleBy)
      const along = mean(multiply(scaled, normalised), [-1], true)
      const across = subtract(scaled, multiply(normalised, along))
      return [multiply(across, inverseRms), sum(multiply(gradient, normalised), [0])]
    },
  )
}
