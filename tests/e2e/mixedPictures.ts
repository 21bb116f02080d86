import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import sharp from 'sharp'

const classColours = { red: '#c0392b', green: '#27ae60', blue: '#2980b9', grey: '#7f8c8d' }
const endings = ['.png', '.jpg', '.webp'] as const
const atOnce = 16

/** An odd size for each picture, from 23 px to about 330 px, some wide and some tall. */
function sizeOf(index: number): { width: number; height: number } {
  return { width: 23 + 2 * ((index * 37) % 150), height: 25 + 2 * ((index * 53) % 130) }
}

/** A disc on the class's colour; its place and its own colour differ from picture to picture. */
async function draw(file: string, index: number, colour: string): Promise<void> {
  const { width, height } = sizeOf(index)
  const [x, y] = [(index * 17) % width, (index * 29) % height]
  const disc = `<circle cx="${x}" cy="${y}" r="${8 + (index % 11)}" fill="hsl(${(index * 7) % 360} 60% ${30 + (index % 40)}%)"/>`
  const drawing = `<svg width="${width}" height="${height}"><rect width="100%" height="100%" fill="${colour}"/>${disc}</svg>`
  await sharp(Buffer.from(drawing)).flatten().toFile(file)
}

/** Class folders with PNG, JPEG and WebP files of odd sizes in turn. */
export async function writeMixedPictures(folder: string, count: number): Promise<void> {
  const classes = Object.entries(classColours)
  for (const [name] of classes) await mkdir(path.join(folder, name), { recursive: true })
  const remaining = Array.from({ length: count }, (_, index) => index).values()
  const work = async () => {
    for (const index of remaining) {
      const [name = '', colour = ''] = classes[index % classes.length] ?? []
      const ending = endings[Math.floor(index / classes.length) % endings.length] ?? '.png'
      await draw(path.join(folder, name, `${index}${ending}`), index, colour)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}
