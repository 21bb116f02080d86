#!/usr/bin/env node
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism, constants } from 'node:os'
import { checksForEngine, printChecks, setupChecks } from './setup/checks.mjs'
import { sentenceOf } from './setup/failure.mjs'
import { inCheckout } from './setup/places.mjs'
import { readRuntime } from './setup/runtime.mjs'
import { setUp } from './setup/setUp.mjs'
import { engineSteps } from './setup/steps.mjs'
import { textOf } from './setup/textFile.mjs'

/**
 * `npm run --silent vitrine -- COMMAND …`: the headless command. What is missing is made ready
 * first, with every word of it on standard error.
 */

const program = inCheckout('out', 'main', 'engine', 'cli.js')
const words = process.argv.slice(2)

if (words[0] === 'doctor') doctor()
else await command()

async function command() {
  try {
    await setUp(engineSteps, { stream: process.stderr })
  } catch (error) {
    console.error(`error: ${sentenceOf(error)}`)
    process.exitCode = 1
    return
  }
  runEngine({})
}

/** Tells what is missing, so it makes nothing ready; with an engine that runs, the engine reports too. */
function doctor() {
  const { node } = readRuntime()
  if (node !== undefined && existsSync(node) && existsSync(program) && existsSync(inCheckout('node_modules'))) {
    runEngine({ VITRINE_SETUP_CHECKS: JSON.stringify(checksForEngine()) })
    return
  }
  const checks = setupChecks()
  printChecks(checks, words.includes('--json'))
  const missing = checks.filter(({ ok }) => !ok).map(({ name }) => name)
  if (missing.length === 0) return
  console.error(`error: Not everything is in place: ${missing.join(', ')}.`)
  process.exitCode = 1
}

/** @param {Record<string, string>} environment */
function runEngine(environment) {
  const { node = process.execPath } = readRuntime()
  const engine = spawn(node, [program, ...words], {
    stdio: 'inherit',
    env: {
      VITRINE_RESOURCES: inCheckout('out', 'resources'),
      ...JSON.parse(textOf(inCheckout('src', 'shared', 'allocatorEnvironment.json'))),
      // Images are decoded on these threads, and Node makes four however many cores there are.
      UV_THREADPOOL_SIZE: String(Math.max(4, availableParallelism() + 2)),
      ...process.env,
      ...environment,
    },
  })
  // A signal from the terminal reaches both; this process stays until the engine has ended.
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      if (signal === 'SIGTERM') engine.kill(signal)
    })
  }
  engine.on('error', (error) => {
    console.error(`error: the engine could not be started (${error.message}): type \`npm run setup\``)
    process.exitCode = 2
  })
  engine.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal])
  })
}
