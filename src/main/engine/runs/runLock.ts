import { open, readFile, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { VitrineError } from '@shared/errors'
import { runFiles } from '@shared/folders'
import { ownerOf } from '@shared/processes'
import { lockHolder, type LockHolder } from '@shared/runLock'
import { systemProcesses } from './processTable'

/** Removing a dead lock takes milliseconds; who has not ended by then was killed in the middle. */
const removalMs = 10_000
const waitMs = 20

/** While it is held no other process trains the run. */
export interface RunLock {
  release(): Promise<void>
}

/**
 * Takes the lock of a run folder; one that a killed process left is taken over.
 * @throws VitrineError `unavailable` while another process, or this one, trains the run; the system's
 * error where there is no such folder or nothing can be written into it
 */
export async function takeRunLock(folder: string): Promise<RunLock> {
  const file = join(folder, runFiles.lock)
  const owner = await ownerOf(systemProcesses, process.pid)
  while (!(await createLock(file, `${JSON.stringify(owner)}\n`))) {
    const holder = await holderOf(file)
    if (holder !== null) throw beingTrained(folder, holder)
    await removeDeadLock(file)
  }
  return { release: () => rm(file, { force: true }) }
}

/** Does something while nobody else trains the run. @throws as `takeRunLock`, and whatever `work` throws */
export async function withRunLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const lock = await takeRunLock(folder)
  try {
    return await work()
  } finally {
    await lock.release()
  }
}

function beingTrained(folder: string, holder: Exclude<LockHolder, null>): VitrineError {
  const who = holder === 'unknown' ? 'another process' : `process ${holder.processId}`
  return new VitrineError('unavailable', `The run ${basename(folder)} is being trained by ${who}: stop it first.`)
}

/** False where the file is there already. */
async function createLock(file: string, text: string): Promise<boolean> {
  let handle
  try {
    handle = await open(file, 'wx')
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
  try {
    await handle.writeFile(text)
    return true
  } catch (error) {
    await rm(file, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}

async function holderOf(file: string): Promise<LockHolder> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)])
    return await lockHolder(text, Date.now() - mtimeMs, systemProcesses)
  } catch (error) {
    // Its holder has just released it.
    if (hasCode(error, 'ENOENT')) return null
    throw error
  }
}

/**
 * One process at a time looks again and removes the lock, for another may have taken it over since.
 * Returns when the lock is gone, held anew, or another process is at it.
 */
async function removeDeadLock(file: string): Promise<void> {
  const guard = `${file}.removal`
  if (!(await createLock(guard, ''))) {
    const age = await stat(guard).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    )
    if (age > removalMs) await rm(guard, { force: true })
    await new Promise((resolve) => setTimeout(resolve, waitMs))
    return
  }
  try {
    if ((await holderOf(file)) === null) await rm(file, { force: true })
  } finally {
    await rm(guard, { force: true })
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
