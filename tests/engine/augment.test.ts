import { expect, test } from 'vitest'
import { recipeOf } from '@shared/config/augmentPresets'
import { augmentRecipeSchema, type AugmentRecipe, type AugmentRecipeInput } from '@shared/config/augmentRecipe'
import { trainSchema } from '@shared/config/trainConfig'
import { SeededRandom } from '@shared/random'
import { dtypes, tf } from '@engine/backend/tensorflow'
import { augmentedInput } from '@engine/data/augment/apply'
import { drawOperations, type DrawnOperation } from '@engine/data/augment/draw'
import { composedMatrix } from '@engine/data/augment/geometry'
import { isGeometric, type ImageOperation } from '@engine/data/augment/operations'
import { augmentInputShapes, augmentPlan, emptyAugmentValues, packDrawn } from '@engine/data/augment/plan'
import { applyOperations } from '@engine/data/augment/single'
import { compileProgram } from '@engine/graph/program'
import { CompiledTrainer } from '@engine/train/compiledTrainer'
import { EagerTrainer } from '@engine/train/eagerTrainer'
import { stepSettings } from '@engine/train/stepSettings'
import { initialWeights } from '@engine/vit/initialisation'
import { modelSizes } from '../support/modelSizes'

/** Whole batches through the traced graph, against the operations one by one on each image. */

const batch = 11
const normalize = { mean: [0.4, 0.5, 0.6], std: [0.2, 0.25, 0.3] }

/** Smooth pictures, so that a place that is off by a little shows little. */
function smoothImages(side: number): Uint8Array {
  const images = new Uint8Array(batch * side * side * 3)
  for (let place = 0; place < images.length; place++) {
    const [channel, x, y] = [place % 3, Math.floor(place / 3) % side, Math.floor(place / 3 / side) % side]
    const image = Math.floor(place / 3 / side / side)
    images[place] = Math.round(127 + 100 * Math.sin((x * (1 + image)) / 9 + y / (5 + channel) + image))
  }
  return images
}

function recipe(...operations: AugmentRecipeInput['operations']): AugmentRecipe {
  return augmentRecipeSchema.parse({ operations })
}

async function throughGraph(chosen: AugmentRecipe, images: Uint8Array, recordSide: number, side: number, seed: number) {
  const plan = augmentPlan(chosen, side)
  const shapes = augmentInputShapes(plan, batch)
  const inputs = {
    images: { dtype: dtypes.uint8, shape: [batch, recordSide, recordSide, 3] },
    boxes: { dtype: dtypes.float32, shape: [batch, 4] },
    ...Object.fromEntries([...shapes].map(([name, shape]) => [name, { dtype: dtypes.float32, shape }])),
  }
  const session = await compileProgram({
    variables: [],
    precision: 'fp32',
    signatures: {
      augment: {
        inputs,
        build: (_, input) => ({
          pixels: augmentedInput(input('images'), input('boxes'), input, { plan, side, normalize }),
        }),
      },
    },
  })
  const values = emptyAugmentValues(plan, batch)
  const boxes = new Float32Array(batch * 4)
  const drawn = Array.from({ length: batch }, (_, row) => {
    const operations = drawOperations(chosen, recordSide, side, SeededRandom.stream(seed, 'test', row))
    boxes.set(packDrawn(plan, operations, { recordSide, side }, values, row), row * 4)
    return operations
  })
  const { pixels } = Object.fromEntries(session.run('augment', { images, boxes, ...Object.fromEntries(values) }))
  session.dispose()
  return { pixels: Float32Array.from(pixels ?? []), drawn }
}

function expectedImage(images: Uint8Array, row: number, side: number, drawn: readonly DrawnOperation[]): Float32Array {
  const area = side * side * 3
  const pixels = Float32Array.from(images.subarray(row * area, (row + 1) * area), (byte) => byte / 255)
  const [red = 0, green = 0, blue = 0] = normalize.mean
  const [redStd = 1, greenStd = 1, blueStd = 1] = normalize.std
  const normalized: ImageOperation = {
    op: 'normalize',
    mean: [red, green, blue],
    std: [redStd, greenStd, blueStd],
  }
  const operations = drawn.map(({ operation }) => operation)
  // All warps are one, and come first.
  const ordered = [...operations.filter(isGeometric), ...operations.filter((operation) => !isGeometric(operation))]
  return applyOperations({ height: side, width: side, pixels }, [...ordered, normalized]).pixels
}

/** The largest difference over the inner pixels of all images. */
function largest(
  found: Float32Array,
  images: Uint8Array,
  side: number,
  drawn: readonly DrawnOperation[][],
  border: number,
) {
  let difference = 0
  const area = side * side * 3
  drawn.forEach((operations, row) => {
    const expected = expectedImage(images, row, side, operations)
    for (let place = 0; place < area; place++) {
      const [x, y] = [Math.floor(place / 3) % side, Math.floor(place / 3 / side)]
      if (Math.min(x, y, side - 1 - x, side - 1 - y) < border) continue
      difference = Math.max(difference, Math.abs((expected[place] ?? NaN) - (found[row * area + place] ?? NaN)))
    }
  })
  return difference
}

const smooth = recipe(
  { op: 'brightness', factor: [0.5, 1.5], p: 0.8 },
  { op: 'contrast', factor: [0.5, 1.5] },
  { op: 'hue', shift: [-0.4, 0.4], p: 0.5 },
  { op: 'saturation', factor: [0.3, 1.8] },
  { op: 'gaussian-blur', kernel: 5, sigma: [0.3, 2], p: 0.5 },
  { op: 'sharpness', factor: [0, 3], p: 0.5 },
  { op: 'autocontrast', p: 0.5 },
  { op: 'erasing', value: 0.5, p: 0.5 },
)

const stepped = recipe(
  { op: 'solarize', threshold: 0.6, p: 0.5 },
  { op: 'equalize', p: 0.5 },
  { op: 'brightness', factor: [0.5, 1.5], p: 0.5 },
  { op: 'posterize', bits: 3, p: 0.5 },
)

test('every pixel operation, in the order of the recipe, for each image alone', async () => {
  const side = 24
  const images = smoothImages(side)
  const { pixels, drawn } = await throughGraph(smooth, images, side, side, 1)
  expect(new Set(drawn.map((operations) => operations.length)).size).toBeGreaterThan(2)
  expect(largest(pixels, images, side, drawn, 0)).toBeLessThan(2e-3)
})

test('operations with steps, but for the few values that rounding moves over a step', async () => {
  const side = 24
  const images = smoothImages(side)
  const { pixels, drawn } = await throughGraph(stepped, images, side, side, 1)
  const area = side * side * 3
  const differing = drawn.flatMap((operations, row) => {
    const expected = expectedImage(images, row, side, operations)
    return [...expected].filter((value, place) => Math.abs(value - (pixels[row * area + place] ?? NaN)) > 2e-3)
  })
  expect(differing.length / pixels.length).toBeLessThan(0.01)
})

test('crops, flips and rotation as one warp', async () => {
  const side = 24
  const images = smoothImages(side)
  const flips = recipe({ op: 'vertical-flip', p: 1 }, { op: 'horizontal-flip', p: 0.5 })
  const boxed = await throughGraph(flips, images, side, side, 1)
  expect(largest(boxed.pixels, images, side, boxed.drawn, 0)).toBeLessThan(1e-4)
  const rotated = recipe({ op: 'rotation', degrees: [-30, 30] })
  const turned = await throughGraph(rotated, images, side, side, 1)
  expect(largest(turned.pixels, images, side, turned.drawn, 0)).toBeLessThan(2e-3)
})

test('crops among warps are those of crops alone, and no black comes in at the border', async () => {
  const [recordSide, side] = [20, 24]
  const crop: AugmentRecipeInput['operations'][number] = { op: 'resized-crop', scale: [0.3, 1] }
  const images = smoothImages(recordSide)
  const alone = await throughGraph(recipe(crop), images, recordSide, side, 1)
  const amongWarps = await throughGraph(recipe(crop, { op: 'rotation', p: 0 }), images, recordSide, side, 1)
  const differences = alone.pixels.map((value, place) => Math.abs(value - (amongWarps.pixels[place] ?? NaN)))
  expect(Math.max(...differences)).toBeLessThan(2e-3)
  const white = await throughGraph(recipeOf('strong'), images.fill(255), recordSide, side, 1)
  const upright = white.drawn.flatMap((operations, row) =>
    operations.every(({ operation: { op } }) => op === 'resizedCrop' || op === 'horizontalFlip') ? [row] : [],
  )
  expect(upright.length).toBeGreaterThan(0)
  for (const row of upright) {
    const image = white.pixels.subarray(row * side * side * 3, (row + 1) * side * side * 3)
    expect(Math.min(...image.filter((_, place) => place % 3 === 0))).toBeCloseTo((1 - 0.4) / 0.2, 4)
  }
})

test('a composed warp sees the same places as its parts', async () => {
  const side = 64
  const chosen = recipe(
    { op: 'resized-crop', scale: [0.5, 0.8] },
    { op: 'rotation', degrees: [-20, 20] },
    { op: 'perspective', distortion: 0.2, p: 1 },
    { op: 'horizontal-flip', p: 1 },
  )
  // A picture whose value is its place shows where each result came from.
  const images = new Uint8Array(batch * side * side * 3)
  for (let place = 0; place < images.length; place++) {
    const [x, y] = [Math.floor(place / 3) % side, Math.floor(place / 3 / side) % side]
    images[place] = place % 3 === 0 ? 2 * x : place % 3 === 1 ? 2 * y : 255
  }
  const { pixels, drawn } = await throughGraph(chosen, images, side, 32, 1)
  let compared = 0
  drawn.forEach((operations, row) => {
    const geometry = operations.map(({ operation }) => operation).filter(isGeometric)
    const m = composedMatrix(geometry, { height: side, width: side })
    for (let y = 4; y < 28; y += 4) {
      for (let x = 4; x < 28; x += 4) {
        const depth = m[6] * (x + 0.5) + m[7] * (y + 0.5) + 1 * m[8]
        const sourceX = (m[0] * (x + 0.5) + m[1] * (y + 0.5) + m[2]) / depth - 0.5
        const sourceY = (m[3] * (x + 0.5) + m[4] * (y + 0.5) + m[5]) / depth - 0.5
        if (Math.min(sourceX, sourceY) < 0 || Math.max(sourceX, sourceY) > side - 1) continue
        const at = ((row * 32 + y) * 32 + x) * 3
        const value = (channel: number) =>
          255 * ((pixels[at + channel] ?? NaN) * (normalize.std[channel] ?? 1) + (normalize.mean[channel] ?? 0))
        expect(value(0)).toBeCloseTo(2 * sourceX, 2)
        expect(value(1)).toBeCloseTo(2 * sourceY, 2)
        compared++
      }
    }
  })
  expect(compared).toBeGreaterThan(batch * 20)
})

test('batches in which nothing is drawn for an operation, or for every image, go through', async () => {
  const side = 16
  const images = smoothImages(side)
  const off = recipe(
    { op: 'gaussian-blur', p: 0 },
    { op: 'equalize', p: 0 },
    { op: 'hue', p: 0 },
    { op: 'sharpness', p: 0 },
  )
  const { pixels, drawn } = await throughGraph(off, images, side, side, 1)
  expect(largest(pixels, images, side, drawn, 0)).toBeLessThan(1e-5)
  for (const preset of ['strong', 'tutorial'] as const) {
    const augmented = await throughGraph(recipeOf(preset), images, side, side, 1)
    expect(augmented.pixels.every(Number.isFinite)).toBe(true)
  }
})

test('compiled and eager training agree on augmented batches, in fp32, and leave no tensors', async () => {
  const chosen = recipeOf('tutorial')
  const sizes = modelSizes({ embedDim: 32, numHeads: 4, mlpRatio: 2, numClasses: 5 })
  const plan = augmentPlan(chosen, 16)
  const facts = { sizes, recordSide: 20, normalize, classCounts: [1, 1, 1, 1, 1], augment: plan }
  const settings = stepSettings(trainSchema.parse({ batchSize: batch, optimizer: { lr: 1e-3 } }), facts)
  const before = tf.memory().numTensors
  const compiled = await CompiledTrainer.create(settings, 'fp32', initialWeights(sizes, new SeededRandom(1)))
  const eager = new EagerTrainer(settings, initialWeights(sizes, new SeededRandom(1)))
  const losses: number[] = []
  for (let step = 1; step <= 3; step++) {
    const augment = emptyAugmentValues(plan, batch)
    const boxes = new Float32Array(batch * 4)
    for (let row = 0; row < batch; row++) {
      const drawn = drawOperations(chosen, 20, 16, SeededRandom.stream(step, 'test', row))
      boxes.set(packDrawn(plan, drawn, { recordSide: 20, side: 16 }, augment, row), row * 4)
    }
    const labels = Int32Array.from({ length: batch }, (_, row) => row % 5)
    const step1 = [{ batch: { images: smoothImages(20), boxes, labels, augment, count: batch }, mix: null, seed: step }]
    const [a, b] = [compiled.step(step1, 1e-3, step), eager.step(step1, 1e-3, step)]
    expect(Math.abs(a.loss - b.loss)).toBeLessThan(1e-4)
    losses.push(a.loss)
  }
  expect(new Set(losses).size).toBe(3)
  compiled.dispose()
  eager.dispose()
  expect(tf.memory().numTensors).toBe(before)
})
