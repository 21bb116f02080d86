import type { SplitName } from '@shared/contract/records'
import { damagedArchive } from './archiveLimits'
import { RecordFile } from './recordFile'
import { nameOf, type ImageContent, type RecognisedSource, type SourceImage, type SourceTree } from './source'

/**
 * MNIST (LeCun et al. 1998), Fashion-MNIST (Xiao et al. 2017) and others in the idx format: a file of
 * grey images and one of their labels for each split. Numbers in their heads are big-endian.
 */

const imagesName = /images([-._])idx3([-._])ubyte(\.gz)?$/i
/** Two zero bytes, the type (8 for unsigned bytes), the number of dimensions. */
const imagesMagic = 0x0803
const labelsMagic = 0x0801
const imagesHead = 16
const labelsHead = 8

const fashionNames: readonly string[] = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
]

class IdxImage implements SourceImage {
  constructor(
    private readonly images: RecordFile,
    private readonly index: number,
    private readonly shape: { width: number; height: number },
    readonly className: string,
    readonly split: SplitName | null,
  ) {}

  get file(): string {
    return `${this.images.source.shownAs}#${this.index}`
  }

  stamp(): Promise<string> {
    return this.images.stamp()
  }

  async load(): Promise<ImageContent> {
    const { width, height } = this.shape
    const start = imagesHead + this.index * width * height
    const pixels = (await this.images.read()).subarray(start, start + width * height)
    return { kind: 'pixels', width, height, channels: 1, pixels }
  }
}

/**
 * Null where there are no idx files with their labels.
 *
 * @param source path that the user chose, which may say that it is Fashion-MNIST
 * @throws VitrineError `unreadable` for a damaged file
 */
export async function recogniseIdx(tree: SourceTree, source: string): Promise<RecognisedSource | null> {
  const byName = new Map(tree.files.map((file) => [file.file, file]))
  const read: ReadPair[] = []
  const prefixes = new Set<string>()
  for (const images of tree.files) {
    const prefix = nameOf(images.file).replace(imagesName, '')
    if (!imagesName.test(images.file) || prefixes.has(prefix)) continue
    const plain = images.file.replace(imagesName, 'labels$1idx1$2ubyte')
    const labels = byName.get(plain) ?? byName.get(`${plain}.gz`)
    if (labels === undefined) continue
    prefixes.add(prefix)
    read.push(await readPair(new RecordFile(images), await new RecordFile(labels).read(), splitOf(prefix)))
  }
  if (read.length === 0) return null
  const present = [...new Set(read.flatMap(({ labels }) => [...new Set(labels)]))].sort((a, b) => a - b)
  const fashion = /fashion/i.test(`${source} ${tree.name}`) && present.every((label) => label < fashionNames.length)
  const nameOfLabel = (label: number) => (fashion ? fashionNames[label] : undefined) ?? String(label)
  const images = read.flatMap(({ records, labels, width, height, split }) =>
    Array.from(labels, (label, index) => new IdxImage(records, index, { width, height }, nameOfLabel(label), split)),
  )
  const alike = read.every(({ width, height }) => width === height && width === read[0]?.width)
  return {
    recognised: `${fashion ? 'Fashion-MNIST' : 'Images in the idx format of MNIST'}: ${present.length} classes.`,
    classes: present.map(nameOfLabel),
    images,
    skipped: [],
    ownSide: alike ? (read[0]?.width ?? null) : null,
  }
}

interface ReadPair {
  records: RecordFile
  labels: Uint8Array
  width: number
  height: number
  split: SplitName | null
}

async function readPair(records: RecordFile, labelBytes: Buffer, split: SplitName | null): Promise<ReadPair> {
  const bytes = await records.read()
  const broken = () => damagedArchive(records.source.shownAs, null)
  if (bytes.length < imagesHead || bytes.readUInt32BE(0) !== imagesMagic) throw broken()
  if (labelBytes.length < labelsHead || labelBytes.readUInt32BE(0) !== labelsMagic) throw broken()
  const [count, height, width] = [bytes.readUInt32BE(4), bytes.readUInt32BE(8), bytes.readUInt32BE(12)]
  const labels = new Uint8Array(labelBytes.subarray(labelsHead))
  if (width === 0 || height === 0 || bytes.length !== imagesHead + count * height * width) throw broken()
  if (labels.length !== count || labelBytes.readUInt32BE(4) !== count) throw broken()
  return { records, labels, width, height, split }
}

function splitOf(prefix: string): SplitName | null {
  if (/train/i.test(prefix)) return 'train'
  return /t10k|test|val/i.test(prefix) ? 'val' : null
}
