import { tf, type Tensor } from '../backend/tensorflow'
import { parameterSpecs, type Weights } from '../vit/parameters'
import { batchTensors, trainingTensors } from './batchTensors'
import { optimizerFor } from './optimizers/choose'
import { scalarTensors, stateName, stepScalars, type Optimizer } from './optimizers/optimizer'
import { trainedParameters, type TrainedParameter } from './parameterGroups'
import { batchGradients, clipped, evaluateBatch } from './step'
import type { StepSettings } from './stepSettings'
import {
  averageName,
  type BatchEvaluation,
  type StepBatch,
  type StepResult,
  type Trainer,
  type TrainingBatch,
  type WeightSet,
} from './trainer'

/** The gradients of a step's batches together. */
interface GradientSums {
  lossSum: number
  weight: number
  correct: number
  gradients: Tensor[]
}

/** Trains op by op, without a graph: slow, for debugging and as the yardstick of the compiled one. */
export class EagerTrainer implements Trainer {
  private readonly tensors = new Map<string, Tensor>()
  private readonly names: readonly string[]
  private readonly trained: readonly TrainedParameter[]
  private readonly optimizer: Optimizer

  constructor(
    private readonly settings: StepSettings,
    weights: Weights,
  ) {
    this.names = [...weights.keys()]
    this.trained = trainedParameters(parameterSpecs(settings.sizes), settings)
    this.optimizer = optimizerFor(settings.optimizer)
    this.setWeights(weights)
    for (const { name, shape } of this.trained) {
      for (const kept of this.optimizer.state) this.replace(stateName(kept, name), tf.zeros([...shape]))
      if (settings.ema !== null) this.replace(averageName(name), this.tensor(name).clone())
    }
  }

  step(batches: readonly StepBatch[], learningRate: number, step: number): StepResult {
    return tf.tidy(() => {
      const sums = this.sumGradients(batches)
      const mean = sums.gradients.map((gradient) => tf.div(gradient, sums.weight))
      const { gradNorm, gradients } = clipped(mean, this.settings.clipGradNorm)
      const result = { loss: sums.lossSum / sums.weight, correct: sums.correct, gradNorm: numberIn(gradNorm) }
      const applied = Number.isFinite(result.loss) && Number.isFinite(result.gradNorm)
      if (applied) this.update(gradients, learningRate, step)
      return { ...result, applied }
    })
  }

  evaluate(batch: TrainingBatch, weights: WeightSet = 'raw'): BatchEvaluation {
    return tf.tidy(() => {
      const parameter = (name: string) => this.tensor(this.nameIn(weights, name))
      const { losses, logits } = evaluateBatch(parameter, batchTensors(batch, this.settings), this.settings)
      return { losses: floatsIn(losses), logits: floatsIn(logits) }
    })
  }

  weights(set: WeightSet = 'raw'): Weights {
    return new Map(this.names.map((name) => [name, this.read(this.nameIn(set, name))]))
  }

  setWeights(weights: Weights) {
    for (const [name, { shape, data }] of weights) this.replace(name, tf.tensor(data, [...shape], 'float32'))
  }

  optimizerState(): Weights {
    const names = [...this.tensors.keys()].filter((name) => !this.names.includes(name))
    return new Map(names.map((name) => [name, this.read(name)]))
  }

  setOptimizerState(state: Weights) {
    this.setWeights(state)
  }

  dispose() {
    for (const tensor of this.tensors.values()) tensor.dispose()
    this.tensors.clear()
  }

  private sumGradients(batches: readonly StepBatch[]): GradientSums {
    const sums: GradientSums = { lossSum: 0, weight: 0, correct: 0, gradients: [] }
    const parameters = {
      trained: new Map(this.trained.map(({ name }) => [name, this.tensor(name)])),
      frozen: (name: string) => this.tensor(name),
    }
    for (const batch of batches) {
      const inputs = trainingTensors(batch, this.settings)
      const { loss, weight, correct, gradients } = batchGradients(parameters, inputs, this.settings, 'sum')
      sums.lossSum += numberIn(loss)
      sums.weight += numberIn(weight)
      sums.correct += numberIn(correct)
      correct.dispose()
      sums.gradients = gradients.map((gradient, index) => {
        const before = sums.gradients[index]
        return before === undefined ? gradient : tf.add(before, gradient)
      })
    }
    return sums
  }

  private update(gradients: readonly Tensor[], learningRate: number, step: number) {
    const scalars = scalarTensors(stepScalars(this.settings.optimizer, learningRate, step))
    this.trained.forEach((group, index) => {
      const gradient = gradients[index]
      if (gradient === undefined) throw new Error(`${group.name} has no gradient`)
      const stateNames = this.optimizer.state.map((kept) => stateName(kept, group.name))
      const state = stateNames.map((name) => this.tensor(name))
      const next = this.optimizer.update(group, { parameter: this.tensor(group.name), state, gradient, scalars })
      this.replace(group.name, next.parameter)
      next.state.forEach((tensor, kept) => this.replace(stateNames[kept] ?? '', tensor))
      if (this.settings.ema !== null) this.average(group.name, this.settings.ema.decay)
    })
  }

  private average(name: string, decay: number) {
    const average = this.tensor(averageName(name))
    this.replace(averageName(name), tf.add(average, tf.mul(tf.sub(this.tensor(name), average), 1 - decay)))
  }

  /** What a parameter is called in a set of weights; frozen ones are their own average. */
  private nameIn(set: WeightSet, name: string): string {
    const average = averageName(name)
    return set === 'average' && this.tensors.has(average) ? average : name
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

  private read(name: string): { shape: readonly number[]; data: Float32Array } {
    const tensor = this.tensor(name)
    return { shape: tensor.shape, data: floatsIn(tensor) }
  }
}

function numberIn(scalar: Tensor): number {
  return scalar.dataSync()[0] ?? Number.NaN
}

function floatsIn(tensor: Tensor): Float32Array {
  return Float32Array.from(tensor.dataSync())
}
