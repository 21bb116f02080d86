import { existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { lastLine, run } from './commands.mjs'
import { SetupFailure } from './failure.mjs'
import { requireNode } from './nodeRuntime.mjs'
import { inCheckout } from './places.mjs'

const script = inCheckout('scripts', 'packDigits.mjs')
const digits = inCheckout('out', 'resources', 'digits.bin.gz')

/** The handwritten digits that come with the app. @type {import('./steps.mjs').Step} */
export const samples = {
  name: 'Sample images',
  ready: () => existsSync(digits),
  async run(report) {
    report('packing the digits')
    mkdirSync(path.dirname(digits), { recursive: true })
    const { code, output } = await run(requireNode(), [script, digits], { cwd: inCheckout() })
    if (code !== 0)
      throw new SetupFailure(`The digits could not be packed (${lastLine(output)}): type \`npm ci --ignore-scripts\`.`)
    return 'packed'
  },
  found: () => (existsSync(digits) ? 'packed' : null),
}
