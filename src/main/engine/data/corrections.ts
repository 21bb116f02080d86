import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import {
  correctionsFileSchema,
  type Correction,
  type CorrectionsFile,
  type CorrectionSummary,
} from '@shared/contract/corrections'
import { datasetManifestSchema, recordOriginSchema } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { datasetFiles } from '@shared/folders'
import { parseJson } from '@shared/json'

/**
 * The corrections of a prepared dataset; none where nobody made any.
 * @throws VitrineError `unreadable`
 */
export async function readCorrections(folder: string): Promise<Correction[]> {
  const text = await textOf(join(folder, datasetFiles.corrections))
  if (text === null) return []
  const parsed = correctionsFileSchema.safeParse(parseJson(text))
  if (parsed.success) return parsed.data.corrections
  throw new VitrineError(
    'unreadable',
    `The corrections of the dataset in ${folder} can't be read: restore ${datasetFiles.corrections} there, or remove it to go on without them.`,
    { field: 'data.dataset' },
  )
}

/** What a run or an evaluation says of the corrections that it was made with; undefined for none. */
export function summariseCorrections(corrections: readonly Correction[]): CorrectionSummary | undefined {
  if (corrections.length === 0) return undefined
  const leftOut = corrections.filter(({ label }) => label === null).length
  const stated = corrections.map(({ index, label }) => [index, label] as const).sort(([a], [b]) => a - b)
  const fingerprint = createHash('sha256').update(JSON.stringify(stated)).digest('hex').slice(0, 16)
  return { relabelled: corrections.length - leftOut, leftOut, fingerprint }
}

/**
 * Takes the corrections of a dataset over to its new preparation: records are found again by their
 * file, classes by their name. What is no longer there, or is now prepared as corrected, is dropped.
 */
export async function carryCorrections(from: string, to: string): Promise<void> {
  const corrections = await readCorrections(from).catch((error: unknown) => {
    // A preparation must not fail over a file that the old dataset can't be opened with either.
    if (error instanceof VitrineError) return []
    throw error
  })
  if (corrections.length === 0) return
  const [oldClasses, newClasses, files, labels] = await Promise.all([
    classesOf(from),
    classesOf(to),
    parsedFile(join(to, datasetFiles.origins), z.array(recordOriginSchema)),
    parsedFile(join(to, datasetFiles.labels), z.array(z.int())),
  ])
  const places = uniquePlaces(files.map(({ file }) => file))
  const carried = corrections.flatMap((correction): Correction[] => {
    const index = places.get(correction.file)
    const was = index === undefined ? undefined : labels[index]
    if (index === undefined || was === undefined) return []
    if (correction.label === null) return [{ ...correction, index, was }]
    const label = newClasses.indexOf(oldClasses[correction.label] ?? '')
    return label < 0 || label === was ? [] : [{ ...correction, index, was, label }]
  })
  if (carried.length === 0) return
  const whole: CorrectionsFile = { format: 1, corrections: carried.sort((a, b) => a.index - b.index) }
  await writeFile(join(to, datasetFiles.corrections), `${JSON.stringify(whole)}\n`, { flush: true })
}

/** Files that are there once: of several records of one file none is known to be the one. */
function uniquePlaces(files: readonly string[]): Map<string, number> {
  const places = new Map<string, number>()
  const repeated = new Set<string>()
  files.forEach((file, index) => {
    if (places.has(file)) repeated.add(file)
    places.set(file, index)
  })
  for (const file of repeated) places.delete(file)
  return places
}

async function classesOf(folder: string): Promise<string[]> {
  return (await parsedFile(join(folder, datasetFiles.manifest), datasetManifestSchema)).classes
}

async function parsedFile<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  return schema.parse(parseJson(await readFile(path, 'utf8')))
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
