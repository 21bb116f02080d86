import { dtypes, type NativeValues, type Tensor } from '../backend/tensorflow'
import { compileProgram, type SignatureSpec, type VariableSpec } from '../graph/program'
import type { GraphSession, InputSpec } from '../graph/session'
import { parameterSpecs, type Weights } from '../vit/parameters'
import { adamScalars, addAdamWUpdate, firstMoment, secondMoment } from './optimizer'
import { evaluateBatch, stepGradients, type StepInputs, type StepSettings } from './step'
import { countedMask, scalarOf, type StepResult, type Trainer, type TrainingBatch } from './trainer'

const weightsGroup = 'weights'
const momentsGroup = 'moments'

function batchInputs({ batchSize, recordSide }: StepSettings): Record<string, InputSpec> {
  return {
    images: { dtype: dtypes.uint8, shape: [batchSize, recordSide, recordSide, 3] },
    boxes: { dtype: dtypes.float32, shape: [batchSize, 4] },
    labels: { dtype: dtypes.int32, shape: [batchSize] },
    counted: { dtype: dtypes.float32, shape: [batchSize] },
  }
}

function stepInputs(input: (name: string) => Tensor): StepInputs {
  return { images: input('images'), boxes: input('boxes'), labels: input('labels'), counted: input('counted') }
}

const scalarFloat: InputSpec = { dtype: dtypes.float32, shape: [] }

function trainSignature(settings: StepSettings, names: readonly string[]): SignatureSpec {
  return {
    inputs: {
      ...batchInputs(settings),
      seed: { dtype: dtypes.int32, shape: [] },
      stepSize: scalarFloat,
      epsilon: scalarFloat,
      decay: scalarFloat,
    },
    build: (builder, input) => {
      const parameters = new Map(names.map((name) => [name, builder.read(name)]))
      const { loss, correct, gradients, gradNorm } = stepGradients(
        parameters,
        stepInputs(input),
        input('seed'),
        settings,
      )
      const scalars = { stepSize: input('stepSize'), epsilon: input('epsilon'), decay: input('decay') }
      const allGradients = builder.tracer.edgeOf(gradNorm).node
      names.forEach((name, index) => {
        const gradient = gradients[index]
        if (gradient === undefined) throw new Error(`${name} has no gradient`)
        addAdamWUpdate(builder, name, gradient, scalars, settings.optimizer, allGradients)
      })
      return { loss, correct, gradNorm }
    },
  }
}

function evaluateSignature(settings: StepSettings): SignatureSpec {
  return {
    inputs: batchInputs(settings),
    build: (builder, input) => evaluateBatch((name) => builder.read(name), stepInputs(input), settings),
  }
}

/** Trains through one TensorFlow graph that holds weights and optimizer state. */
export class CompiledTrainer implements Trainer {
  private constructor(
    private readonly session: GraphSession,
    private readonly settings: StepSettings,
    private readonly shapes: ReadonlyMap<string, readonly number[]>,
    /** Time it took to trace and load the graph, in milliseconds. */
    readonly compileMs: number,
  ) {}

  static async create(settings: StepSettings, precision: 'fp32' | 'bf16', weights: Weights): Promise<CompiledTrainer> {
    const started = performance.now()
    const specs = parameterSpecs(settings.sizes)
    const variables = specs.flatMap(({ name, shape }): VariableSpec[] => [
      { name, shape, group: weightsGroup },
      { name: firstMoment(name), shape, group: momentsGroup },
      { name: secondMoment(name), shape, group: momentsGroup },
    ])
    const session = await compileProgram({
      variables,
      precision,
      signatures: {
        train: trainSignature(
          settings,
          specs.map(({ name }) => name),
        ),
        evaluate: evaluateSignature(settings),
      },
    })
    const shapes = new Map(variables.map(({ name, shape }) => [name, shape]))
    const trainer = new CompiledTrainer(session, settings, shapes, performance.now() - started)
    trainer.setWeights(weights)
    session.run(`zero:${momentsGroup}`, {})
    return trainer
  }

  step(batch: TrainingBatch, learningRate: number, step: number, seed: number): StepResult {
    const { stepSize, epsilon, decay } = adamScalars(this.settings.optimizer, learningRate, step)
    const results = this.session.run('train', {
      ...this.batchValues(batch),
      seed: Int32Array.of(seed),
      stepSize: Float32Array.of(stepSize),
      epsilon: Float32Array.of(epsilon),
      decay: Float32Array.of(decay),
    })
    return {
      loss: scalarOf(results, 'loss'),
      correct: scalarOf(results, 'correct'),
      gradNorm: scalarOf(results, 'gradNorm'),
    }
  }

  evaluate(batch: TrainingBatch): { lossSum: number; correct: number } {
    const results = this.session.run('evaluate', this.batchValues(batch))
    return { lossSum: scalarOf(results, 'lossSum'), correct: scalarOf(results, 'correct') }
  }

  weights(): Weights {
    return this.readGroup(weightsGroup)
  }

  setWeights(weights: Weights) {
    this.assignGroup(weightsGroup, weights)
  }

  optimizerState(): Weights {
    return this.readGroup(momentsGroup)
  }

  setOptimizerState(state: Weights) {
    this.assignGroup(momentsGroup, state)
  }

  dispose() {
    this.session.dispose()
  }

  private batchValues({ images, boxes, labels, count }: TrainingBatch): Record<string, NativeValues> {
    return { images, boxes, labels, counted: countedMask(this.settings.batchSize, count) }
  }

  private assignGroup(group: string, weights: Weights) {
    this.session.run(`assign:${group}`, Object.fromEntries([...weights].map(([name, { data }]) => [name, data])))
  }

  private readGroup(group: string): Weights {
    const weights: Weights = new Map()
    for (const [name, values] of this.session.run(`read:${group}`, {})) {
      if (!(values instanceof Float32Array)) throw new Error(`${name} is not made of float32`)
      weights.set(name, { shape: this.shapes.get(name) ?? [], data: values })
    }
    return weights
  }
}
