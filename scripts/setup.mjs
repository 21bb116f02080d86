import { setUp } from './setup/setUp.mjs'
import { sentenceOf } from './setup/failure.mjs'
import { setupOptions } from './setup/options.mjs'
import { allSteps } from './setup/steps.mjs'

/** `npm run setup [-- --gpu | --cpu] [--retry-electron]`: makes this machine ready. */
try {
  await setUp(allSteps, { ...setupOptions(process.argv.slice(2)).options, stream: process.stdout })
  console.log('Vitrine is ready.')
} catch (error) {
  console.error(`error: ${sentenceOf(error)}`)
  process.exitCode = 1
}
