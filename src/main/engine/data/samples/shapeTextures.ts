import type { SeededRandom } from '@shared/random'

/** How far a pixel's colour is from the first to the second of two, from 0 to 1. */
export type Texture = (x: number, y: number) => number

const clamp = (value: number) => Math.min(1, Math.max(0, value))

/** A wave between 0 and 1 with soft edges about a pixel wide. */
function softWave(phase: number, sharpness: number): number {
  return clamp(0.5 + sharpness * Math.sin(2 * Math.PI * phase))
}

function gradient(side: number, random: SeededRandom): Texture {
  const angle = random.uniform(0, 2 * Math.PI)
  const [stepX, stepY] = [Math.cos(angle) / side, Math.sin(angle) / side]
  const middle = side / 2
  return (x, y) => clamp(0.5 + 0.8 * ((x - middle) * stepX + (y - middle) * stepY))
}

function grain(_side: number, random: SeededRandom): Texture {
  return () => clamp(random.normal(0.5, 0.25))
}

function stripes(side: number, random: SeededRandom): Texture {
  const angle = random.uniform(0, Math.PI)
  const period = random.uniform(side / 10, side / 5)
  const [stepX, stepY] = [Math.cos(angle) / period, Math.sin(angle) / period]
  const start = random.uniform()
  return (x, y) => softWave(start + x * stepX + y * stepY, period / 5)
}

function checker(side: number, random: SeededRandom): Texture {
  const angle = random.uniform(0, Math.PI / 2)
  const period = random.uniform(side / 6, side / 3)
  const [cos, sin] = [Math.cos(angle) / period, Math.sin(angle) / period]
  const [startX, startY] = [random.uniform(), random.uniform()]
  return (x, y) => {
    const across = softWave(startX + x * cos + y * sin, period / 5)
    const down = softWave(startY - x * sin + y * cos, period / 5)
    return across + down - 2 * across * down
  }
}

function dots(side: number, random: SeededRandom): Texture {
  const angle = random.uniform(0, Math.PI / 2)
  const period = random.uniform(side / 9, side / 5)
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const radius = period * random.uniform(0.22, 0.34)
  return (x, y) => {
    const across = (x * cos + y * sin) / period
    const down = (y * cos - x * sin) / period
    const distance = Math.hypot(across - Math.round(across), down - Math.round(down)) * period
    return clamp(radius - distance + 0.5)
  }
}

/** Value noise: random values on a grid, smoothly interpolated, in two octaves. */
function clouds(side: number, random: SeededRandom): Texture {
  const coarse = valueNoise(Math.round(random.uniform(3, 6)), side, random)
  const fine = valueNoise(Math.round(random.uniform(8, 14)), side, random)
  return (x, y) => clamp(1.3 * (0.7 * coarse(x, y) + 0.3 * fine(x, y)) - 0.15)
}

function valueNoise(cells: number, side: number, random: SeededRandom): Texture {
  const width = cells + 2
  const grid = Float32Array.from({ length: width * width }, () => random.uniform())
  const smooth = (share: number) => share * share * (3 - 2 * share)
  return (x, y) => {
    const [gridX, gridY] = [(x / side) * cells, (y / side) * cells]
    const [column, row] = [Math.floor(gridX), Math.floor(gridY)]
    const [right, down] = [smooth(gridX - column), smooth(gridY - row)]
    const at = row * width + column
    const upper = (grid[at] ?? 0) * (1 - right) + (grid[at + 1] ?? 0) * right
    const lower = (grid[at + width] ?? 0) * (1 - right) + (grid[at + width + 1] ?? 0) * right
    return upper * (1 - down) + lower * down
  }
}

const families = [gradient, grain, stripes, checker, dots, clouds] as const

/** A texture of a random family for an image of side × side pixels. */
export function drawTexture(side: number, random: SeededRandom): Texture {
  const family = families[random.below(families.length)] ?? gradient
  return family(side, random)
}
