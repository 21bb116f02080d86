import util from 'node:util'

/** tfjs-node calls two `util` functions that Node 22 warns of and Node 23 no longer has. */
Object.assign(util, {
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  isArray: Array.isArray,
})

/**
 * TensorFlow turns oneDNN's kernels on by itself only where the processor has AVX-512; with AVX2 alone
 * they are the faster ones too. Read once, when the library loads.
 */
process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '1'
process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2'
