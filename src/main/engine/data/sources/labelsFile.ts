import type { SkippedFile, SplitName } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { UnusableImage } from '../decode'
import { classFolderNames } from './classFolders'
import { mayBeImage } from './fileNames'
import { findColumns, ImageFinder, type LabelsColumns } from './labelsColumns'
import { parseLabelsTable } from './labelsTable'
import { sourceSplitOf, type SourceSplit } from './splitNames'
import { byCodeUnits, extensionOf, FileImage, folderOf, nameOf } from './source'
import { labelsExtensions } from './sourceKind'
import type { RecognisedSource, SourceFile, SourceTree } from './source'

/** Files of labels lie at the top or one folder below; a JSON file beside every image is none. */
const maxDepth = 2
const maxCandidates = 20

interface LabelledImage {
  source: SourceFile
  label: string
  split: SourceSplit | null
}

interface Candidate extends LabelsColumns {
  source: SourceFile
  images: LabelledImage[]
  skipped: SkippedFile[]
}

/**
 * Images whose labels are in a CSV or JSON file; null where no file lists them. Class folders win
 * where the file's labels are their names, since then both say the same.
 *
 * @param chosen name of the file that the user chose; null to look for one
 * @throws VitrineError `invalid-input` when the chosen file doesn't list images and labels
 */
export async function recogniseLabelsFile(tree: SourceTree, chosen: string | null): Promise<RecognisedSource | null> {
  const finder = new ImageFinder(tree, (file) => mayBeImage(file) && extensionOf(file) !== '')
  if (finder.count === 0) return null
  const candidates: Candidate[] = []
  for (const source of candidateFiles(tree, chosen)) {
    const candidate = await readCandidate(source, finder)
    if (candidate !== null) candidates.push(candidate)
  }
  if (chosen !== null && candidates.length === 0) {
    const message = `${chosen} doesn't list the images beside it: it needs a column with their file names and one with their labels.`
    throw new VitrineError('invalid-input', message)
  }
  const used = togetherUsed(candidates)
  if (used.length === 0 || (chosen === null && foldersSayMore(tree, used, finder))) return null
  return fromCandidates(used, finder)
}

function candidateFiles(tree: SourceTree, chosen: string | null): SourceFile[] {
  if (chosen !== null) return tree.files.filter(({ file }) => file === chosen)
  const depth = (file: string) => file.split('/').length
  return tree.files
    .filter(({ file }) => labelsExtensions.includes(extensionOf(file)) && depth(file) <= maxDepth)
    .filter(({ file }) => !/submission/i.test(nameOf(file)))
    .sort((a, b) => depth(a.file) - depth(b.file) || byCodeUnits(a.file, b.file))
    .slice(0, maxCandidates)
}

async function readCandidate(source: SourceFile, finder: ImageFinder): Promise<Candidate | null> {
  const bytes = await source.read().catch((error: unknown) => {
    if (error instanceof UnusableImage) return null
    throw error
  })
  const table = bytes === null ? null : parseLabelsTable(source.file, bytes)
  const folder = folderOf(source.file)
  const columns = table === null ? null : findColumns(table, finder, folder)
  if (columns === null) return null
  const images: LabelledImage[] = []
  const skipped: SkippedFile[] = []
  for (const row of columns.rows) {
    const cell = row[columns.file] ?? ''
    const image = finder.find(cell, folder)
    const label = row[columns.label]?.trim() ?? ''
    if (image === null) skipped.push({ file: cell, reason: `${nameOf(source.file)} lists it, but it is not there` })
    else if (label === '') skipped.push({ file: image.shownAs, reason: `${nameOf(source.file)} gives it no label` })
    else images.push({ source: image, label, split: columns.splitOf?.(row) ?? null })
  }
  return images.length === 0 ? null : { ...columns, source, images, skipped }
}

/** Files for the parts of one set, such as `train.csv` and `val.csv`; otherwise the one with most images. */
function togetherUsed(candidates: readonly Candidate[]): Candidate[] {
  const parts = candidates.filter(({ source }) => splitOfName(source.file) !== null)
  if (parts.length > 1 && parts.some(({ source }) => splitOfName(source.file) === 'train')) return parts
  const [most] = [...candidates].sort((a, b) => b.images.length - a.images.length)
  return most === undefined ? [] : [most]
}

/** `train` in `train.csv` or `train_labels.csv`. */
function splitOfName(file: string): SourceSplit | null {
  const words = nameOf(file).split(/[^a-z]+/i)
  return words.map(sourceSplitOf).find((split) => split !== null) ?? null
}

function foldersSayMore(tree: SourceTree, used: readonly Candidate[], finder: ImageFinder): boolean {
  const folders = classFolderNames(tree)
  if (folders.length < 2) return false
  const labels = new Set(used.flatMap(({ images }) => images.map(({ label }) => label)))
  const listed = new Set(used.flatMap(({ images }) => images.map(({ source }) => source.file)))
  return folders.some((folder) => labels.has(folder)) || listed.size < finder.count / 2
}

function fromCandidates(used: readonly Candidate[], finder: ImageFinder): RecognisedSource {
  const byParts = used.length > 1
  const rows = used.flatMap(({ source, images }) =>
    images.map((image) => ({
      ...image,
      split: image.split ?? (byParts ? splitOfName(source.file) : null) ?? sourceSplitOf(topOf(image.source.file)),
    })),
  )
  const kinds = new Set(rows.map(({ split }) => split))
  const validation: SourceSplit = kinds.has('val') ? 'val' : 'test'
  const skipped = used.flatMap((candidate) => candidate.skipped)
  const labelled = new Map<string, LabelledImage>()
  for (const row of rows) {
    const before = labelled.get(row.source.file)
    if (before === undefined) labelled.set(row.source.file, row)
    else if (before.label !== row.label)
      skipped.push({ file: row.source.shownAs, reason: 'it is listed with two labels' })
  }
  const names = used.map(({ source }) => nameOf(source.file)).join(' and ')
  for (const image of finder.images()) {
    if (!labelled.has(image.file)) skipped.push({ file: image.shownAs, reason: `${names} doesn't list it` })
  }
  const listed = [...labelled.values()].sort((a, b) => byCodeUnits(a.source.file, b.source.file))
  const wholeNumbers = listed.every(({ label }) => /^\d+(\.0+)?$/.test(label))
  const classOf = (label: string) => (wholeNumbers ? String(Number(label)) : label)
  const images = listed.flatMap(({ source, label, split }) => {
    // Images for a test are left aside where others are for validation.
    if (split === 'test' && validation === 'val') return []
    return [new FileImage(source, classOf(label), splitFor(split, validation))]
  })
  const classes = [...new Set(images.map(({ className }) => className))]
  classes.sort(wholeNumbers ? (a, b) => Number(a) - Number(b) : byCodeUnits)
  const split = images.some((image) => image.split === 'val') ? '' : ', validation images are chosen from them'
  return {
    recognised: `Labels from ${names}: ${classes.length} classes${split}.`,
    classes,
    images,
    skipped,
    ownSide: null,
  }
}

function splitFor(split: SourceSplit | null, validation: SourceSplit): SplitName | null {
  if (split === null) return null
  return split === validation ? 'val' : 'train'
}

function topOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : ''
}
