import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { elementCount } from '@shared/elementCount'
import { SeededRandom } from '@shared/random'
import { hasNativeKernels } from '@engine/backend/nativeKernels'
import { composedAttention, selfAttention } from '@engine/backend/ops/attention'
import { dropout, type DropoutSource } from '@engine/backend/ops/dropout'
import { biasGelu, composedBiasGelu } from '@engine/backend/ops/gelu'
import { composedLayerNorm, layerNorm } from '@engine/backend/ops/layerNorm'
import { linear } from '@engine/backend/ops/linear'
import { tf, type Tensor } from '@engine/backend/tensorflow'

/** Our own ops against TensorFlow's, on sizes that no vector length divides. */

type Op = (...inputs: Tensor[]) => Tensor

const random = new SeededRandom(11)

beforeEach(() => {
  tf.engine().startScope()
})

afterEach(() => {
  tf.engine().endScope()
})

function normals(...shape: number[]): Tensor {
  return tf.tensor(
    Float32Array.from({ length: elementCount(shape) }, () => random.normal()),
    shape,
  )
}

function largestDifference(a: Tensor, b: Tensor): number {
  expect(a.shape).toEqual(b.shape)
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0] ?? Number.NaN
}

/** Values and gradients of two ops, relative to the largest of each. */
function expectSame(own: Op, reference: Op, inputs: Tensor[]) {
  const value = reference(...inputs)
  const incoming = normals(...value.shape)
  const results = [own(...inputs), ...tf.grads((...given: Tensor[]) => own(...given))(inputs, incoming)]
  const expected = [value, ...tf.grads((...given: Tensor[]) => reference(...given))(inputs, incoming)]
  results.forEach((result, index) => {
    const wanted = expected[index]
    if (wanted === undefined) throw new Error('the ops have different numbers of gradients')
    const scale = tf.max(tf.abs(wanted)).dataSync()[0] ?? 0
    expect(scale).toBeGreaterThan(0.1)
    expect(largestDifference(result, wanted) / scale).toBeLessThan(3e-6)
  })
}

it('the addon brings its ops', () => {
  expect(hasNativeKernels).toBe(process.platform === 'linux')
})

describe.runIf(hasNativeKernels)('our ops equal TensorFlow’s', () => {
  it.each([
    [2, 3],
    [3, 5],
    [70, 33],
    [1030, 384],
  ])('layer normalisation of %i rows of %i', (rows, width) => {
    const shift =
      (norm: typeof layerNorm): Op =>
      (x, gamma, beta) =>
        norm(tf.add(x, 3), gamma, beta, 1e-6)
    expectSame(shift(layerNorm), shift(composedLayerNorm), [
      width === 1 ? tf.ones([rows, 1]) : normals(rows, width),
      normals(width),
      tf.add(normals(width), 1),
    ])
  })

  it.each([
    [2, 3],
    [65, 37],
    [600, 128],
  ])('GELU of %i rows of %i', (rows, width) => {
    const wide: Op = (x, bias) => biasGelu(tf.mul(x, 3), bias)
    expectSame(wide, (x, bias) => composedBiasGelu(tf.mul(x, 3), bias), [normals(rows, width), normals(width)])
  })

  it('the gradient of a bias, over more rows than parts', () => {
    expectSame(
      (x, weight, bias) => linear(x, weight, bias),
      (x, weight, bias) => tf.add(tf.matMul(x, weight, false, true), bias),
      [normals(1001, 7), normals(19, 7), normals(19)],
    )
  })

  it.each([
    { tokens: 1, heads: 1, headDim: 1, queries: 1 },
    { tokens: 5, heads: 3, headDim: 7, queries: 5 },
    { tokens: 50, heads: 2, headDim: 64, queries: 1 },
    { tokens: 197, heads: 2, headDim: 24, queries: 197 },
  ])('attention of $tokens tokens, $queries asked, $heads heads of $headDim', ({ queries, ...sizes }) => {
    const batch = 3
    const nothing = { rate: 0, source: null }
    expectSame(
      (qkv) => selfAttention(qkv, { batch, ...sizes }, queries, nothing, null),
      (qkv) => composedAttention(qkv, { batch, ...sizes }, queries, nothing, null),
      [normals(batch * sizes.tokens, 3 * sizes.heads * sizes.headDim)],
    )
  })

  it('a number that is none, or an infinite score, spoils the result as it must', () => {
    const sizes = { batch: 1, tokens: 9, heads: 1, headDim: 4 }
    const nothing = { rate: 0, source: null }
    const attended = (qkv: Tensor) => selfAttention(qkv, sizes, 9, nothing, null).dataSync()
    const huge = attended(tf.fill([9, 12], 1e30))
    const spoiled = attended(tf.concat([tf.fill([1, 12], Number.NaN), normals(8, 12)]))
    expect([...huge, ...spoiled].every((value) => Number.isNaN(value))).toBe(true)
    expect(biasGelu(tf.tensor2d([[Number.NaN, Infinity]]), tf.zeros([2])).dataSync()).toEqual(
      Float32Array.of(Number.NaN, Infinity),
    )
  })

  it('a wrong shape is an error, not a crash', () => {
    const sizes = { batch: 1, tokens: 4, heads: 2, headDim: 3 }
    const nothing = { rate: 0, source: null }
    expect(() => selfAttention(normals(4, 17), sizes, 4, nothing, null)).toThrow(/don't fit/)
    expect(() => layerNorm(normals(2, 4), normals(3), normals(3), 1e-6)).toThrow(/as long as a row/)
  })
})

function sourceOf(seed: number): DropoutSource {
  let site = 0
  return { seed: tf.scalar(seed, 'int32'), nextSite: () => site++ }
}

describe('dropout', () => {
  it('drops the share that was asked for and scales the rest', () => {
    const values = dropout(tf.ones([500, 401]), 0.3, sourceOf(1)).dataSync()
    const kept = values.filter((value) => value !== 0)
    expect(kept.length / values.length).toBeCloseTo(0.7, 2)
    expect(kept.every((value) => Math.abs(value - 1 / 0.7) < 1e-4)).toBe(true)
  })

  it('rows and columns are dropped independently of each other', () => {
    const dropped = tf.equal(dropout(tf.ones([400, 300]), 0.5, sourceOf(4)), 0).toFloat()
    const spread = (axis: number) => tf.moments(tf.mean(dropped, axis)).variance.dataSync()[0] ?? 0
    expect(spread(0) * 400).toBeCloseTo(0.25, 1)
    expect(spread(1) * 300).toBeCloseTo(0.25, 1)
  })

  it('chooses by seed and place', () => {
    const ones = tf.ones([40, 50])
    const first = sourceOf(7)
    const chosen = dropout(ones, 0.5, first)
    expect(largestDifference(chosen, dropout(ones, 0.5, sourceOf(7)))).toBe(0)
    expect(largestDifference(chosen, dropout(ones, 0.5, first))).toBeGreaterThan(0)
    expect(largestDifference(chosen, dropout(ones, 0.5, sourceOf(8)))).toBeGreaterThan(0)
  })

  it('the gradient passes where the value did', () => {
    const x = normals(60, 40)
    const op = (given: Tensor) => dropout(given, 0.4, sourceOf(2))
    const ratio = tf.div(op(x), x)
    expect(largestDifference(tf.grad(op)(x, tf.onesLike(x)), ratio)).toBeLessThan(1e-5)
  })

  it('attention drops weights, the same ones in value and gradient', () => {
    const sizes = { batch: 2, tokens: 70, heads: 2, headDim: 8 }
    const op = (qkv: Tensor) => selfAttention(qkv, sizes, 70, { rate: 0.3, source: sourceOf(3) }, null)
    const qkv = normals(140, 48)
    const direction = normals(140, 48)
    const incoming = normals(140, 16)
    const along = (distance: number) =>
      tf.sum(tf.mul(op(tf.add(qkv, tf.mul(direction, distance))), incoming)).dataSync()[0] ?? 0
    const slope = (along(0.004) - along(-0.004)) / 0.008
    const gradient = tf.sum(tf.mul(tf.grad(op)(qkv, incoming), direction)).dataSync()[0] ?? 0
    expect(Math.abs(gradient - slope) / Math.abs(slope)).toBeLessThan(5e-3)
    expect(largestDifference(op(qkv), op(qkv))).toBe(0)
    expect(largestDifference(op(qkv), selfAttention(qkv, sizes, 70, { rate: 0, source: null }, null))).toBeGreaterThan(
      0.01,
    )
  })
})
