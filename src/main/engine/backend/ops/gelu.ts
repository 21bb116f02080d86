import { hasNativeKernels } from '../nativeKernels'
import { rawOp, rawOps, tf, type Tensor } from '../tensorflow'
import { add, errorFunction, exponential, multiply, scale, square } from './elementwise'
import { withGradient } from './withGradient'

/**
 * Gaussian error linear unit of x + bias, the exact form x·Φ(x) (Hendrycks & Gimpel, 2016). Its
 * derivative is Φ(x) + x·φ(x), with Φ and φ the normal distribution and its density.
 * @param x [M, n]
 * @param bias [n]
 * @returns [M, n]
 */
export function biasGelu(x: Tensor, bias: Tensor): Tensor {
  return hasNativeKernels ? fusedBiasGelu(x, bias) : composedBiasGelu(x, bias)
}

/** `biasGelu` by one op of our own. */
function fusedBiasGelu(x: Tensor, bias: Tensor): Tensor {
  return withGradient(
    [x, bias],
    () => ({ value: rawOp('VitrineBiasGelu', [x, bias], []), kept: [x, bias] as const }),
    (gradient, [input, added]) => rawOps('VitrineBiasGeluGradient', [gradient, input, added], [], 2),
  )
}

/** `biasGelu` by TensorFlow's ops. */
export function composedBiasGelu(x: Tensor, bias: Tensor): Tensor {
  return gelu(tf.add(x, bias))
}

function gelu(x: Tensor): Tensor {
  return withGradient(
    [x],
    () => {
      const distribution = add(scale(errorFunction(scale(x, Math.SQRT1_2)), 0.5), tf.scalar(0.5))
      return { value: multiply(x, distribution), kept: [x, distribution] as const }
    },
    (gradient, [input, distribution]) => {
      const density = scale(exponential(scale(square(input), -0.5)), 1 / Math.sqrt(2 * Math.PI))
      return [multiply(gradient, add(distribution, multiply(input, density)))]
    },
  )
}
