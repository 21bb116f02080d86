import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SeededRandom } from '@shared/random'
import { PreparedDataset } from '../data/dataset'
import { DatasetWriter } from '../data/datasetWriter'
import type { JobContext } from '../job'
import { benchSizes, median, type BenchOptions } from '../train/bench'
import { initialWeights } from '../vit/initialisation'
import { CompiledClassifier } from './classifier'
import { classifySplit, evaluationLoader } from './classifySplit'

export interface EvaluationRates {
  /** The same batch again and again, nothing read and nothing noted; median over the rounds. */
  forwardImagesPerSecond: number
  /** Records read from disk, classified and noted; median over the rounds. */
  evaluationImagesPerSecond: number
  /** Median of the rounds' own ratios. */
  share: number
}

/** Each round times both one after the other, so that a machine's moods fall on both alike. */
const rounds = 5

const quiet: JobContext = {
  emit: () => undefined,
  cancelled: new AbortController().signal,
  stopRequested: () => false,
}

/** A prepared dataset of noise without training images. */
async function writeNoise(folder: string, side: number, images: number, classes: number): Promise<void> {
  const writer = await DatasetWriter.begin(folder, side, { masks: false })
  const random = new SeededRandom(1)
  const record = new Uint8Array(side * side * 3)
  for (let image = 0; image < images; image++) {
    for (let value = 0; value < record.length; value++) record[value] = random.uint32() & 255
    await writer.writeImages(image, record)
  }
  const labels = Array.from({ length: images }, (_, image) => image % classes)
  const nothing = new Array<number>(classes).fill(0)
  await writer.commit(
    {
      format: 1,
      name: 'noise',
      source: 'bench',
      createdAt: new Date().toISOString(),
      imageSize: side,
      classes: nothing.map((_, index) => `class ${index}`),
      trainCount: 0,
      valCount: images,
      classCounts: { train: nothing, val: nothing },
      statistics: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
      skipped: [],
      hasMasks: false,
    },
    labels,
    labels.map((_, image) => ({ file: `${image}.png`, width: side, height: side })),
  )
}

/**
 * How much of the forward pass's own rate an evaluation reaches, with fresh weights on made-up images.
 * @throws VitrineError `invalid-input` for a model or size that doesn't exist
 */
export async function benchEvaluation(
  options: Pick<BenchOptions, 'model' | 'image' | 'batch' | 'steps' | 'precision'>,
): Promise<EvaluationRates> {
  const sizes = benchSizes(options)
  const { batch: batchSize, steps, precision } = options
  const images = batchSize * steps
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-bench-'))
  try {
    await writeNoise(join(folder, 'noise'), sizes.imageSize, images, sizes.numClasses)
    const dataset = await PreparedDataset.open(join(folder, 'noise'))
    const { classes, statistics: normalize } = dataset.manifest
    const weights = initialWeights(sizes, new SeededRandom(1))
    const checkpoint = { sizes, classes, normalize, weights, epoch: null, title: options.model }
    const classifier = await CompiledClassifier.create(checkpoint, {
      batchSize,
      recordSide: sizes.imageSize,
      precision,
    })
    try {
      const loader = evaluationLoader({ dataset, split: 'val', batchSize, side: sizes.imageSize })
      const modelClass = Int32Array.from(classes, (_, index) => index)
      const pass = { classifier, loader, images, batchSize, classes: sizes.numClasses, modelClass, flip: false }
      const batch = { pixels: new Uint8Array(batchSize * dataset.recordBytes).fill(99), boxes: wholeBoxes(batchSize) }
      const forward: number[] = []
      const whole: number[] = []
      for (let round = 0; round <= rounds; round++) {
        const started = performance.now()
        for (let step = 0; step < steps; step++) classifier.classify(batch.pixels, batch.boxes)
        const forwardRate = (images * 1000) / (performance.now() - started)
        const { imagesPerSecond } = await classifySplit(pass, quiet)
        // The first round lays out memory and picks kernels.
        if (round === 0) continue
        forward.push(forwardRate)
        whole.push(imagesPerSecond)
      }
      return {
        forwardImagesPerSecond: median(forward),
        evaluationImagesPerSecond: median(whole),
        share: median(whole.map((rate, round) => rate / (forward[round] ?? rate))),
      }
    } finally {
      classifier.dispose()
      await dataset.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function wholeBoxes(batchSize: number): Float32Array {
  return Float32Array.from({ length: batchSize * 4 }, (_, place) => (place % 4 < 2 ? 0 : 1))
}
