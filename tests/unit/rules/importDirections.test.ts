import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { cruise } from 'dependency-cruiser'
import extractDepcruiseConfig from 'dependency-cruiser/config-utl/extract-depcruise-config'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const configuration = path.resolve(import.meta.dirname, '../../../.dependency-cruiser.cjs')

/** Wrong imports, and the rule that must bite: `[importing module, imported module, rule]`. */
const wrong: [string, string, string][] = [
  ['src/shared/wrong.ts', '../main/host/target.ts', 'shared-stands-alone'],
  ['src/preload/wrong.ts', '../renderer/target.ts', 'preload-to-shared'],
  ['src/renderer/wrong.ts', '../main/host/target.ts', 'renderer-to-shared'],
  ['src/main/host/wrongEngine.ts', '../engine/graph/target.ts', 'main-to-shared'],
  ['src/main/host/wrongHandlers.ts', '../handlers/target.ts', 'host-below-handlers'],
  ['src/main/engine/data/wrongMain.ts', '../../host/target.ts', 'engine-to-shared'],
  ['src/main/engine/data/wrongElectron.ts', 'electron', 'engine-without-electron'],
  ['src/renderer/wrongElectron.ts', 'electron', 'engine-without-electron'],
  ['src/main/host/wrongSharp.ts', 'sharp', 'native-packages-in-the-engine'],
  ['src/main/shell/wrongTensorflow.ts', '@tensorflow/tfjs-node-gpu', 'native-packages-in-the-engine'],
  ['src/renderer/wrongNode.ts', 'node:fs', 'no-node-in-the-window'],
  ['src/main/engine/backend/wrong.ts', '../graph/target.ts', 'engine-backend'],
  ['src/main/engine/graph/wrong.ts', '../vit/target.ts', 'engine-graph'],
  ['src/main/engine/vit/wrong.ts', '../train/target.ts', 'engine-vit'],
  ['src/main/engine/formats/wrong.ts', '../backend/target.ts', 'engine-formats'],
  ['src/renderer/circleA.ts', './circleB.ts', 'no-cycles'],
]

/** Right imports, at which no rule may bite. */
const right: [string, string][] = [
  ['src/renderer/right.ts', '../shared/target.ts'],
  ['src/main/handlers/right.ts', '../host/target.ts'],
  ['src/main/shell/right.ts', 'electron'],
  ['src/preload/right.ts', 'electron'],
  ['src/main/engine/train/right.ts', '../vit/target.ts'],
  ['src/main/engine/data/right.ts', 'sharp'],
]

/** Closes a circle; only one of its modules is named in the report. */
const backward: [string, string][] = [['src/renderer/circleB.ts', './circleA.ts']]

describe('import directions', () => {
  let folder = ''
  const broken = new Map<string, Set<string>>()

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'vitrine-rules-'))
    const write = async (file: string, text: string) => {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true })
      await writeFile(path.join(folder, file), text)
    }
    for (const [from, to] of [...wrong, ...right]) {
      if (to.endsWith('target.ts')) await write(path.join(path.dirname(from), to), 'export const target = 1\n')
    }
    for (const [from, to] of [...wrong, ...right, ...backward]) await write(from, `import '${to}'\n`)
    const { forbidden = [] } = await extractDepcruiseConfig(configuration)
    const rules = forbidden.filter((rule) => rule.name !== 'resolvable')
    const { output } = await cruise(['src'], { baseDir: folder, validate: true, ruleSet: { forbidden: rules } })
    if (typeof output === 'string') throw new Error('the cruise gave text instead of modules')
    for (const { from, rule } of output.summary.violations) {
      broken.set(from, (broken.get(from) ?? new Set()).add(rule.name))
    }
  }, 30_000)

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each(wrong)('%s may not import %s', (from, _to, rule) => {
    expect([...(broken.get(from) ?? [])]).toContain(rule)
  })

  it.each(right)('%s may import %s', (from) => {
    expect(broken.get(from)).toBeUndefined()
  })
})
