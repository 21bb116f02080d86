import { readdir, realpath, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { SkippedFile } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'

/** A file that may be an image, by its name. */
export interface ImageFile {
  path: string
  /** Relative to the source, with `/`. */
  file: string
  className: string
}

export interface ImageFolder {
  classes: string[]
  train: ImageFile[]
  /** Null where the source has no folder for validation. */
  val: ImageFile[] | null
  skipped: SkippedFile[]
}

const extensions: readonly string[] = [
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.png',
  '.webp',
  '.gif',
  '.tif',
  '.tiff',
  '.avif',
]
const valNames = ['val', 'validation', 'valid', 'test'] as const
const arrangement = 'put the images of each class in a folder of their own, named after the class'

/**
 * Finds the images of a folder of class folders, with or without `train` and `val` above them. All
 * lists are sorted, so that the same files give the same dataset on every machine.
 *
 * @throws VitrineError `not-found` or `invalid-input` with how to arrange the images.
 */
export async function scanImageFolder(source: string): Promise<ImageFolder> {
  const stats = await stat(source).catch(() => null)
  if (stats === null) throw new VitrineError('not-found', `There is no folder ${source}: check the path.`)
  if (!stats.isDirectory()) throw new VitrineError('invalid-input', `${source} is not a folder: ${arrangement}.`)

  const skipped: SkippedFile[] = []
  const splits = await findSplits(source)
  const train = await scanClasses(source, splits?.train ?? [], skipped)
  let val: ImageFile[] | null = null
  for (const name of splits?.val ?? []) {
    const found = await scanClasses(source, [name], skipped)
    if (found.length > 0) {
      val = found
      break
    }
  }
  const classes = [...new Set(train.map(({ className }) => className))].sort(byCodeUnits)
  if (train.length === 0) {
    const only = skipped.length === 0 ? 'holds no images' : 'holds no images in class folders'
    throw new VitrineError('invalid-input', `${source} ${only}: ${arrangement}.`)
  }
  if (classes.length < 2) {
    throw new VitrineError(
      'invalid-input',
      `${source} has only one class folder (${classes.join()}), and training needs at least two: ${arrangement}.`,
    )
  }
  const known = val?.filter(({ className }) => classes.includes(className)) ?? null
  for (const { file, className } of val ?? []) {
    if (!classes.includes(className)) skipped.push({ file, reason: 'its class has no training images' })
  }
  return { classes, train, val: known, skipped }
}

/** `train` counts as a split when it has folders of its own; otherwise it is a class like others. */
async function findSplits(source: string): Promise<{ train: string[]; val: string[] } | null> {
  const { folders } = await list(source)
  if (!folders.includes('train')) return null
  const inTrain = await list(join(source, 'train'))
  if (inTrain.folders.length === 0) return null
  return { train: ['train'], val: valNames.filter((name) => folders.includes(name)) }
}

/** Images of the class folders in `source`/`below`. */
async function scanClasses(source: string, below: readonly string[], skipped: SkippedFile[]): Promise<ImageFile[]> {
  const { folders, files } = await list(join(source, ...below))
  for (const name of files) skipped.push({ file: [...below, name].join('/'), reason: 'it is not in a class folder' })
  const found: ImageFile[] = []
  for (const className of folders) {
    const visited = new Set<string>()
    for (const file of await filesBelow(source, [...below, className], visited)) {
      const extension = extname(file).toLowerCase()
      if (extension === '' || extensions.includes(extension)) found.push({ path: join(source, file), file, className })
      else skipped.push({ file, reason: `files of the kind ${extension} are not read` })
    }
  }
  return found
}

/** `visited` ends the walk where a link leads back to a folder above it. */
async function filesBelow(source: string, below: readonly string[], visited: Set<string>): Promise<string[]> {
  const folder = await realpath(join(source, ...below))
  if (visited.has(folder)) return []
  visited.add(folder)
  const { folders, files } = await list(folder)
  const found = files.map((name) => [...below, name].join('/'))
  for (const name of folders) found.push(...(await filesBelow(source, [...below, name], visited)))
  return found
}

/** What is in a folder, sorted, without hidden entries; links count as what they lead to. */
async function list(folder: string): Promise<{ folders: string[]; files: string[] }> {
  const folders: string[] = []
  const files: string[] = []
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('.') || entry.name === 'Thumbs.db' || entry.name === 'desktop.ini') continue
    const kind = entry.isSymbolicLink() ? await stat(join(folder, entry.name)).catch(() => entry) : entry
    if (kind.isDirectory()) folders.push(entry.name)
    else files.push(entry.name)
  }
  return { folders: folders.sort(byCodeUnits), files: files.sort(byCodeUnits) }
}

/** The same order everywhere, unlike the user's language's. */
function byCodeUnits(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
