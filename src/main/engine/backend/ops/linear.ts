import { hasNativeKernels } from '../nativeKernels'
import { attr, dtypes, rawOp, type Tensor } from '../tensorflow'
import { withGradient } from './withGradient'

const floatT = attr.type('T', dtypes.float32)

/**
 * Products of matrices in the last two axes, the axes before them as a batch; either side transposed
 * first. No gradient is recorded. (On processors without AVX-512 TensorFlow computes this op up to
 * twice as fast as its plain `MatMul`; elsewhere they are the same.)
 */
export function matrixProduct(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  return rawOp('BatchMatMulV2', [a, b], [floatT, attr.bool('adj_x', transposeA), attr.bool('adj_y', transposeB)])
}

/**
 * x·Wᵀ.
 * @param x [M, in]
 * @param weight [out, in], PyTorch's layout
 * @returns [M, out]
 */
export function unbiasedLinear(x: Tensor, weight: Tensor): Tensor {
  return withGradient(
    [x, weight],
    () => ({ value: matrixProduct(x, weight, false, true), kept: [x, weight] as const }),
    (gradient, [input, kernel]) => [
      matrixProduct(gradient, kernel, false, false),
      matrixProduct(gradient, input, true, false),
    ],
  )
}

/** Sums over the rows: the gradient of a bias. [M, n] → [n] */
function columnSums(x: Tensor): Tensor {
  return hasNativeKernels ? rawOp('VitrineColumnSums', [x], []) : rawOp('BiasAddGrad', [x], [floatT])
}

/**
 * x·Wᵀ + b.
 * @param x [M, in]
 * @param weight [out, in], PyTorch's layout
 * @param bias [out]
 * @returns [M, out]
 */
export function linear(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return withGradient(
    [x, weight, bias],
    () => ({
      value: rawOp('BiasAdd', [matrixProduct(x, weight, false, true), bias], [floatT]),
      kept: [x, weight] as const,
    }),
    (gradient, [input, kernel]) => [
      matrixProduct(gradient, kernel, false, false),
      matrixProduct(gradient, input, true, false),
      columnSums(gradient),
    ],
  )
}
