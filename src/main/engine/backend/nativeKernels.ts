import { attr, deviceKind, dtypes, nativeBackend, type OpAttribute } from './tensorflow'

/**
 * Whether the addon brings the ops of `kernels/`, each of which does the work of a chain of
 * TensorFlow's. They are for processors: on a GPU, and with an addon that the set-up did not
 * compile, TensorFlow's own ops do. `VITRINE_STOCK_OPS=1` turns them off.
 */
function findNativeKernels(): boolean {
  if (deviceKind() === 'GPU' || process.env['VITRINE_STOCK_OPS'] === '1') return false
  const { binding } = nativeBackend()
  const one = binding.createTensor([1, 1], dtypes.float32, Float32Array.of(1))
  try {
    for (const { id } of binding.executeOp('VitrineColumnSums', [], [one], 1)) binding.deleteTensor(id)
    return true
  } catch {
    return false
  } finally {
    binding.deleteTensor(one)
  }
}

export const hasNativeKernels = findNativeKernels()

/** What tells one dropout of a model from its others. */
export function dropoutAttributes(rate: number, site: number): OpAttribute[] {
  return [attr.float('rate', rate), attr.int('site', site)]
}
