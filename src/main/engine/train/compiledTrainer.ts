import type { NativeValues } from '../backend/tensorflow'
import { compileProgram, type VariableSpec } from '../graph/program'
import type { GraphSession } from '../graph/session'
import type { Weights } from '../vit/parameters'
import { mixValues } from './mix'
import { scalarNames, stepScalars } from './optimizers/optimizer'
import type { StepSettings } from './stepSettings'
import {
  averageName,
  countedMask,
  floatsOf,
  scalarOf,
  type BatchEvaluation,
  type StepBatch,
  type StepResult,
  type Trainer,
  type TrainingBatch,
  type WeightSet,
} from './trainer'
import { groups, trainingProgram } from './trainingProgram'

type Values = Record<string, NativeValues>

/** Trains through one TensorFlow graph that holds weights and optimizer state. */
export class CompiledTrainer implements Trainer {
  private constructor(
    private readonly session: GraphSession,
    private readonly settings: StepSettings,
    private readonly variables: ReadonlyMap<string, VariableSpec>,
    /** Time it took to trace and load the graph, in milliseconds. */
    readonly compileMs: number,
  ) {}

  static async create(settings: StepSettings, precision: 'fp32' | 'bf16', weights: Weights): Promise<CompiledTrainer> {
    const started = performance.now()
    const program = trainingProgram(settings)
    const session = await compileProgram({ ...program, precision })
    const variables = new Map(program.variables.map((variable) => [variable.name, variable]))
    const trainer = new CompiledTrainer(session, settings, variables, performance.now() - started)
    trainer.setWeights(weights)
    session.run(`zero:${groups.state}`, {})
    if (settings.ema !== null) trainer.startAverages(weights)
    return trainer
  }

  step(batches: readonly StepBatch[], learningRate: number, step: number): StepResult {
    const { optimizer, gradAccumulation } = this.settings
    const scalars = stepScalars(optimizer, learningRate, step)
    const fed = Object.fromEntries(scalarNames.map((name) => [name, Float32Array.of(scalars[name])]))
    if (gradAccumulation > 1) return this.accumulatedStep(batches, fed)
    const [batch] = batches
    if (batch === undefined || batches.length > 1) throw new Error('this trainer takes one batch a step')
    const results = this.session.run('train', { ...this.trainingValues(batch), ...fed })
    return {
      loss: scalarOf(results, 'loss'),
      correct: scalarOf(results, 'correct'),
      gradNorm: scalarOf(results, 'gradNorm'),
      applied: scalarOf(results, 'applied') === 1,
    }
  }

  evaluate(batch: TrainingBatch, weights: WeightSet = 'raw'): BatchEvaluation {
    const results = this.session.run(`evaluate_${weights}`, this.batchValues(batch))
    return { losses: floatsOf(results, 'losses'), logits: floatsOf(results, 'logits') }
  }

  weights(set: WeightSet = 'raw'): Weights {
    const weights = this.readGroup(groups.weights)
    if (set === 'raw') return weights
    const averages = this.readGroup(groups.averages)
    return new Map([...weights].map(([name, raw]) => [name, averages.get(averageName(name)) ?? raw]))
  }

  setWeights(weights: Weights) {
    this.assignGroup(groups.weights, weights)
  }

  optimizerState(): Weights {
    const state = this.readGroup(groups.state)
    return this.settings.ema === null ? state : new Map([...state, ...this.readGroup(groups.averages)])
  }

  setOptimizerState(state: Weights) {
    this.assignGroup(groups.state, state)
    if (this.settings.ema !== null) this.assignGroup(groups.averages, state)
  }

  dispose() {
    this.session.dispose()
  }

  private startAverages(weights: Weights) {
    this.assignGroup(groups.averages, new Map([...weights].map(([name, weight]) => [averageName(name), weight])))
  }

  private accumulatedStep(batches: readonly StepBatch[], scalars: Values): StepResult {
    this.session.run(`zero:${groups.sums}`, {})
    let lossSum = 0
    let weight = 0
    let correct = 0
    for (const batch of batches) {
      const results = this.session.run('accumulate', this.trainingValues(batch))
      lossSum += scalarOf(results, 'lossSum')
      weight += scalarOf(results, 'weight')
      correct += scalarOf(results, 'correct')
    }
    const loss = lossSum / weight
    const fed = { loss: Float32Array.of(loss), weight: Float32Array.of(weight) }
    const results = this.session.run('apply', { ...fed, ...scalars })
    return {
      loss,
      correct,
      gradNorm: scalarOf(results, 'gradNorm'),
      applied: scalarOf(results, 'applied') === 1,
    }
  }

  private batchValues({ images, boxes, labels, count }: TrainingBatch): Values {
    return { images, boxes, labels, counted: countedMask(this.settings.batchSize, count) }
  }

  private trainingValues({ batch, mix, seed }: StepBatch): Values {
    const augment = Object.fromEntries(batch.augment ?? [])
    const values: Values = { ...this.batchValues(batch), ...augment, seed: Int32Array.of(seed) }
    const { mixes, batchSize, sizes } = this.settings
    if (!mixes) {
      if (mix !== null) throw new Error('this trainer was made for unmixed batches')
      return values
    }
    const { labelShare, ...arrays } = mixValues(mix, batch.count, batchSize, sizes.imageSize)
    return { ...values, ...arrays, labelShare: Float32Array.of(labelShare) }
  }

  private assignGroup(group: string, weights: Weights) {
    this.session.run(`assign:${group}`, Object.fromEntries([...weights].map(([name, { data }]) => [name, data])))
  }

  private readGroup(group: string): Weights {
    const results = this.session.run(`read:${group}`, {})
    return new Map(
      [...results.keys()].map((name) => [
        name,
        { shape: this.variables.get(name)?.shape ?? [], data: floatsOf(results, name) },
      ]),
    )
  }
}
