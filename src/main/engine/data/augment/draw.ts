import type { AugmentOperation, AugmentRecipe } from '@shared/config/augmentRecipe'
import type { SeededRandom } from '@shared/random'
import type { Size } from './geometry'
import type { ImageOperation } from './operations'
import { drawFromSpace, magnitudeBins, randAugmentSpace, trivialAugmentSpace } from './policies'

/** Parameters for one image, drawn as torchvision's random transforms draw them. */

type DrawRange = readonly [low: number, high: number]

const attempts = 10

const fromRange = (random: SeededRandom, [low, high]: DrawRange) => random.uniform(low, high)

/** Sides of a rectangle: area uniform, ratio log-uniform, whole pixels. */
function drawSides(area: number, scale: DrawRange, ratio: DrawRange, random: SeededRandom): [number, number] {
  const pixels = area * fromRange(random, scale)
  const aspect = Math.exp(random.uniform(Math.log(ratio[0]), Math.log(ratio[1])))
  return [Math.round(Math.sqrt(pixels * aspect)), Math.round(Math.sqrt(pixels / aspect))]
}

type Crop = { top: number; left: number; height: number; width: number }

/** A crop with the drawn width ÷ height; after ten that don't fit, the largest one with a ratio that is allowed. */
function drawCrop({ height, width }: Size, scale: DrawRange, ratio: DrawRange, random: SeededRandom): Crop {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const [cropWidth, cropHeight] = drawSides(height * width, scale, ratio, random)
    if (cropWidth < 1 || cropWidth > width || cropHeight < 1 || cropHeight > height) continue
    const top = random.below(height - cropHeight + 1)
    const left = random.below(width - cropWidth + 1)
    return { top, left, height: cropHeight, width: cropWidth }
  }
  const aspect = Math.min(Math.max(width / height, ratio[0]), ratio[1])
  const cropWidth = Math.min(width, Math.round(height * aspect))
  const cropHeight = Math.min(height, Math.round(width / aspect))
  const top = Math.floor((height - cropHeight) / 2)
  const left = Math.floor((width - cropWidth) / 2)
  return { top, left, height: cropHeight, width: cropWidth }
}

function drawErasing(
  { height, width }: Size,
  { scale, ratio, value }: Extract<AugmentOperation, { op: 'erasing' }>,
  random: SeededRandom,
): ImageOperation[] {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const [rows, columns] = drawSides(height * width, scale, ratio, random)
    if (rows < 1 || columns < 1 || rows >= height || columns >= width) continue
    const top = random.below(height - rows + 1)
    const left = random.below(width - columns + 1)
    return [{ op: 'erase', top, left, height: rows, width: columns, value }]
  }
  return []
}

/** Each corner moves inwards by up to half the distortion's share of its side. */
function drawPerspective({ height, width }: Size, distortion: number, random: SeededRandom): ImageOperation {
  const across = Math.trunc((distortion * width) / 2) + 1
  const down = Math.trunc((distortion * height) / 2) + 1
  const inwards = (bound: number) => random.below(bound)
  return {
    op: 'perspective',
    startPoints: [
      [0, 0],
      [width - 1, 0],
      [width - 1, height - 1],
      [0, height - 1],
    ],
    endPoints: [
      [inwards(across), inwards(down)],
      [width - 1 - inwards(across), inwards(down)],
      [width - 1 - inwards(across), height - 1 - inwards(down)],
      [inwards(across), height - 1 - inwards(down)],
    ],
  }
}

function drawnWith(operation: AugmentOperation, source: Size, result: Size, random: SeededRandom): ImageOperation[] {
  switch (operation.op) {
    case 'resized-crop':
      return [
        {
          op: 'resizedCrop',
          ...drawCrop(source, operation.scale, operation.ratio, random),
          size: [result.height, result.width],
        },
      ]
    case 'horizontal-flip':
      return [{ op: 'horizontalFlip' }]
    case 'vertical-flip':
      return [{ op: 'verticalFlip' }]
    case 'rotation':
      return [{ op: 'rotate', degrees: fromRange(random, operation.degrees) }]
    case 'perspective':
      return [drawPerspective(result, operation.distortion, random)]
    case 'brightness':
    case 'contrast':
    case 'saturation':
    case 'sharpness':
      return [{ op: operation.op, factor: fromRange(random, operation.factor) }]
    case 'hue':
      return [{ op: 'hue', shift: fromRange(random, operation.shift) }]
    case 'autocontrast':
    case 'equalize':
      return [{ op: operation.op }]
    case 'gaussian-blur':
      return [{ op: 'gaussianBlur', kernelSize: operation.kernel, sigma: fromRange(random, operation.sigma) }]
    case 'posterize':
      return [{ op: 'posterize', bits: operation.bits }]
    case 'solarize':
      return [{ op: 'solarize', threshold: operation.threshold }]
    case 'erasing':
      return drawErasing(result, operation, random)
    case 'rand-augment':
    case 'trivial-augment':
      return []
  }
}

/** An operation, and the place in the plan that it belongs to: its operation in the recipe, and the policy's round. */
export interface DrawnOperation {
  operation: ImageOperation
  recipeIndex: number
  round: number
}

/**
 * Draws what happens to one image. The first operation always brings it to the model's size: the
 * crop where the recipe has one, otherwise the whole image.
 * @param recordSide of the square image as it is kept
 * @param side of the model's input
 */
export function drawOperations(
  recipe: AugmentRecipe,
  recordSide: number,
  side: number,
  random: SeededRandom,
): DrawnOperation[] {
  const record = { height: recordSide, width: recordSide }
  const result = { height: side, width: side }
  const drawn: DrawnOperation[] = []
  const cropAt = recipe.operations.findIndex(({ op }) => op === 'resized-crop')
  if (cropAt < 0) {
    const whole = { top: 0, left: 0, height: recordSide, width: recordSide }
    drawn.push({ operation: { op: 'resizedCrop', ...whole, size: [side, side] }, recipeIndex: -1, round: 0 })
  }
  // The crop comes first whatever its place: everything else is measured in pixels of the model's input.
  const order = recipe.operations.map((_, index) => index).sort((a, b) => Number(b === cropAt) - Number(a === cropAt))
  for (const recipeIndex of order) {
    const operation = recipe.operations[recipeIndex]
    if (operation === undefined) continue
    const add = (drawnNow: ImageOperation | null, round = 0) => {
      if (drawnNow !== null) drawn.push({ operation: drawnNow, recipeIndex, round })
    }
    if (operation.op === 'rand-augment') {
      for (let round = 0; round < operation.operations; round++) {
        add(drawFromSpace(randAugmentSpace, operation.magnitude, result, random), round)
      }
    } else if (operation.op === 'trivial-augment') {
      add(drawFromSpace(trivialAugmentSpace, random.below(magnitudeBins), result, random))
    } else {
      const isOn = !('p' in operation) || random.uniform() < operation.p
      const source = recipeIndex === cropAt ? record : result
      // The parameters of an operation that is off are drawn too, so that the ones after it don't depend on p.
      const parameters = drawnWith(operation, source, result, random)
      if (isOn) parameters.forEach((parameter) => add(parameter))
    }
  }
  return drawn
}
