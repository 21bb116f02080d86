import type { VitSizes } from '@shared/config/modelConfig'
import { elementCount } from '@shared/elementCount'
import { hasClassToken, mlpDim, patchCount, tokenCount } from '@shared/model/size'
import { SeededRandom } from '@shared/random'
import { attr, dtypes, nativeBackend, type Binding } from '../backend/tensorflow'

/** The linear layers of one shape: [rows, inner]·[inner, columns]. */
interface LinearProducts {
  rows: number
  inner: number
  columns: number
  /** How many layers of this shape a step has. */
  count: number
  /** Whether the layer's input gets a gradient; images get none. */
  inputGradient: boolean
}

/** The linear layers of a training step; the last block works on the class token alone where it can. */
function linearProducts(sizes: VitSizes, batch: number): LinearProducts[] {
  const width = sizes.embedDim
  const hidden = mlpDim(sizes)
  const all = batch * tokenCount(sizes)
  const layer = (rows: number, inner: number, columns: number, count: number): LinearProducts => ({
    rows,
    inner,
    columns,
    count,
    inputGradient: true,
  })
  const branches = (rows: number, count: number) => [
    layer(rows, width, width, count),
    layer(rows, width, hidden, count),
    layer(rows, hidden, width, count),
  ]
  const shortened = hasClassToken(sizes) ? 1 : 0
  const patches = layer(batch * patchCount(sizes), sizes.channels * sizes.patchSize ** 2, width, 1)
  return [
    { ...patches, inputGradient: false },
    layer(all, width, 3 * width, sizes.depth),
    ...branches(all, sizes.depth - shortened),
    ...branches(batch, shortened),
  ].filter(({ count }) => count > 0)
}

/** Floating-point operations of attention's products in a step, forward and backward. */
function attentionFlops(sizes: VitSizes, batch: number): number {
  const tokens = tokenCount(sizes)
  const queries = (sizes.depth - 1) * tokens + (hasClassToken(sizes) ? 1 : tokens)
  return 3 * 4 * batch * queries * tokens * sizes.embedDim
}

export interface MatmulRate {
  /** Operations of all matrix products of a step; a multiply-add counts as two. */
  stepFlops: number
  /** Operations per second that TensorFlow reaches on these products, each run alone. */
  flopsPerSecond: number
}

const repetitions = 6

class ProductTimer {
  private readonly random = new SeededRandom(1)
  private readonly type

  constructor(
    private readonly binding: Binding,
    precision: 'fp32' | 'bf16',
  ) {
    this.type = precision === 'bf16' ? dtypes.bfloat16 : dtypes.float32
  }

  /** Best time of a product, in seconds. */
  seconds(a: readonly number[], b: readonly number[], transposeA: boolean, transposeB: boolean): number {
    const ids = [this.matrix(a), this.matrix(b)]
    const attributes = [attr.type('T', this.type), attr.bool('adj_x', transposeA), attr.bool('adj_y', transposeB)]
    let best = Infinity
    for (let run = 0; run < repetitions; run++) {
      const started = performance.now()
      const results = this.binding.executeOp('BatchMatMulV2', attributes, ids, 1)
      best = Math.min(best, (performance.now() - started) / 1000)
      for (const { id } of results) this.binding.deleteTensor(id)
    }
    for (const id of ids) this.binding.deleteTensor(id)
    return best
  }

  private matrix(shape: readonly number[]): number {
    const values = Float32Array.from({ length: elementCount(shape) }, () => this.random.uniform(-1, 1))
    const id = this.binding.createTensor([...shape], dtypes.float32, values)
    if (this.type === dtypes.float32) return id
    const attributes = [attr.type('SrcT', dtypes.float32), attr.type('DstT', this.type), attr.bool('Truncate', false)]
    const [cast] = this.binding.executeOp('Cast', attributes, [id], 1)
    this.binding.deleteTensor(id)
    if (cast === undefined) throw new Error('the matrix was not converted')
    return cast.id
  }
}

/**
 * The rate that bounds a training step: every product of its linear layers, forward and backward,
 * timed alone on the same library. What a step takes beyond `stepFlops / flopsPerSecond` goes to
 * everything that is no matrix product.
 */
export function measureMatmulRate(sizes: VitSizes, batch: number, precision: 'fp32' | 'bf16'): MatmulRate {
  const timer = new ProductTimer(nativeBackend().binding, precision)
  let flops = 0
  let seconds = 0
  for (const { rows, inner, columns, count, inputGradient } of linearProducts(sizes, batch)) {
    const times = [
      timer.seconds([rows, inner], [columns, inner], false, true),
      timer.seconds([rows, columns], [rows, inner], true, false),
      ...(inputGradient ? [timer.seconds([rows, columns], [columns, inner], false, false)] : []),
    ]
    flops += count * times.length * 2 * rows * inner * columns
    seconds += count * times.reduce((sum, time) => sum + time, 0)
  }
  return { stepFlops: flops + attentionFlops(sizes, batch), flopsPerSecond: flops / seconds }
}
