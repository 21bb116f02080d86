import { spawn } from 'node:child_process'
import { sentenceOf } from './setup/failure.mjs'
import { requireNode } from './setup/nodeRuntime.mjs'
import { setupOptions } from './setup/options.mjs'
import { checkout, inCheckout } from './setup/places.mjs'
import { setUp } from './setup/setUp.mjs'
import { distSteps } from './setup/steps.mjs'

/**
 * `npm run dist [-- --gpu | --cpu] [--fast] [--only deb,rpm,tar]`: sets up what is missing and makes
 * the packages of this system in `dist/packages`.
 */
try {
  const { options, rest } = setupOptions(process.argv.slice(2))
  await setUp(distSteps, { ...options, stream: process.stdout })
  const script = inCheckout('scripts', 'packaging', 'build.mjs')
  const child = spawn(requireNode(), [script, ...rest], { stdio: 'inherit', cwd: checkout })
  child.on('exit', (code) => {
    process.exitCode = code ?? 1
  })
} catch (error) {
  console.error(`error: ${sentenceOf(error)}`)
  process.exitCode = 1
}
