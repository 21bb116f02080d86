import { readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { datasetFiles } from '@shared/folders'
import { PreparedDataset } from '@engine/data/dataset'
import { resolveDataset } from '@engine/data/resolve'
import { ensureSample, sampleFolder } from '@engine/data/samples/index'
import { drawShape, shapesSide } from '@engine/data/samples/shapes'
import { shapeNames, shapeOutlines } from '@engine/data/samples/shapeOutlines'
import { temporaryFolder } from '../formats/temporaryFolder'
import { numberedDataset, plainImage, recordingContext, save } from './imageFiles'

describe('shapes', () => {
  const images = Array.from({ length: 100 }, (_, index) => drawShape(index))

  it('are the same every time and differ from each other', () => {
    expect(drawShape(17)).toEqual(images[17])
    expect(drawShape(27).pixels).not.toEqual(images[17]?.pixels)
  })

  it('have equally many of each class', () => {
    for (const label of shapeNames.keys()) expect(images.filter((image) => image.label === label)).toHaveLength(10)
  })

  it('keep each object whole inside the image, of its size and apart from the background', () => {
    for (const { pixels, mask } of images) {
      const inside = [...mask.keys()].filter((at) => mask[at] === 1)
      const columns = inside.map((at) => at % shapesSide)
      const rows = inside.map((at) => Math.floor(at / shapesSide))
      const [left, right] = [Math.min(...columns), Math.max(...columns)]
      const [top, bottom] = [Math.min(...rows), Math.max(...rows)]
      expect(Math.min(left, top)).toBeGreaterThanOrEqual(1)
      expect(Math.max(right, bottom)).toBeLessThanOrEqual(shapesSide - 2)
      const longer = Math.max(right - left, bottom - top) + 1
      expect(longer).toBeGreaterThan(0.3 * shapesSide)
      expect(longer).toBeLessThan(0.86 * shapesSide)
      const brightness = (value: 0 | 1) => {
        const of = [...mask.keys()].filter((at) => mask[at] === value)
        const luma = (at: number) =>
          0.21 * (pixels[at * 3] ?? 0) + 0.72 * (pixels[at * 3 + 1] ?? 0) + 0.07 * (pixels[at * 3 + 2] ?? 0)
        return of.reduce((sum, at) => sum + luma(at), 0) / of.length
      }
      expect(Math.abs(brightness(0) - brightness(1))).toBeGreaterThan(20)
    }
  })

  it('have outlines that are negative inside and true distances outside', () => {
    expect(shapeOutlines.circle.distance(0, 0)).toBe(-1)
    expect(shapeOutlines.square.distance(0, 0)).toBeCloseTo(-1)
    expect(shapeOutlines.square.distance(2, 2)).toBeCloseTo(Math.SQRT2)
    expect(shapeOutlines.square.distance(3, 0)).toBeCloseTo(2)
    expect(shapeOutlines.ring.distance(0, 0)).toBeGreaterThan(0)
    expect(shapeOutlines.moon.distance(0.5, 0)).toBeGreaterThan(0)
    for (const name of shapeNames) {
      const { distance, hull } = shapeOutlines[name]
      for (const [x, y] of hull) expect(Math.abs(distance(x, y))).toBeLessThan(name === 'moon' ? 1 : 1e-9)
      expect(distance(-3, -3)).toBeGreaterThan(1)
    }
  })
})

describe('samples', () => {
  it('come from the packed digits, with black around each', { timeout: 60_000 }, async () => {
    const home = await temporaryFolder()
    const resources = join(home, 'resources')
    await promisify(execFile)(process.execPath, ['scripts/packDigits.mjs', join(resources, 'digits.bin.gz')])
    const { folder, manifest } = await ensureSample('digits', home, resources, recordingContext())
    expect(folder).toBe(sampleFolder('digits', home))
    expect(manifest).toMatchObject({ imageSize: 32, trainCount: 9000, valCount: 1000, hasMasks: false })
    expect(manifest.classes).toHaveLength(10)
    const dataset = await PreparedDataset.open(folder)
    const digit = await dataset.readRecord(0)
    await dataset.close()
    const border = [...digit.keys()].filter((at) => {
      const [x, y] = [Math.floor(at / 3) % 32, Math.floor(at / 96)]
      return x < 2 || y < 2 || x > 29 || y > 29
    })
    expect(border.every((at) => digit[at] === 0)).toBe(true)
    expect(Math.max(...digit)).toBeGreaterThan(200)
  })

  it('are made once, and again when damaged', async () => {
    const home = await temporaryFolder()
    const packed = Buffer.concat(
      Array.from({ length: 40 }, (_, index) => Buffer.alloc(785, index).fill(index % 10, 0, 1)),
    )
    await writeFile(join(home, 'digits.bin.gz'), gzipSync(packed))
    const context = recordingContext()
    const { folder, manifest } = await ensureSample('digits', home, home, context)
    expect(manifest.classCounts).toEqual({ train: Array(10).fill(3), val: Array(10).fill(1) })
    const events = context.events.length
    expect(events).toBeGreaterThan(1)
    await (await resolveDataset('sample:digits', home, home, context)).close()
    expect(context.events).toHaveLength(events)

    await truncate(join(folder, datasetFiles.images), 5)
    expect((await ensureSample('digits', home, home, context)).manifest.trainCount).toBe(30)
    expect(context.events.length).toBeGreaterThan(events)
  })

  it('need their packed file', async () => {
    const home = await temporaryFolder()
    const making = () => ensureSample('digits', home, home, recordingContext())
    await expect(making()).rejects.toMatchObject({ kind: 'not-found' })
    await writeFile(join(home, 'digits.bin.gz'), 'no gzip')
    await expect(making()).rejects.toMatchObject({ kind: 'unreadable' })
  })

  it('leave nothing behind when cancelled', async () => {
    const home = await temporaryFolder()
    const context = recordingContext(({ cancel }) => cancel())
    await expect(ensureSample('shapes', home, home, context)).rejects.toMatchObject({ kind: 'cancelled' })
    expect(await readdir(home)).toEqual([])
  })
})

describe('naming a dataset', () => {
  it('opens prepared folders and explains everything else', async () => {
    const home = await temporaryFolder()
    const resolved = (reference: string) => resolveDataset(reference, home, home, recordingContext())
    await (await numberedDataset(join(home, 'set'), { trainCount: 3, valCount: 0, side: 4 })).close()
    const dataset = await resolved(join(home, 'set'))
    expect(dataset.manifest.name).toBe('Numbers')
    await dataset.close()

    await expect(resolved('sample:cats')).rejects.toMatchObject({
      field: 'data.dataset',
      message: 'There is no sample "cats": choose sample:shapes or sample:digits.',
    })
    await expect(resolved(join(home, 'none'))).rejects.toMatchObject({ kind: 'not-found', field: 'data.dataset' })
    await save(plainImage('red'), join(home, 'images', 'red', '1.png'))
    await expect(resolved(join(home, 'images'))).rejects.toThrow(/not a prepared dataset: run "vitrine prepare"/)
    await rm(join(home, 'images'), { recursive: true })
  })
})
