import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { inCheckout } from '../setup/places.mjs'
import { readRuntime } from '../setup/runtime.mjs'
import { textOf } from '../setup/textFile.mjs'

/**
 * How quick the way of images into training is, printed as JSON: how many JPEGs of 500 × 375 pixels
 * a second `prepare` brings to 256 px (also for each second that a processor worked on it, which other
 * programs disturb less), and its peak memory, for two numbers of files; and the share
 * of `bench`'s rate that an epoch of ViT-S/32 over those images reaches, with the loader on.
 * Memory and processor time come from /proc, so it runs on Linux only.
 *
 *   node scripts/bench/data.mjs [prepare | loader] [--files N]
 */

const words = process.argv.slice(2)
const filesAt = words.indexOf('--files')
const files = filesAt < 0 ? 4000 : Number(words[filesAt + 1])
const batchSize = 64
const folder = mkdtempSync(path.join(tmpdir(), 'vitrine-data-'))
try {
  const preparing = words[0] === 'loader' ? null : await prepareFigures()
  const loading = words[0] === 'prepare' ? null : await loaderFigures()
  console.log(JSON.stringify({ threads: availableParallelism(), prepare: preparing, loader: loading }, null, 2))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Photograph-like JPEGs, each another cut of one picture, in four class folders. @param {number} count */
async function photographs(count) {
  const source = path.join(folder, `photographs-${count}`)
  const [width, height, margin] = [500, 375, 100]
  const shapes = Array.from({ length: 40 }, (_, index) => {
    const [x, y] = [(index * 197) % 600, (index * 131) % 475]
    return `<circle cx="${x}" cy="${y}" r="${20 + ((index * 29) % 60)}" fill="hsl(${index * 41} 60% 50%)"/>`
  })
  const drawing = `<svg width="${width + margin}" height="${height + margin}"><rect width="700" height="600" fill="#486"/>${shapes.join('')}</svg>`
  const grain = await sharp({
    create: {
      width: width + margin,
      height: height + margin,
      channels: 3,
      background: '#808080',
      noise: { type: 'gaussian', mean: 128, sigma: 24 },
    },
  })
    .png()
    .toBuffer()
  const { data, info } = await sharp(Buffer.from(drawing))
    .flatten()
    .blur(2)
    .composite([{ input: grain, blend: 'soft-light' }])
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  for (const name of ['a', 'b', 'c', 'd']) mkdirSync(path.join(source, name), { recursive: true })
  for (let index = 0; index < count; index++) {
    const cut = { left: index % margin, top: Math.floor(index / margin) % margin, width, height }
    const file = path.join(source, 'abcd'.charAt(index % 4), `${index}.jpg`)
    await sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
      .extract(cut)
      .jpeg({ quality: 88 })
      .toFile(file)
  }
  return source
}

/**
 * Runs the headless command; its output, time and peak memory.
 * @param {string[]} args
 * @returns {Promise<{ output: string, seconds: number, peakBytes: number, processorSeconds: number }>}
 */
function vitrine(args) {
  const { node = process.execPath } = readRuntime()
  const startedAt = performance.now()
  const child = spawn(node, [inCheckout('out', 'main', 'engine', 'cli.js'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      VITRINE_HOME: path.join(folder, 'home'),
      VITRINE_RESOURCES: inCheckout('out', 'resources'),
      ...JSON.parse(textOf(inCheckout('src', 'shared', 'allocatorEnvironment.json'))),
      UV_THREADPOOL_SIZE: String(Math.max(4, availableParallelism() + 2)),
      ...process.env,
    },
  })
  let output = ''
  let usage = { peakBytes: 0, processorSeconds: 0 }
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  const watching = setInterval(() => (usage = usageOf(child.pid ?? 0) ?? usage), 50)
  return new Promise((resolve, reject) => {
    child.on('close', (code) => {
      clearInterval(watching)
      if (code === 0) resolve({ output, seconds: (performance.now() - startedAt) / 1000, ...usage })
      else reject(new Error(`vitrine ${args.join(' ')} ended with ${code}`))
    })
  })
}

/** Largest resident memory and processor time so far; null when the process has ended. @param {number} pid */
function usageOf(pid) {
  try {
    const kibibytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    // After the name in brackets, the 12th and 13th field count ticks of user and system time, 100 a second.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    const processorSeconds = (Number(fields[11]) + Number(fields[12])) / 100
    return kibibytes === undefined ? null : { peakBytes: 1024 * Number(kibibytes), processorSeconds }
  } catch {
    return null
  }
}

async function prepareFigures() {
  const figures = []
  for (const count of [Math.round(files / 4), files]) {
    const source = await photographs(count)
    const out = path.join(folder, `prepared-${count}`)
    const { seconds, peakBytes, processorSeconds } = await vitrine([
      'prepare',
      source,
      '--out',
      out,
      '--size',
      '256',
      '--json',
    ])
    rmSync(source, { recursive: true })
    rmSync(out, { recursive: true })
    const perProcessorSecond = count / processorSeconds
    figures.push({ files: count, seconds, imagesPerSecond: count / seconds, perProcessorSecond, peakBytes })
  }
  return figures
}

async function loaderFigures() {
  const count = batchSize * 16
  const out = path.join(folder, 'trained')
  await vitrine(['prepare', await photographs(count), '--out', out, '--size', '224', '--val', '0', '--json'])
  const config = path.join(folder, 'epoch.json')
  writeFileSync(
    config,
    JSON.stringify({
      name: 'epoch',
      data: { dataset: out, augment: 'none' },
      model: { preset: 'S/32' },
      train: { epochs: 1, batchSize, earlyStopping: null, schedule: { name: 'constant', warmupEpochs: 0 } },
    }),
  )
  const sizes = ['--model', 'S/32', '--image', '224', '--batch', String(batchSize)]
  const bench = async () => JSON.parse((await vitrine(['bench', ...sizes, '--steps', '10', '--json'])).output)
  // Before and after, so that a machine that slows down slows both alike.
  const before = await bench()
  const { output } = await vitrine(['train', config, '--out', path.join(folder, 'run'), '--json'])
  const after = await bench()
  const lines = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const rates = lines
    .filter((line) => line.type === 'step' && line.step > 2)
    .map((line) => Number(line.imagesPerSecond))
    .sort((a, b) => a - b)
  const epoch = rates[Math.floor(rates.length / 2)] ?? 0
  const alone = (Number(before.imagesPerSecond) + Number(after.imagesPerSecond)) / 2
  return { benchImagesPerSecond: alone, epochImagesPerSecond: epoch, share: epoch / alone }
}
