import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const command = path.resolve(import.meta.dirname, '..', '..', 'scripts', 'vitrine.mjs')

/**
 * A model that knows little, trained by the headless command into the app's home.
 * @param changes parts of the configuration that are others
 */
export async function trainBriefly(home: string, changes: object = {}): Promise<void> {
  await mkdir(home, { recursive: true })
  const config = path.join(home, 'brief.json')
  await writeFile(
    config,
    JSON.stringify({
      name: 'brief',
      data: { dataset: 'sample:digits', augment: 'none' },
      model: { patchSize: 8, embedDim: 32, depth: 2, numHeads: 2, mlpRatio: 2 },
      train: { epochs: 1, maxSteps: 40, optimizer: { lr: 3e-3 }, schedule: { name: 'constant', warmupEpochs: 0 } },
      ...changes,
    }),
  )
  await run(process.execPath, [command, 'train', config], { env: { ...process.env, VITRINE_HOME: home } })
}
