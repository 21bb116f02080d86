import type { SkippedFile, SplitName } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { mayBeImage, notAnImage } from './fileNames'
import { imagenetteName } from './imagenetteNames'
import { sourceSplitOf, type SourceSplit } from './splitNames'
import { byCodeUnits, FileImage, type RecognisedSource, type SourceFile, type SourceTree } from './source'

const arrangement = 'put the images of each class in a folder of their own, named after the class'

/** Where a file is: in the folder of a class, which may be in the folder of a split. */
interface Place {
  source: SourceFile
  folder: string
  className: string | null
}

/** Class folders with or without `train`, `val` or `test` above them; null where there are not two classes. */
export function recogniseClassFolders(tree: SourceTree): RecognisedSource | null {
  const splits = findSplits(tree)
  const skipped: SkippedFile[] = []
  const images: FileImage[] = []
  for (const { source, folder, className } of tree.files.map((file) => placeOf(file, splits.size > 0))) {
    const split = splits.get(folder) ?? null
    // Other folders beside the splits are none of this.
    if (splits.size > 0 && folder !== '' && split === null) continue
    if (className === null) skipped.push({ file: source.shownAs, reason: 'it is not in a class folder' })
    else if (!mayBeImage(source.file)) skipped.push({ file: source.shownAs, reason: notAnImage(source.file) })
    else images.push(new FileImage(source, imagenetteName(className) ?? className, split))
  }
  const folders = classFolderNames(tree, splits)
  if (folders.length < 2) return null
  const classes = folders.map((folder) => imagenetteName(folder) ?? folder)
  return { recognised: sentence(folders, splits), classes, images, skipped, ownSide: null }
}

/** Names of the class folders that hold training images, sorted. */
export function classFolderNames(
  tree: SourceTree,
  splits: ReadonlyMap<string, SplitName> = findSplits(tree),
): string[] {
  const names = new Set<string>()
  for (const { source, folder, className } of tree.files.map((file) => placeOf(file, splits.size > 0))) {
    const forTraining = splits.size === 0 || splits.get(folder) === 'train'
    if (forTraining && className !== null && mayBeImage(source.file)) names.add(className)
  }
  return [...names].sort(byCodeUnits)
}

function placeOf(source: SourceFile, hasSplits: boolean): Place {
  const folders = source.file.split('/').slice(0, -1)
  const className = folders[hasSplits ? 1 : 0] ?? null
  return { source, folder: hasSplits ? (folders[0] ?? '') : '', className }
}

/**
 * Folders at the top that are splits, by name; none where there is no `train` with class folders in
 * it: then `train` is a class like others. Where there are both `val` and `test`, `test` is left aside.
 */
function findSplits(tree: SourceTree): Map<string, SplitName> {
  const found = new Map<string, SourceSplit>()
  for (const { file } of tree.files) {
    const [top = '', second, third] = file.split('/')
    const split = sourceSplitOf(top)
    if (split !== null && second !== undefined && third !== undefined && mayBeImage(file)) found.set(top, split)
  }
  const kinds = new Set(found.values())
  if (!kinds.has('train')) return new Map()
  const validation: SourceSplit = kinds.has('val') ? 'val' : 'test'
  return new Map(
    [...found].flatMap(([folder, split]): [string, SplitName][] => {
      if (split === 'train') return [[folder, 'train']]
      return split === validation ? [[folder, 'val']] : []
    }),
  )
}

function sentence(folders: readonly string[], splits: ReadonlyMap<string, SplitName>): string {
  const named = folders.every((folder) => imagenetteName(folder) !== null)
  const what = named ? 'Classes of ImageNet by their WordNet numbers' : 'A folder of images for each class'
  const validation = [...splits].filter(([, split]) => split === 'val').map(([folder]) => folder)
  const how =
    splits.size === 0 || validation.length === 0
      ? 'validation images are chosen from them'
      : `“${validation.join('” and “')}” ${validation.length === 1 ? 'is' : 'are'} for validation`
  return `${what}: ${folders.length} classes, ${how}.`
}

/** Says what is missing in a folder that is no source. */
export function unrecognisedFolder(tree: SourceTree, source: string): VitrineError {
  const images = tree.files.filter(({ file }) => mayBeImage(file))
  const folders = [...new Set(images.filter(({ file }) => file.includes('/')).map(({ file }) => file.split('/')[0]))]
  const found =
    images.length === 0
      ? 'holds no images'
      : folders.length === 0
        ? 'holds no images in class folders, and no file of their labels'
        : `has only one class folder (${folders.join()}), and training needs at least two`
  return new VitrineError('invalid-input', `${source} ${found}: ${arrangement}.`)
}
