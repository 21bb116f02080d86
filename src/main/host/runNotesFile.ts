import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { emptyNotes, runNotesSchema, type RunNotes, type RunNotesChange } from '@shared/contract/runRecords'
import { runFiles } from '@shared/folders'
import { parseJson } from '@shared/json'
import { writeFileAtomic } from './atomicFile'
import { isMissing } from './jsonFile'

/** `notes.json` in a run's folder; `isDamaged` where it is there and can't be read. */
export async function readNotes(folder: string): Promise<{ notes: RunNotes; isDamaged: boolean }> {
  let text: string
  try {
    text = await readFile(path.join(folder, runFiles.notes), 'utf8')
  } catch (error) {
    if (isMissing(error)) return { notes: { ...emptyNotes }, isDamaged: false }
    throw error
  }
  const parsed = runNotesSchema.safeParse(parseJson(text))
  return parsed.success ? { notes: parsed.data, isDamaged: false } : { notes: { ...emptyNotes }, isDamaged: true }
}

/** The notes after a change; a tag is there once. */
export function changedNotes(notes: RunNotes, { tags, addTags = [], text, isArchived }: RunNotesChange): RunNotes {
  return {
    ...notes,
    tags: [...new Set([...(tags ?? notes.tags), ...addTags])],
    text: text ?? notes.text,
    isArchived: isArchived ?? notes.isArchived,
  }
}

export function writeNotes(folder: string, notes: RunNotes): Promise<void> {
  return writeFileAtomic(path.join(folder, runFiles.notes), `${JSON.stringify(notes, null, 2)}\n`)
}
