import { mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { failureOf, VitrineError } from '@shared/errors'
import { datasetFiles, preparationFiles, preparationFolderName } from '@shared/folders'
import { parseJson } from '@shared/json'
import { checkReplaceable, removeTemporary, type DatasetPlace } from './datasetPlace'

const ownerSchema = z.object({ processId: z.int().positive() })

const heartbeatMs = 15_000
/** An owner that wasn't seen for so long has ended, even if another process has its number now. */
const ownerTimeoutMs = 4 * heartbeatMs

/**
 * The folder in which a dataset is prepared, beside its place and with a name that is found again:
 * what a cancelled or killed preparation did stays in it. One process at a time works there.
 */
export class PreparationFolder {
  /** Folders that this process works in. */
  private static readonly inUse = new Set<string>()

  private readonly heartbeat: NodeJS.Timeout

  private constructor(readonly place: DatasetPlace) {
    const owner = join(place.temporary, preparationFiles.owner)
    this.heartbeat = setInterval(() => {
      const now = new Date()
      // Without a heartbeat the folder only looks abandoned.
      utimes(owner, now, now).catch(() => undefined)
    }, heartbeatMs)
    this.heartbeat.unref()
  }

  /**
   * @param out folder of the dataset
   * @throws VitrineError `invalid-input` when `out` holds something else than a prepared dataset,
   * `unavailable` while another process prepares it, `unreadable` when it can't be written there; the
   * system's error for a full disk.
   */
  static async open(out: string): Promise<PreparationFolder> {
    const whole = resolve(out)
    const temporary = join(dirname(whole), preparationFolderName(basename(whole)))
    const busy = `${out} is being prepared already: wait for its end, or cancel it first.`
    if (PreparationFolder.inUse.has(temporary)) throw new VitrineError('unavailable', busy)
    PreparationFolder.inUse.add(temporary)
    try {
      await mendInterruptedMove(whole, temporary)
      await checkReplaceable(whole)
      if (await hasOwner(temporary)) throw new VitrineError('unavailable', busy)
      return new PreparationFolder(await makeFolders(whole, temporary))
    } catch (error) {
      PreparationFolder.inUse.delete(temporary)
      throw error
    }
  }

  get folder(): string {
    return this.place.temporary
  }

  /** Removes what an earlier preparation of other images or settings left, except what it unpacked. */
  async clearRecords(): Promise<void> {
    for (const name of [datasetFiles.images, preparationFiles.journal])
      await rm(join(this.folder, name), { force: true })
  }

  /** Gives the folder up; what is in it stays, to be gone on with. */
  async release(): Promise<void> {
    this.end()
    await rm(join(this.folder, preparationFiles.owner), { force: true })
  }

  /** Removes the folder and all that was made for it. */
  async discard(): Promise<void> {
    this.end()
    await removeTemporary(this.place)
  }

  /** After the folder has become the dataset. */
  end(): void {
    clearInterval(this.heartbeat)
    PreparationFolder.inUse.delete(this.folder)
  }
}

async function makeFolders(out: string, temporary: string): Promise<DatasetPlace> {
  let firstMade: string | undefined
  try {
    firstMade = await mkdir(dirname(out), { recursive: true })
    // Not with `recursive`, which calls a disk that can only be read a missing folder.
    if ((await stat(temporary).catch(() => null)) === null) await mkdir(temporary)
    await writeFile(join(temporary, preparationFiles.owner), JSON.stringify({ processId: process.pid }))
  } catch (error) {
    await removeTemporary({ out, temporary, firstMade }).catch(() => undefined)
    if (failureOf(error).kind === 'disk-full') throw error
    const message = `The folder ${dirname(out)} can't be written to: choose a folder you may write to.`
    throw new VitrineError('unreadable', message, { cause: error })
  }
  return { out, temporary, firstMade }
}

/** A process that was killed while it put a new dataset in the place of an old one leaves the old one aside. */
async function mendInterruptedMove(out: string, temporary: string): Promise<void> {
  const old = `${temporary}.old`
  if ((await stat(old).catch(() => null)) === null) return
  const there = await readdir(out).catch(() => null)
  if (there === null) await rename(old, out)
  else await rm(old, { recursive: true, force: true })
}

async function hasOwner(temporary: string): Promise<boolean> {
  const owner = join(temporary, preparationFiles.owner)
  const parsed = ownerSchema.safeParse(parseJson(await readFile(owner, 'utf8').catch(() => '')))
  if (!parsed.success || parsed.data.processId === process.pid) return false
  const stats = await stat(owner).catch(() => null)
  if (stats === null || Date.now() - stats.mtimeMs > ownerTimeoutMs) return false
  try {
    process.kill(parsed.data.processId, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
