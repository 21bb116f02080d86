import { open, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import type { WindowOutput } from '@shared/contract/windowRoutes'
import { VitrineError } from '@shared/errors'
import { datasetFiles, runFiles } from '@shared/folders'
import { exists } from './folderNames'
import { isMissing } from './jsonFile'
import { parseJson } from '@shared/json'

export type FileKind = WindowOutput<'files.classify'>['kind']

/** First bytes of the image formats that the engine decodes; `null` stands for any byte. */
const signatures: readonly (readonly (number | null)[])[] = [
  [0xff, 0xd8, 0xff], // JPEG
  [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], // PNG
  [0x47, 0x49, 0x46, 0x38], // GIF
  [0x52, 0x49, 0x46, 0x46, null, null, null, null, 0x57, 0x45, 0x42, 0x50], // RIFF …… WEBP
  [0x49, 0x49, 0x2a, 0x00], // TIFF, little-endian
  [0x4d, 0x4d, 0x00, 0x2a], // TIFF, big-endian
  [null, null, null, null, 0x66, 0x74, 0x79, 0x70, 0x61, 0x76, 0x69, 0x66], // …… ftypavif
]

const archiveSignatures: readonly (readonly (number | null)[])[] = [
  [0x50, 0x4b, 0x03, 0x04], // zip
  [0x1f, 0x8b], // gzip
]
/** A tape archive has its mark after the first file's name and numbers. */
const tarMark = { offset: 257, text: 'ustar' }
const headBytes = tarMark.offset + tarMark.text.length

/** By their names, because npz and PyTorch's files are zip archives too. */
const checkpointExtensions: readonly string[] = ['.safetensors', '.npz', '.pt', '.pth']
/** List of the files that a large model is spread over. */
const shardIndexEnding = '.safetensors.index.json'

/** Tables of labels; a JSON file may be one too. */
const labelExtensions: readonly string[] = ['.csv', '.tsv', '.jsonl', '.ndjson']
/** No run configuration is larger; a large JSON file is something else. */
const largestConfigBytes = 1_000_000

const configShape = z.looseObject({ data: z.looseObject({}), model: z.looseObject({}) })

async function kindByContent(file: string): Promise<FileKind> {
  const handle = await open(file, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0)
    const head = buffer.subarray(0, bytesRead)
    const startsWith = (signature: readonly (number | null)[]) =>
      head.length >= signature.length && signature.every((byte, index) => byte === null || head[index] === byte)
    if (signatures.some(startsWith)) return 'image'
    const tar = head.subarray(tarMark.offset).toString('latin1') === tarMark.text
    return tar || archiveSignatures.some(startsWith) ? 'archive' : 'unknown'
  } finally {
    await handle.close()
  }
}

async function folderKind(folder: string): Promise<FileKind> {
  if (await exists(path.join(folder, datasetFiles.manifest))) return 'dataset'
  if (await exists(path.join(folder, runFiles.record))) return 'run'
  return 'folder'
}

/**
 * What a dropped path is, by looking at what it holds: a text file named `.jpg` is no image. An
 * `archive` may be a dataset's source; tables of labels count as one.
 * @throws VitrineError `not-found`.
 */
export async function classifyFile(file: string): Promise<FileKind> {
  try {
    const stats = await stat(file)
    if (stats.isDirectory()) return await folderKind(file)
    if (!stats.isFile()) return 'unknown'
    const extension = path.extname(file).toLowerCase()
    if (checkpointExtensions.includes(extension) || file.endsWith(shardIndexEnding)) return 'checkpoint'
    if (extension === '.json') {
      if (stats.size > largestConfigBytes) return 'unknown'
      return configShape.safeParse(parseJson(await readFile(file, 'utf8'))).success ? 'config' : 'unknown'
    }
    if (labelExtensions.includes(extension)) return 'archive'
    const kind = await kindByContent(file)
    // Hugging Face calls PyTorch's files `.bin`; others call anything so.
    return kind === 'archive' && extension === '.bin' ? 'checkpoint' : kind
  } catch (error) {
    if (isMissing(error)) {
      throw new VitrineError('not-found', `There is no file or folder ${file}.`, { cause: error })
    }
    throw error
  }
}
