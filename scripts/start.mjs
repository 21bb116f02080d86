import { spawn } from 'node:child_process'
import { sentenceOf } from './setup/failure.mjs'
import { hasDisplay, requireElectron, sandboxSwitches } from './setup/launch.mjs'
import { requireNode } from './setup/nodeRuntime.mjs'
import { setupOptions } from './setup/options.mjs'
import { checkout, inCheckout } from './setup/places.mjs'
import { setUp } from './setup/setUp.mjs'
import { allSteps } from './setup/steps.mjs'

/**
 * `npm start`: sets up what is missing and opens the window. Without a display it drives the same
 * window on a virtual one through a sample run, and leaves pictures of it.
 */
try {
  const { options, rest } = setupOptions(process.argv.slice(2))
  await setUp(allSteps, { ...options, stream: process.stdout })
  if (hasDisplay()) launch(requireElectron(), [...sandboxSwitches(requireElectron()), checkout, ...rest])
  else {
    console.log('There is no display: running the sample on a virtual one.')
    launch('xvfb-run', ['-a', requireNode(), inCheckout('scripts', 'sampleJob.mjs'), ...rest])
  }
} catch (error) {
  console.error(`error: ${sentenceOf(error)}`)
  process.exitCode = 1
}

/** @param {string} command @param {string[]} parameters */
function launch(command, parameters) {
  const child = spawn(command, parameters, { stdio: 'inherit', cwd: checkout })
  // Ctrl+C reaches the application too, which saves what it has before it ends.
  process.on('SIGINT', () => undefined)
  child.on('error', (error) => {
    console.error(`error: ${command} could not be started (${error.message}): type \`npm run setup\``)
    process.exitCode = 1
  })
  child.on('exit', (code) => {
    process.exitCode = code ?? 1
  })
}
