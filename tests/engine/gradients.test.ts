import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { elementCount } from '@shared/elementCount'
import { SeededRandom } from '@shared/random'
import {
  attentionWeights,
  joinHeads,
  splitHeads,
  unpackThree,
  weightedSum,
  type AttentionShape,
} from '@engine/backend/ops/attention'
import { crossEntropy } from '@engine/backend/ops/crossEntropy'
import { dropout, dropRows, type DropoutSource } from '@engine/backend/ops/dropout'
import { biasGelu, composedBiasGelu } from '@engine/backend/ops/gelu'
import { composedLayerNorm, layerNorm } from '@engine/backend/ops/layerNorm'
import { linear, unbiasedLinear } from '@engine/backend/ops/linear'
import { repeatOverBatch } from '@engine/backend/ops/repeatOverBatch'
import { rmsNorm } from '@engine/backend/ops/rmsNorm'
import { tf, type Tensor } from '@engine/backend/tensorflow'

/** Every op with a gradient of its own against central differences. */

type Op = (...inputs: Tensor[]) => Tensor

interface Values {
  shape: readonly number[]
  data: Float32Array
}

let random: SeededRandom

beforeEach(() => {
  random = new SeededRandom(3)
  tf.engine().startScope()
})

afterEach(() => {
  tf.engine().endScope()
})

function normals(...shape: number[]): Values {
  return { shape, data: Float32Array.from({ length: elementCount(shape) }, () => random.normal()) }
}

function tensorOf({ shape, data }: Values): Tensor {
  return tf.tensor(data, [...shape], 'float32')
}

/** Half of what an input is moved by, apart. */
const step = 0.01

/** Σ coefficient · output, added up in double precision. */
function weighted(op: Op, inputs: readonly Values[], coefficients: Float32Array): number {
  const output = tf.tidy(() => Array.from(op(...inputs.map(tensorOf)).dataSync()))
  return output.reduce((sum, value, index) => sum + value * (coefficients[index] ?? 0), 0)
}

function differenceQuotient(
  op: Op,
  inputs: readonly Values[],
  coefficients: Float32Array,
  input: Values,
  i: number,
): number {
  const before = input.data[i] ?? 0
  const sumAt = (value: number) => {
    input.data[i] = value
    const sum = weighted(op, inputs, coefficients)
    input.data[i] = before
    return sum
  }
  const above = Math.fround(before + step)
  const below = Math.fround(before - step)
  return (sumAt(above) - sumAt(below)) / (above - below)
}

/** Compares the gradients of all inputs, element by element. */
function expectTrueGradients(op: Op, inputs: readonly Values[]) {
  const tensors = inputs.map(tensorOf)
  const output = op(...tensors)
  const coefficients = normals(...output.shape)
  const gradients = tf.grads((...values: Tensor[]) => op(...values))(tensors, tensorOf(coefficients))
  let largest = 0
  inputs.forEach((input, index) => {
    const gradient = gradients[index]
    expect(gradient?.shape).toEqual([...input.shape])
    gradient?.dataSync().forEach((found, i) => {
      const expected = differenceQuotient(op, inputs, coefficients.data, input, i)
      const name = `input ${index}, element ${i}`
      expect(Math.abs(found - expected) / Math.max(1, Math.abs(expected)), name).toBeLessThan(1e-3)
      largest = Math.max(largest, Math.abs(expected))
    })
  })
  // An op that ignores its inputs would pass otherwise.
  expect(largest).toBeGreaterThan(0.1)
}

describe('gradients equal central differences', () => {
  it('linear', () => {
    expectTrueGradients((x, weight, bias) => linear(x, weight, bias), [normals(5, 4), normals(3, 4), normals(3)])
  })

  it('linear without a bias', () => {
    expectTrueGradients((x, weight) => unbiasedLinear(x, weight), [normals(5, 4), normals(3, 4)])
  })

  it.each([
    ['layer normalisation', layerNorm],
    ['layer normalisation of TensorFlow’s ops', composedLayerNorm],
  ])('%s', (_, norm) => {
    const op: Op = (x, gamma, beta) => norm(x, gamma, beta, 1e-6)
    expectTrueGradients(op, [normals(4, 6), normals(6), normals(6)])
  })

  it('root-mean-square normalisation', () => {
    expectTrueGradients((x, gamma) => rmsNorm(x, gamma, 1e-6), [normals(4, 6), normals(6)])
  })

  it.each([
    ['GELU of a biased sum', biasGelu],
    ['GELU of a biased sum of TensorFlow’s ops', composedBiasGelu],
  ])('%s', (_, gelu) => {
    expectTrueGradients((x, bias) => gelu(x, bias), [normals(5, 8), normals(8)])
  })

  it('repeating over the batch', () => {
    expectTrueGradients((x) => repeatOverBatch(x, 3), [normals(1, 2, 4)])
  })

  it('cross-entropy, with a target whose sum is not 1', () => {
    const targets = tf.tensor2d([1, 0, 0, 0.1, 0.8, 0.1, 0.5, 0, 1.5], [3, 3])
    expectTrueGradients((logits) => crossEntropy(logits, targets), [normals(3, 3)])
  })

  it('dropout, with the mask of one seed', () => {
    const op: Op = (x) => {
      let site = 0
      const source: DropoutSource = { seed: tf.scalar(5, 'int32'), nextSite: () => site++ }
      return dropout(x, 0.4, source)
    }
    expectTrueGradients(op, [normals(6, 7)])
  })

  it('dropout of whole rows', () => {
    const op: Op = (x) => dropRows(x, 0.5, { seed: tf.scalar(2, 'int32'), nextSite: () => 0 })
    expectTrueGradients(op, [normals(8, 3)])
  })
})

describe('gradients of attention equal central differences', () => {
  const shape: AttentionShape = { batch: 2, tokens: 3, heads: 2, headDim: 2 }

  it('splitting heads', () => {
    expectTrueGradients((qkv) => splitHeads(qkv, shape), [normals(6, 12)])
  })

  it('joining heads', () => {
    expectTrueGradients((x) => joinHeads(x, shape), [normals(2, 2, 3, 2)])
  })

  it('weights', () => {
    expectTrueGradients((query, key) => attentionWeights(query, key, 2), [normals(2, 2, 3, 2), normals(2, 2, 3, 2)])
  })

  it('weights of one query', () => {
    expectTrueGradients((query, key) => attentionWeights(query, key, 2), [normals(2, 2, 1, 2), normals(2, 2, 3, 2)])
  })

  it('weighted sum', () => {
    expectTrueGradients((weights, value) => weightedSum(weights, value), [normals(2, 2, 3, 3), normals(2, 2, 3, 2)])
  })

  it('all of it together', () => {
    const op: Op = (qkv) => {
      const [query, key, value] = unpackThree(splitHeads(qkv, shape))
      return joinHeads(weightedSum(attentionWeights(query, key, shape.headDim), value), shape)
    }
    expectTrueGradients(op, [normals(6, 12)])
  })
})
