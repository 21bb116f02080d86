import type { SplitName } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { damagedArchive } from './archiveLimits'
import { RecordFile } from './recordFile'
import { folderOf, nameOf } from './source'
import type { ImageContent, RecognisedSource, SourceFile, SourceImage, SourceTree } from './source'

/**
 * CIFAR-10 and CIFAR-100 (Krizhevsky 2009) in their binary version: records of one or two label
 * bytes and 32 × 32 pixels, colour by colour.
 */

const side = 32
const plane = side * side

interface Version {
  name: string
  train: RegExp
  test: RegExp
  /** Bytes before the pixels; the last of them is the class. */
  labelBytes: number
  namesFile: string
}

const versions: readonly Version[] = [
  {
    name: 'CIFAR-10',
    train: /^data_batch_\d+\.bin$/,
    test: /^test_batch\.bin$/,
    labelBytes: 1,
    namesFile: 'batches.meta.txt',
  },
  { name: 'CIFAR-100', train: /^train\.bin$/, test: /^test\.bin$/, labelBytes: 2, namesFile: 'fine_label_names.txt' },
]

class CifarImage implements SourceImage {
  constructor(
    private readonly records: RecordFile,
    private readonly index: number,
    readonly className: string,
    readonly split: SplitName,
    private readonly labelBytes: number,
  ) {}

  get file(): string {
    return `${this.records.source.shownAs}#${this.index}`
  }

  stamp(): Promise<string> {
    return this.records.stamp()
  }

  async load(): Promise<ImageContent> {
    const start = this.index * (this.labelBytes + 3 * plane) + this.labelBytes
    const planes = (await this.records.read()).subarray(start, start + 3 * plane)
    const pixels = new Uint8Array(3 * plane)
    for (let channel = 0; channel < 3; channel++) {
      for (let at = 0; at < plane; at++) pixels[at * 3 + channel] = planes[channel * plane + at] ?? 0
    }
    return { kind: 'pixels', width: side, height: side, channels: 3, pixels }
  }
}

/**
 * Null where there are no files of CIFAR.
 *
 * @throws VitrineError `unreadable` for a damaged file, `invalid-input` for the version for Python.
 */
export async function recogniseCifar(tree: SourceTree): Promise<RecognisedSource | null> {
  for (const version of versions) {
    const train = tree.files.filter(({ file }) => version.train.test(nameOf(file)))
    const folder = folderOf(train[0]?.file ?? '')
    const together = tree.files.filter(({ file }) => folderOf(file) === folder)
    const names = together.find(({ file }) => nameOf(file) === version.namesFile)
    // `train.bin` alone says too little; its names do.
    if (train.length > 0 && (names !== undefined || version.labelBytes === 1)) {
      return readCifar(version, together, names)
    }
  }
  const forPython = tree.files.some(({ file }) => nameOf(file) === 'batches.meta' || nameOf(file) === 'data_batch_1')
  if (!forPython) return null
  const message = `${tree.name} is CIFAR's version for Python, which can't be read here: get its binary version.`
  throw new VitrineError('invalid-input', message)
}

async function readCifar(
  version: Version,
  files: readonly SourceFile[],
  namesFile: SourceFile | undefined,
): Promise<RecognisedSource> {
  const recordBytes = version.labelBytes + 3 * plane
  const text = namesFile === undefined ? '' : (await namesFile.read()).toString('utf8')
  const names = text.split(/\r?\n/).flatMap((line) => (line.trim() === '' ? [] : [line.trim()]))
  const images: SourceImage[] = []
  const nameOfLabel = (label: number) => names[label] ?? String(label)
  let greatest = 0
  for (const source of files) {
    const forTraining = version.train.test(nameOf(source.file))
    if (!forTraining && !version.test.test(nameOf(source.file))) continue
    const records = new RecordFile(source)
    const bytes = await records.read()
    if (bytes.length === 0 || bytes.length % recordBytes !== 0) throw damagedArchive(source.shownAs, null)
    for (let index = 0; index * recordBytes < bytes.length; index++) {
      const label = bytes[index * recordBytes + version.labelBytes - 1] ?? 0
      greatest = Math.max(greatest, label)
      const split = forTraining ? 'train' : 'val'
      images.push(new CifarImage(records, index, nameOfLabel(label), split, version.labelBytes))
    }
  }
  const classes = Array.from({ length: Math.max(names.length, greatest + 1) }, (_, label) => nameOfLabel(label))
  const validation = images.some(({ split }) => split === 'val') ? ', the test images are for validation' : ''
  const recognised = `${version.name} in its binary version: ${classes.length} classes${validation}.`
  return { recognised, classes, images, skipped: [], ownSide: side }
}
