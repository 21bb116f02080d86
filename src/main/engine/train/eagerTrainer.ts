import { dtypes, nativeBackend, tf, type Tensor } from '../backend/tensorflow'
import type { Weights } from '../vit/parameters'
import { adamScalars, adamWUpdate, firstMoment, secondMoment } from './optimizer'
import { evaluateBatch, stepGradients, type StepInputs, type StepSettings } from './step'
import { countedMask, type StepResult, type Trainer, type TrainingBatch } from './trainer'

/** Trains op by op, without a graph: slow, for debugging and as the yardstick of the compiled one. */
export class EagerTrainer implements Trainer {
  private readonly tensors = new Map<string, Tensor>()
  private readonly names: readonly string[]

  constructor(
    private readonly settings: StepSettings,
    weights: Weights,
  ) {
    for (const [name, { shape }] of weights) {
      this.replace(firstMoment(name), tf.zeros([...shape]))
      this.replace(secondMoment(name), tf.zeros([...shape]))
    }
    this.setWeights(weights)
    this.names = [...weights.keys()]
  }

  step(batch: TrainingBatch, learningRate: number, step: number, seed: number): StepResult {
    const scalars = adamScalars(this.settings.optimizer, learningRate, step)
    return tf.tidy(() => {
      const parameters = new Map(this.names.map((name) => [name, this.tensor(name)]))
      const inputs = this.inputs(batch)
      const seedTensor = tf.scalar(seed, 'int32')
      const { loss, correct, gradients, gradNorm } = stepGradients(parameters, inputs, seedTensor, this.settings)
      this.names.forEach((name, index) => {
        const gradient = gradients[index]
        if (gradient === undefined) throw new Error(`${name} has no gradient`)
        const moments = { first: this.tensor(firstMoment(name)), second: this.tensor(secondMoment(name)) }
        const next = adamWUpdate(this.tensor(name), moments, gradient, scalars, this.settings.optimizer)
        this.replace(name, next.parameter)
        this.replace(firstMoment(name), next.first)
        this.replace(secondMoment(name), next.second)
      })
      const result = { loss: numberIn(loss), correct: numberIn(correct), gradNorm: numberIn(gradNorm) }
      correct.dispose()
      return result
    })
  }

  evaluate(batch: TrainingBatch): { lossSum: number; correct: number } {
    return tf.tidy(() => {
      const { lossSum, correct } = evaluateBatch((name) => this.tensor(name), this.inputs(batch), this.settings)
      return { lossSum: numberIn(lossSum), correct: numberIn(correct) }
    })
  }

  weights(): Weights {
    return this.read(this.names)
  }

  setWeights(weights: Weights) {
    for (const [name, { shape, data }] of weights) this.replace(name, tf.tensor(data, [...shape], 'float32'))
  }

  optimizerState(): Weights {
    return this.read(this.names.flatMap((name) => [firstMoment(name), secondMoment(name)]))
  }

  setOptimizerState(state: Weights) {
    this.setWeights(state)
  }

  dispose() {
    for (const tensor of this.tensors.values()) tensor.dispose()
    this.tensors.clear()
  }

  private inputs({ images, boxes, labels, count }: TrainingBatch): StepInputs {
    const { batchSize, recordSide } = this.settings
    return {
      images: byteTensor(images, [batchSize, recordSide, recordSide, 3]),
      boxes: tf.tensor2d(boxes, [batchSize, 4]),
      labels: tf.tensor1d(labels, 'int32'),
      counted: tf.tensor1d(countedMask(batchSize, count)),
    }
  }

  private tensor(name: string): Tensor {
    const tensor = this.tensors.get(name)
    if (tensor === undefined) throw new Error(`the model has no ${name}`)
    return tensor
  }

  private replace(name: string, tensor: Tensor) {
    this.tensors.get(name)?.dispose()
    this.tensors.set(name, tf.keep(tensor))
  }

  private read(names: readonly string[]): Weights {
    return new Map(
      names.map((name) => {
        const tensor = this.tensor(name)
        return [name, { shape: tensor.shape, data: Float32Array.from(tensor.dataSync()) }]
      }),
    )
  }
}

function numberIn(scalar: Tensor): number {
  return scalar.dataSync()[0] ?? Number.NaN
}

/** A uint8 tensor, a type that tfjs has no name for. */
function byteTensor(bytes: Uint8Array, shape: number[]): Tensor {
  const backend = nativeBackend()
  const id = backend.binding.createTensor(shape, dtypes.uint8, bytes)
  return backend.createOutputTensor({ id, shape, dtype: dtypes.uint8 })
}
