import type { SkippedFile, SplitName } from '@shared/contract/records'

/** What an image of a source holds: an encoded file, or pixels as they are, row by row. */
export type ImageContent =
  | { kind: 'encoded'; bytes: Uint8Array }
  | { kind: 'pixels'; width: number; height: number; channels: 1 | 3; pixels: Uint8Array }

export interface SourceImage {
  /** Its name for people: the path relative to the source with `/`, or `file#number` inside a file of many. */
  readonly file: string
  readonly className: string
  /** Null where the source doesn't say. */
  readonly split: SplitName | null
  /** Changes when the file changes: its size and time. @throws UnusableImage */
  stamp(): Promise<string>
  /** @throws UnusableImage */
  load(): Promise<ImageContent>
}

/** What was found in a folder or an archive. */
export interface RecognisedSource {
  /** What it was taken for, in a sentence. */
  recognised: string
  /** In the order of their numbers. */
  classes: string[]
  images: SourceImage[]
  /** Files that are no images, with the reason. */
  skipped: SkippedFile[]
  /** Side in pixels of images that are all alike and square. */
  ownSide: number | null
}

/** One file of a folder or an archive. */
export interface SourceFile {
  /** Path relative to the tree's top, with `/`. */
  readonly file: string
  /** Path relative to what the user chose, which may have folders above the tree. */
  readonly shownAs: string
  /** @throws UnusableImage */
  stamp(): Promise<string>
  /** All of it. @throws UnusableImage */
  read(): Promise<Buffer>
}

/** The files of a folder or an archive, in the same order on every machine. */
export interface SourceTree {
  /** Name of the folder or archive. */
  name: string
  files: SourceFile[]
  /** What can't be read at all, e.g. a link that leads nowhere. */
  skipped: SkippedFile[]
  close(): Promise<void>
}

/** The same order everywhere, unlike the user's language's. */
export function byCodeUnits(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** A file's name without its folders. */
export function nameOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1)
}

/** The folder part of a relative path, without the last `/`; empty at the top. */
export function folderOf(file: string): string {
  return file.slice(0, Math.max(0, file.lastIndexOf('/')))
}

/** In lower case with the dot; empty where there is none. */
export function extensionOf(file: string): string {
  const name = nameOf(file)
  const dot = name.lastIndexOf('.')
  return dot <= 0 ? '' : name.slice(dot).toLowerCase()
}

/** A file of its own for each image. */
export class FileImage implements SourceImage {
  constructor(
    private readonly source: SourceFile,
    readonly className: string,
    readonly split: SplitName | null,
  ) {}

  get file(): string {
    return this.source.shownAs
  }

  stamp(): Promise<string> {
    return this.source.stamp()
  }

  async load(): Promise<ImageContent> {
    return { kind: 'encoded', bytes: await this.source.read() }
  }
}
