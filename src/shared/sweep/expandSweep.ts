import {
  checkAgainstDataset,
  parseRunConfig,
  runConfigSchema,
  type ConfigProblem,
  type DatasetFacts,
  type RunConfig,
} from '../config/runConfig'
import { changeSetting, hasPlaceFor } from '../config/settingPath'
import { mostQueued } from '../contract/queue'
import { VitrineError } from '../errors'
import { formatSetting } from '../format/numbers'
import { SeededRandom } from '../random'
import type { Sweep, SweepRange, SweepValue } from './sweep'

/** The value of a setting in one run of a sweep. */
export interface SweptValue {
  path: string
  value: SweepValue
}

export interface SweepPlan {
  runs: { config: RunConfig; values: SweptValue[] }[]
  /** Combinations that can't be trained. */
  refused: { problems: ConfigProblem[]; values: SweptValue[] }[]
}

export interface SweepSurroundings {
  /** What is known of a dataset; null for one that is checked only when it is trained on. */
  facts?: (dataset: string) => DatasetFacts | null
  /** What a setting is called in the runs' names. */
  label?: (path: string) => string
}

/** Random values keep so many digits, which can be read in a name. */
const drawnDigits = 4
const gridDigits = 12
/** Draws for each run that is asked for: lists may have fewer combinations than runs were asked for. */
const drawsPerSample = 20

const presetPath = 'model.preset'
const sizePaths = ['patchSize', 'embedDim', 'depth', 'numHeads', 'mlpRatio'].map((size) => `model.${size}`)

/**
 * All runs of a sweep over a configuration, each checked and named after what sets it apart.
 * @throws VitrineError `invalid-input` for more runs than the queue takes
 */
export function expandSweep(base: RunConfig, sweep: Sweep, surroundings: SweepSurroundings = {}): SweepPlan {
  const combinations = sweep.samples === null ? grid(base, sweep) : samples(base, sweep, sweep.samples)
  const plan: SweepPlan = { runs: [], refused: [] }
  for (const values of combinations) {
    const checked = configWith(base, values, surroundings)
    if (checked.ok) plan.runs.push({ config: checked.config, values })
    else plan.refused.push({ problems: checked.problems, values })
  }
  return plan
}

function grid(base: RunConfig, { settings }: Sweep): SweptValue[][] {
  const axes = Object.entries(settings).map(([path, values]) => ({
    path,
    values: Array.isArray(values) ? [...new Set(values)] : rangeValues(values, isWhole(base, path)),
  }))
  const count = axes.reduce((product, { values }) => product * values.length, 1)
  if (count > mostQueued) {
    throw new VitrineError('invalid-input', `These are ${count} runs, and the most is ${mostQueued}: leave values out.`)
  }
  return axes.reduce<SweptValue[][]>(
    (combinations, { path, values }) =>
      combinations.flatMap((combination) => values.map((value) => [...combination, { path, value }])),
    [[]],
  )
}

function samples(base: RunConfig, { settings, seed }: Sweep, count: number): SweptValue[][] {
  const axes = Object.entries(settings).map(([path, values]) => ({ path, values, whole: isWhole(base, path) }))
  const drawn = new Map<string, SweptValue[]>()
  for (let draw = 0; draw < count * drawsPerSample && drawn.size < count; draw++) {
    const combination = axes.map(({ path, values, whole }) => {
      const random = SeededRandom.stream(seed, 'sweep', path, draw)
      const value = Array.isArray(values) ? values[random.below(values.length)] : drawFrom(values, whole, random)
      return { path, value: value ?? null }
    })
    drawn.set(JSON.stringify(combination), combination)
  }
  return [...drawn.values()]
}

/** The value at a share from 0 to 1 of the way. */
function valueAt({ from, to, scale }: SweepRange, share: number): number {
  return scale === 'log' ? from * (to / from) ** share : from + (to - from) * share
}

function rangeValues(range: SweepRange, whole: boolean): number[] {
  const values = Array.from({ length: range.count }, (_, index) => {
    const value = valueAt(range, index / (range.count - 1))
    return whole ? Math.round(value) : Number(value.toPrecision(gridDigits))
  })
  return [...new Set(values)]
}

function drawFrom(range: SweepRange, whole: boolean, random: SeededRandom): number {
  const first = Math.ceil(range.from)
  if (whole && range.scale === 'linear') return first + random.below(Math.max(1, Math.floor(range.to) - first + 1))
  const value = valueAt(range, random.uniform())
  return whole ? Math.round(value) : Number(value.toPrecision(drawnDigits))
}

/** Whether a setting takes whole numbers only: the schema is asked with one that is whole and one that is not. */
function isWhole(base: RunConfig, path: string): boolean {
  const takes = (value: number): boolean => {
    const probe: unknown = structuredClone(base)
    changeSetting(probe, path, value)
    const parsed = runConfigSchema.safeParse(probe)
    return parsed.success || parsed.error.issues.every((issue) => issue.path.join('.') !== path)
  }
  return takes(2) && !takes(1.5)
}

function configWith(
  base: RunConfig,
  values: readonly SweptValue[],
  { facts, label = keyOf }: SweepSurroundings,
): ReturnType<typeof parseRunConfig> {
  const changed: unknown = structuredClone(base)
  if (values.some(({ path }) => path === presetPath)) {
    // A preset brings all its sizes.
    for (const path of sizePaths) changeSetting(changed, path, undefined)
  }
  const homeless = values.find(({ path }) => !hasPlaceFor(changed, path))
  if (homeless !== undefined) {
    const problem = { field: homeless.path, message: 'can only vary while the section that it belongs to is on' }
    return { ok: false, problems: [problem] }
  }
  for (const { path, value } of values) changeSetting(changed, path, value)
  changeSetting(changed, 'name', nameOf(base.name, values, label))
  const parsed = parseRunConfig(changed)
  if (!parsed.ok) return parsed
  const known = facts?.(parsed.config.data.dataset) ?? null
  const problems = known === null ? [] : checkAgainstDataset(parsed.config, known)
  return problems.length > 0 ? { ok: false, problems } : parsed
}

const nameLength = 120

/** "Shapes · lr 0.001 · seed 2"; where that is too long, what sets the run apart is kept. */
function nameOf(base: string, values: readonly SweptValue[], label: (path: string) => string): string {
  const ending = values.map(({ path, value }) => `${label(path)} ${valueWords(value)}`).join(' · ')
  const room = nameLength - ending.length - ' · '.length
  return room > 0 && base !== '' ? `${base.slice(0, room).trimEnd()} · ${ending}` : ending.slice(0, nameLength)
}

function valueWords(value: SweepValue): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (typeof value === 'number' && !Number.isInteger(value)) return formatSetting(value)
  return value === null ? 'none' : String(value)
}

/** `lr` for `train.optimizer.lr`, `betas.1` for `train.optimizer.betas.1`. */
function keyOf(path: string): string {
  return /[^.]+(\.\d+)?$/.exec(path)?.[0] ?? path
}
