import { hasNativeKernels } from '../nativeKernels'
import { attr, rawOps, tf, type Tensor } from '../tensorflow'
import { add, inverseSquareRoot, mean, multiply, square, subtract, sum } from './elementwise'
import { withGradient } from './withGradient'

/**
 * Layer normalisation over the last axis (Ba et al., 2016), with the biased variance.
 * @param x [M, d]
 * @param gamma [d] scale
 * @param beta [d] shift
 * @returns [M, d]
 */
export function layerNorm(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): Tensor {
  return hasNativeKernels ? fusedLayerNorm(x, gamma, beta, epsilon) : composedLayerNorm(x, gamma, beta, epsilon)
}

/** `layerNorm` by one op of our own. */
function fusedLayerNorm(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): Tensor {
  return withGradient(
    [x, gamma, beta],
    () => {
      const [value, average, inverseStd] = rawOps(
        'VitrineLayerNorm',
        [x, gamma, beta],
        [attr.float('epsilon', epsilon)],
        3,
      )
      return { value, kept: [x, gamma, average, inverseStd] as const }
    },
    (gradient, [input, scaleBy, average, inverseStd]) =>
      rawOps('VitrineLayerNormGradient', [gradient, input, scaleBy, average, inverseStd], [], 3),
  )
}

/** `layerNorm` by TensorFlow's ops. */
export function composedLayerNorm(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): Tensor {
  return withGradient(
    [x, gamma, beta],
    () => {
      const centred = subtract(x, mean(x, [-1], true))
      const variance = mean(square(centred), [-1], true)
      const inverseStd = inverseSquareRoot(add(variance, tf.scalar(epsilon)))
      const normalised = multiply(centred, inverseStd)
      return { value: add(multiply(normalised, gamma), beta), kept: [normalised, inverseStd, gamma] as const }
    },
    (gradient, [normalised, inverseStd, scaleBy]) => {
      const product = multiply(gradient, normalised)
      const scaled = multiply(gradient, scaleBy)
      const meanScaled = mean(scaled, [-1], true)
      const meanProduct = mean(multiply(scaled, normalised), [-1], true)
      const centred = subtract(subtract(scaled, meanScaled), multiply(normalised, meanProduct))
      return [multiply(centred, inverseStd), sum(product, [0]), sum(gradient, [0])]
    },
  )
}
