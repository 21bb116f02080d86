import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { sentenceOf } from './setup/failure.mjs'
import { inCheckout } from './setup/places.mjs'
import { readRuntime } from './setup/runtime.mjs'

/**
 * Kills a small training run with SIGKILL at random moments, checks that its folder can be read, lets
 * it go on, and compares every step's loss with that of a run that nothing happened to.
 *
 *   node scripts/killRuns.mjs [--kills 20] [--seed 1] [--program out/main/engine/cli.js]
 *
 * It ends with exit code 1 when a folder could not be read or a loss differs by more than 1e-6.
 */

const tolerance = 1e-6
const images = { train: 90, val: 30, side: 16 }
const classes = ['red', 'green', 'blue']
/** Longest wait between the step that was waited for and the kill: about as long as a step with its save. */
const longestDelayMs = 40

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    program: { type: 'string', default: inCheckout('out', 'main', 'engine', 'cli.js') },
  },
})

const folder = mkdtempSync(path.join(tmpdir(), 'vitrine-kills-'))
try {
  process.exitCode = await killRuns()
} catch (error) {
  console.error(`error: ${sentenceOf(error)}`)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function killRuns() {
  if (!existsSync(values.program)) throw new Error(`There is no ${values.program}: build it with "npm run setup".`)
  const random = seededRandom(Number(values.seed))
  const config = writeConfig(writeDataset(random))
  const whole = path.join(folder, 'whole')
  await train(['train', config, '--out', whole])
  const expected = stepLosses(whole)
  console.log(`A run of ${expected.size} steps that nothing happened to; now ${values.kills} that are killed.`)

  let failures = 0
  for (let kill = 1; kill <= Number(values.kills); kill++) {
    const run = path.join(folder, `killed-${kill}`)
    const afterStep = Math.floor(random() * expected.size)
    const saveEvery = random() < 0.5 ? '0' : '1'
    await trainAndKill(['train', config, '--out', run, '--save-every', saveEvery], afterStep, random() * longestDelayMs)
    const verdict = await judge(run, config, expected)
    if (!verdict.good) failures++
    console.log(`${String(kill).padStart(3)}  ${verdict.good ? 'good' : 'BAD '}  ${verdict.words}`)
  }
  console.log(failures === 0 ? 'Every folder was readable and every loss the same.' : `${failures} went wrong.`)
  return failures === 0 ? 0 : 1
}

/** @param {string} run @param {string} config @param {Map<number, number>} expected */
async function judge(run, config, expected) {
  if (!existsSync(path.join(run, 'run.json'))) return { good: true, words: 'killed before there was a run' }
  try {
    checkReadable(run)
    const reached = Math.max(0, ...stepLosses(run).keys())
    await train(['train', config, '--out', run, '--resume'])
    const losses = stepLosses(run)
    const mark = metricLines(run).find(({ type }) => type === 'resume')
    const furthest = largestDifference(losses, expected)
    const from = mark === undefined ? 'the start' : `step ${mark.step}`
    const words = `killed at step ${reached}, resumed from ${from}, losses differ by ${furthest.toExponential(1)}`
    return { good: losses.size === expected.size && furthest <= tolerance, words }
  } catch (error) {
    return { good: false, words: sentenceOf(error) }
  }
}

/** @param {Map<number, number>} losses @param {Map<number, number>} expected */
function largestDifference(losses, expected) {
  return Math.max(...[...expected].map(([step, loss]) => Math.abs((losses.get(step) ?? Infinity) - loss)))
}

/** Every file under its own name must be whole; only the last line of the metrics may be torn. @param {string} run */
function checkReadable(run) {
  JSON.parse(readFileSync(path.join(run, 'run.json'), 'utf8'))
  metricLines(run)
  const checkpoints = path.join(run, 'checkpoints')
  for (const file of readdirSync(checkpoints).filter((name) => /^(last|best)\..*safetensors$/.test(name))) {
    checkSafetensors(path.join(checkpoints, file))
  }
}

/** @param {string} file */
function checkSafetensors(file) {
  const bytes = readFileSync(file)
  const headerBytes = Number(bytes.readBigUInt64LE())
  /** @type {Record<string, { data_offsets?: [number, number] }>} */
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerBytes))
  const ends = Object.values(header).map(({ data_offsets: offsets }) => offsets?.[1] ?? 0)
  if (8 + headerBytes + Math.max(...ends) !== bytes.length) throw new Error(`${path.basename(file)} is not whole.`)
}

/** @param {string} run @returns {{ type: string, step: number, loss: number }[]} */
function metricLines(run) {
  const file = path.join(run, 'metrics.jsonl')
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

/** @param {string} run @returns {Map<number, number>} */
function stepLosses(run) {
  /** @type {Map<number, number>} */
  const losses = new Map()
  for (const { type, step, loss } of metricLines(run)) {
    if (type !== 'step') continue
    if (losses.has(step)) throw new Error(`Step ${step} is there twice.`)
    losses.set(step, loss)
  }
  return losses
}

/** @param {string[]} words */
function start(words) {
  const environment = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2', VITRINE_HOME: path.join(folder, 'home') }
  const { node = process.execPath } = readRuntime()
  return spawn(node, [values.program, ...words, '--json'], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Runs a training to its end. @param {string[]} words @returns {Promise<void>} */
function train(words) {
  const engine = start(words)
  let errors = ''
  engine.stdout.resume()
  engine.stderr.setEncoding('utf8').on('data', (text) => (errors += text))
  return new Promise((resolve, reject) => {
    engine.on('error', reject)
    engine.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(errors.trim() || `It ended with ${code}.`)),
    )
  })
}

/**
 * Kills a training a moment after one of its steps; with step 0 while it starts.
 * @param {string[]} words @param {number} afterStep @param {number} delayMs
 * @returns {Promise<void>}
 */
function trainAndKill(words, afterStep, delayMs) {
  const engine = start(words)
  let seen = ''
  let killing = false
  const kill = (/** @type {number} */ afterMs) => {
    killing = true
    setTimeout(() => engine.kill('SIGKILL'), afterMs)
  }
  if (afterStep === 0) kill(delayMs * 50)
  engine.stderr.resume()
  engine.stdout.setEncoding('utf8').on('data', (text) => {
    seen += text
    if (!killing && seen.includes(`"type":"step","step":${afterStep},`)) kill(delayMs)
  })
  return new Promise((resolve, reject) => {
    engine.on('error', reject)
    engine.on('close', () => resolve())
  })
}

/** Images of one colour with noise, whose class is the colour. @param {() => number} random */
function writeDataset(random) {
  const dataset = path.join(folder, 'colours')
  mkdirSync(dataset)
  const count = images.train + images.val
  const labels = Array.from({ length: count }, (_, record) => record % classes.length)
  const pixels = images.side ** 2
  const bytes = Buffer.alloc(count * pixels * 3)
  for (let index = 0; index < bytes.length; index++) {
    const label = labels[Math.floor(index / (pixels * 3))]
    bytes[index] = Math.floor(random() * 180) + (index % 3 === label ? 75 : 0)
  }
  const counts = (/** @type {number} */ images) => classes.map(() => images / classes.length)
  const manifest = {
    format: 1,
    name: 'Colours',
    source: 'made to be killed',
    createdAt: new Date().toISOString(),
    imageSize: images.side,
    classes,
    trainCount: images.train,
    valCount: images.val,
    classCounts: { train: counts(images.train), val: counts(images.val) },
    statistics: { mean: [0.4, 0.4, 0.4], std: [0.25, 0.25, 0.25] },
    skipped: [],
    hasMasks: false,
  }
  const origins = labels.map((_, record) => ({ file: `${record}.png`, width: images.side, height: images.side }))
  writeFileSync(path.join(dataset, 'dataset.json'), JSON.stringify(manifest))
  writeFileSync(path.join(dataset, 'images.u8'), bytes)
  writeFileSync(path.join(dataset, 'labels.json'), JSON.stringify(labels))
  writeFileSync(path.join(dataset, 'records.json'), JSON.stringify(origins))
  return dataset
}

/** A run with everything that has a state of its own. @param {string} dataset */
function writeConfig(dataset) {
  const file = path.join(folder, 'config.json')
  const config = {
    name: 'killed',
    seed: 11,
    data: { dataset, augment: 'light' },
    model: { patchSize: 4, embedDim: 32, depth: 2, numHeads: 2, mlpRatio: 2, dropout: 0.1, dropPath: 0.1 },
    train: {
      epochs: 6,
      batchSize: 6,
      gradAccumulation: 2,
      ema: { decay: 0.95 },
      mix: { mixupAlpha: 0.2, cutmixAlpha: 1, offEpoch: 5 },
      optimizer: { lr: 1e-3 },
      schedule: { warmupEpochs: 1, interval: 'step' },
      earlyStopping: { monitor: 'val_loss', patience: 20 },
      checkpoints: { keepLast: 2 },
    },
  }
  writeFileSync(file, JSON.stringify(config))
  return file
}

/** Numbers from 0 up to 1, the same for the same seed (Mulberry32). @param {number} seed */
function seededRandom(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
