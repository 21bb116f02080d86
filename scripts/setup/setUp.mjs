import { installLine, packagesForAnAdministrator } from './debianPackages.mjs'
import { SetupFailure } from './failure.mjs'
import { withSetupLock } from './lock.mjs'
import { Progress } from './progress.mjs'
import { recordRuntime } from './runtime.mjs'
import { steps } from './steps.mjs'

/**
 * Makes ready what is missing of the named steps; does nothing, in well under a second, where all is right.
 *
 * @param {string[]} names
 * @param {import('./steps.mjs').SetupOptions & { stream: NodeJS.WriteStream }} options
 * @throws {SetupFailure} with a sentence that names what is missing and the command that mends it
 */
export async function setUp(names, { stream, ...options }) {
  if (options.device !== undefined) recordRuntime({ device: options.device })
  if (unready(names, options).length === 0) return
  const progress = new Progress(stream)
  const startedAt = Date.now()
  await withSetupLock(
    () => progress.say('Another set-up is at work; waiting for it to end.'),
    async () => {
      const todo = withDependents(unready(names, options), names)
      if (todo.length === 0) return
      refuseWithoutRights(unready(todo, options), options)
      await runInOrder(todo, options, progress)
      progress.say(`Set-up is complete (${((Date.now() - startedAt) / 1000).toFixed(1)} s).`)
    },
  )
}

/** @param {string[]} names @param {import('./steps.mjs').SetupOptions} options */
function unready(names, options) {
  return names.filter((name) => steps[name]?.step.ready(options) === false)
}

/**
 * A step may undo a later one, as new packages take the binding away with the old: those that come
 * after a step that has work are looked at again in their turn.
 *
 * @param {string[]} todo @param {string[]} names
 */
function withDependents(todo, names) {
  const touched = new Set(todo)
  for (const name of Object.keys(steps)) {
    if (names.includes(name) && steps[name]?.after.some((other) => touched.has(other))) touched.add(name)
  }
  return [...touched]
}

/** Said before anything is fetched, so that the long part runs once. @param {string[]} todo @param {import('./steps.mjs').SetupOptions} options */
function refuseWithoutRights(todo, options) {
  if (!todo.includes('buildTools') && !todo.includes('windowPackages')) return
  const packages = packagesForAnAdministrator(options)
  if (packages.length > 0) throw new SetupFailure(`System packages are missing: ${installLine(packages)}`)
}

/**
 * Runs each step as soon as those before it have ended; after a failure no further step begins,
 * but those under way come to their end.
 *
 * @param {string[]} todo
 * @param {import('./steps.mjs').SetupOptions} options
 * @param {Progress} progress
 */
async function runInOrder(todo, options, progress) {
  /** @type {Map<string, Promise<boolean>>} */
  const ends = new Map()
  /** @type {unknown[]} */
  const failures = []
  for (const name of Object.keys(steps).filter((step) => todo.includes(step))) {
    const before = (steps[name]?.after ?? []).flatMap((other) => ends.get(other) ?? [])
    ends.set(name, runStep(name, before))
  }
  await Promise.all(ends.values())
  if (failures.length > 0) throw failures[0]

  /** @param {string} name @param {Promise<boolean>[]} before */
  async function runStep(name, before) {
    const succeeded = (await Promise.all(before)).every(Boolean)
    const step = steps[name]?.step
    if (!succeeded || step === undefined || failures.length > 0) return false
    // An earlier step may have made this one right, e.g. a binding that is kept in the cache.
    if (step.ready(options)) return true
    const line = progress.begin(step.name, 'started')
    try {
      line.done(await step.run(line.detail, options))
      return true
    } catch (error) {
      line.failed()
      failures.push(error)
      return false
    }
  }
}
