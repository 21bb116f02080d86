import { copyFileSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { inCheckout } from '../setup/places.mjs'
import { stage } from './places.mjs'

const drawing = inCheckout('resources', 'icon.svg')
/** Sides that desktops ask for, in pixels. */
export const iconSides = [16, 22, 24, 32, 48, 64, 128, 256, 512]
/** macOS draws its icon from this one. */
const largestSide = 1024
const svgUnitsPerInch = 72
const drawingSide = 512

/** Draws the icon in all sizes, each from the drawing itself so that its edges are sharp. */
export async function drawIcons() {
  mkdirSync(stage.icons, { recursive: true })
  for (const side of iconSides) await draw(side, iconFile(side))
  await draw(largestSide, path.join(stage.icons, 'icon.png'))
  copyFileSync(drawing, path.join(stage.icons, 'icon.svg'))
}

/** @param {number} side */
export function iconFile(side) {
  return path.join(stage.icons, `${side}x${side}.png`)
}

/** @param {number} side @param {string} file */
async function draw(side, file) {
  const density = Math.max(1, (svgUnitsPerInch * side) / drawingSide)
  await sharp(drawing, { density }).resize(side, side).png({ compressionLevel: 9 }).toFile(file)
}
