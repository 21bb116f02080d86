import { mkdirSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { lastLine, run } from '../setup/commands.mjs'
import { SetupFailure, sentenceOf } from '../setup/failure.mjs'
import { folderBytes } from '../setup/folderSize.mjs'
import { checkout, inCheckout } from '../setup/places.mjs'
import { readRuntime } from '../setup/runtime.mjs'
import { makeDeb } from './debPackage.mjs'
import { linkNeeds } from './elf.mjs'
import { drawIcons } from './icons.mjs'
import { layOutLinux } from './linuxTree.mjs'
import { writeNotices } from './notices.mjs'
import { distFolder, product, unpackedApp } from './places.mjs'
import { makeRpm } from './rpmPackage.mjs'
import { collect } from './staging.mjs'
import { makeTarball } from './tarball.mjs'

/**
 * `node build.mjs [--fast] [--only deb,rpm,tar]`: makes the packages of what set-up has made ready.
 * `npm run dist` runs it on the Node that the engine runs on.
 */

/** @type {Record<string, (job: import('./debPackage.mjs').PackageJob) => Promise<string>>} */
const makers = { deb: makeDeb, rpm: makeRpm, tar: makeTarball }

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(`error: ${sentenceOf(error)}`)
  process.exitCode = 1
}

/** @param {string[]} words */
async function main(words) {
  const only = words.includes('--only') ? (words[words.indexOf('--only') + 1] ?? '').split(',') : Object.keys(makers)
  const unknown = only.filter((kind) => !(kind in makers))
  if (unknown.length > 0) {
    throw new SetupFailure(`There is no package ${unknown.join(', ')}: choose of ${Object.keys(makers).join(', ')}.`)
  }
  await timed('Collecting', collect)
  await timed('Icons', drawIcons)
  const packages = await timed('Notices', async () => writeNotices())
  console.log(`  licences of ${packages} npm packages go together`)
  if (process.platform === 'linux') await makeLinuxPackages(only, words.includes('--fast'))
  else await timed('Installers', () => electronBuilder([]))
}

/** @param {string[]} kinds @param {boolean} fast */
async function makeLinuxPackages(kinds, fast) {
  await timed('Application', () => electronBuilder(['--linux', 'dir', '--x64']))
  const outFolder = path.join(distFolder, 'packages')
  mkdirSync(outFolder, { recursive: true })
  const root = await timed('Layout', layOutLinux)
  console.log(`  ${megabytes(folderBytes(root))} MB installed`)
  const described = product()
  const gpu = readRuntime().tensorflow?.device === 'gpu'
  const job = {
    product: described,
    name: gpu ? `${described.name}-gpu` : described.name,
    excludes: gpu ? described.name : `${described.name}-gpu`,
    root,
    needs: await linkNeeds(unpackedApp),
    outFolder,
    fast,
  }
  for (const kind of kinds) {
    const file = await timed(kind, async () => makers[kind]?.(job))
    if (file !== undefined) console.log(`  ${path.relative(checkout, file)}  ${megabytes(statSync(file).size)} MB`)
  }
  rmSync(root, { recursive: true })
}

/** @param {string[]} target */
async function electronBuilder(target) {
  const parameters = ['--config', inCheckout('packaging', 'electron-builder.config.mjs'), '--publish', 'never']
  const script = inCheckout('node_modules', 'electron-builder', 'cli.js')
  const { code, output } = await run(process.execPath, [script, ...target, ...parameters], { cwd: checkout })
  if (code !== 0) throw new SetupFailure(`electron-builder failed (${lastLine(output)}).\n${output.slice(-4000)}`)
}

/** @template T @param {string} what @param {() => Promise<T>} work @returns {Promise<T>} */
async function timed(what, work) {
  const startedAt = Date.now()
  const result = await work()
  console.log(`✓ ${what} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`)
  return result
}

/** @param {number} bytes */
function megabytes(bytes) {
  return Math.round(bytes / 1e6)
}
