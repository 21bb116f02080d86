import { stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { VitrineError } from '@shared/errors'
import { recogniseCifar } from './cifar'
import { recogniseClassFolders, unrecognisedFolder } from './classFolders'
import { openFolderTree } from './folderTree'
import { recogniseIdx } from './idx'
import { recogniseLabelsFile } from './labelsFile'
import type { RecognisedSource, SourceFile, SourceTree } from './source'
import { kindOfFile, type FileContent } from './sourceKind'
import { openTarTree, type TarOptions } from './tarTree'
import { openZipTree } from './zipTree'

export interface OpenedSource extends RecognisedSource {
  /** Name of the folder or archive, without an archive's extension. */
  name: string
  close(): Promise<void>
}

const accepted =
  'choose a folder with one folder of images per class, a zip or tar archive of one, or a CSV or JSON file of labels'

/**
 * Finds the images of a folder or an archive and their classes, by what it holds: CIFAR's binary
 * files, MNIST's idx files, class folders with or without `train` and `val` above them, or a CSV or
 * JSON file with the label of each image. Close it in the end.
 *
 * @throws VitrineError `not-found`, `unreadable` or `invalid-input` with what to do; what
 * `checkpoint` throws; the system's error as it is (e.g. `ENOSPC`).
 */
export async function openSource(source: string, options: Omit<TarOptions, 'gzipped'>): Promise<OpenedSource> {
  const stats = await stat(source).catch(() => null)
  if (stats === null) throw new VitrineError('not-found', `There is no file or folder ${source}: check the path.`)
  const content = stats.isDirectory() ? 'folder' : await kindOfFile(source)
  const tree = await openTree(source, content, options)
  try {
    const labels = content === 'labels' ? basename(source) : null
    const recognised = await recognise(tree, labels, source)
    const name = tree.name.replace(/\.(zip|tar|tgz|tar\.gz)$/i, '')
    return { ...recognised, skipped: [...tree.skipped, ...recognised.skipped], name, close: () => tree.close() }
  } catch (error) {
    await tree.close()
    throw error
  }
}

function openTree(source: string, content: FileContent, options: Omit<TarOptions, 'gzipped'>): Promise<SourceTree> {
  switch (content) {
    case 'folder':
      return openFolderTree(source)
    case 'zip':
      return openZipTree(source)
    case 'tar':
      return openTarTree(source, { ...options, gzipped: false })
    case 'tar.gz':
      return openTarTree(source, { ...options, gzipped: true })
    case 'labels':
    case 'part':
      // One of several files that belong together, in their folder.
      return openFolderTree(dirname(resolve(source)))
    default:
      throw new VitrineError('invalid-input', `${source} is not a folder or archive of images: ${accepted}.`)
  }
}

/**
 * @param labels the one file of labels that may be used; null to look for one
 * @throws VitrineError `invalid-input`
 */
async function recognise(tree: SourceTree, labels: string | null, source: string): Promise<RecognisedSource> {
  for (let inner: SourceTree | null = tree; inner !== null; inner = withoutTopFolder(inner)) {
    const found =
      labels !== null
        ? await recogniseLabelsFile(inner, labels)
        : ((await recogniseCifar(inner)) ??
          (await recogniseIdx(inner, source)) ??
          (await recogniseLabelsFile(inner, null)) ??
          recogniseClassFolders(inner))
    if (found !== null) return found
  }
  throw unrecognisedFolder(tree, source)
}

/** The inside of the only folder at the top; null when there is more than one, or a file beside it. */
function withoutTopFolder(tree: SourceTree): SourceTree | null {
  const first = tree.files[0]?.file ?? ''
  const top = first.slice(0, first.indexOf('/') + 1)
  if (top === '' || !tree.files.every(({ file }) => file.startsWith(top))) return null
  return { ...tree, name: top.slice(0, -1), files: tree.files.map((file) => new InnerFile(file, top.length)) }
}

class InnerFile implements SourceFile {
  readonly file: string

  constructor(
    private readonly outer: SourceFile,
    prefixLength: number,
  ) {
    this.file = outer.file.slice(prefixLength)
  }

  get shownAs(): string {
    return this.outer.shownAs
  }

  stamp(): Promise<string> {
    return this.outer.stamp()
  }

  read(): Promise<Buffer> {
    return this.outer.read()
  }
}
