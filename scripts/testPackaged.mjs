import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { SetupFailure, sentenceOf } from './setup/failure.mjs'
import { requireNode } from './setup/nodeRuntime.mjs'
import { checkout, inCheckout } from './setup/places.mjs'
import { setUp } from './setup/setUp.mjs'
import { packageTestSteps } from './setup/steps.mjs'

/**
 * `npm run test:packaged [-- FILE.deb]`: installs the Debian package into a clean system, drives the
 * installed window and removes it again. The package in `dist/packages` is taken, or made where
 * there is none.
 */
try {
  await setUp(packageTestSteps, { stream: process.stdout })
  const file = chosenPackage(process.argv[2]) ?? madePackage()
  console.log(`Testing ${path.relative(checkout, file)}`)
  const runner = inCheckout('node_modules', '@playwright', 'test', 'cli.js')
  const config = inCheckout('tests', 'packaged', 'playwright.config.ts')
  const { status } = spawnSync(requireNode(), [runner, 'test', '--config', config], {
    cwd: checkout,
    stdio: 'inherit',
    env: { ...process.env, VITRINE_PACKAGE: file },
  })
  process.exitCode = status ?? 1
} catch (error) {
  console.error(`error: ${sentenceOf(error)}`)
  process.exitCode = 1
}

/** @param {string | undefined} named @returns {string | null} */
function chosenPackage(named) {
  if (named !== undefined) {
    if (existsSync(named)) return path.resolve(named)
    throw new SetupFailure(`There is no file ${named}.`)
  }
  const folder = inCheckout('dist', 'packages')
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('_amd64.deb')) : []
  return names[0] === undefined ? null : path.join(folder, names[0])
}

function madePackage() {
  const { status } = spawnSync(process.execPath, [inCheckout('scripts', 'dist.mjs'), '--only', 'deb'], {
    cwd: checkout,
    stdio: 'inherit',
  })
  const made = status === 0 ? chosenPackage(undefined) : null
  if (made === null) throw new SetupFailure('There is no package to test: see `npm run dist -- --only deb`.')
  return made
}
