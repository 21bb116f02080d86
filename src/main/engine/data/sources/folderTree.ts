import { open, opendir, realpath, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { SkippedFile } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { UnusableImage } from '../decode'
import { maxFileBytes, tooLarge } from './archiveLimits'
import { isHiddenName } from './fileNames'
import { byCodeUnits, type SourceFile, type SourceTree } from './source'

/** Entries that are read from a folder at a time. */
const listingBuffer = 256

class FolderFile implements SourceFile {
  constructor(
    private readonly root: string,
    readonly file: string,
  ) {}

  get shownAs(): string {
    return this.file
  }

  async stamp(): Promise<string> {
    const stats = await stat(this.path).catch(() => null)
    if (stats === null) {
      // A name that is no valid UTF-8 can't be handed back to the system.
      const reason = this.file.includes('\uFFFD') ? 'its name is not valid text' : 'there is no such file'
      throw new UnusableImage(this.file, reason)
    }
    if (!stats.isFile()) throw new UnusableImage(this.file, 'it is not a file')
    if (stats.size > maxFileBytes) throw new UnusableImage(this.file, tooLarge)
    return `${stats.size}:${stats.mtimeMs}`
  }

  async read(): Promise<Buffer> {
    // Opening a pipe would wait for somebody to write into it.
    await this.stamp()
    const file = await open(this.path, 'r').catch((error: unknown) => {
      throw new UnusableImage(this.file, "it can't be opened", error)
    })
    try {
      return await file.readFile()
    } catch (error) {
      throw new UnusableImage(this.file, "it can't be read", error)
    } finally {
      await file.close()
    }
  }

  private get path(): string {
    return join(this.root, this.file)
  }
}

/**
 * Lists a folder and all below it, without hidden and system files. Links count as what they lead
 * to, except those that lead back to where one came from.
 *
 * @throws VitrineError `unreadable` when the folder itself can't be listed
 */
export async function openFolderTree(folder: string): Promise<SourceTree> {
  const root = resolve(folder)
  const found: FoundFiles = { files: [], skipped: [] }
  const top = await realpath(root)
  try {
    await listBelow(root, '', { found, ancestors: [top], visited: new Set([top]) })
  } catch (error) {
    throw new VitrineError('unreadable', `${folder} can't be listed: check that you may read it.`, { cause: error })
  }
  const files = found.files.sort(byCodeUnits).map((file) => new FolderFile(root, file))
  return { name: basename(root), files, skipped: found.skipped, close: () => Promise.resolve() }
}

interface FoundFiles {
  files: string[]
  skipped: SkippedFile[]
}

interface Walk {
  found: FoundFiles
  /** Real paths of the folders from the top down to this one. */
  ancestors: readonly string[]
  /** Real paths that were listed in this branch: a web of links is walked once. */
  visited: Set<string>
}

async function listBelow(root: string, below: string, walk: Walk): Promise<void> {
  const folders: string[] = []
  for await (const entry of await opendir(join(root, below), { bufferSize: listingBuffer })) {
    if (isHiddenName(entry.name)) continue
    const file = below === '' ? entry.name : `${below}/${entry.name}`
    const kind = entry.isSymbolicLink() ? await stat(join(root, file)).catch(() => null) : entry
    if (kind === null) walk.found.skipped.push({ file, reason: 'the link leads nowhere' })
    else if (kind.isDirectory()) folders.push(file)
    else if (kind.isFile()) walk.found.files.push(file)
    else walk.found.skipped.push({ file, reason: 'it is not a file' })
  }
  for (const file of folders.sort(byCodeUnits)) {
    const real = await realpath(join(root, file)).catch(() => null)
    if (real === null || walk.ancestors.includes(real)) continue
    // Two classes may be links to one folder, but no class lists a folder twice.
    const visited = file.split('/').length <= 2 ? new Set<string>() : walk.visited
    if (visited.has(real)) continue
    visited.add(real)
    try {
      await listBelow(root, file, { found: walk.found, ancestors: [...walk.ancestors, real], visited })
    } catch {
      walk.found.skipped.push({ file, reason: "the folder can't be read" })
    }
  }
}
