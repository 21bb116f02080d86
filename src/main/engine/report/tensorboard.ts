import { join } from 'node:path'
import { mkdir } from 'node:fs/promises'
import { writeFileAtomic } from '@engine/formats/atomicWrite'
import { MessageWriter } from '@engine/graph/wire'
import { readMetrics, readRunRecord } from '@engine/runs/runFolder'
import { runScalars, type ScalarEvent } from './runScalars'
import { encodeRecord } from './tfRecord'

/** Event files of TensorBoard: TFRecords of `Event` messages (tensorflow/core/util/event.proto). */

/** Numbers of the fields in event.proto and summary.proto. */
const eventFields = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 } as const
const summaryFields = { value: 1, tag: 1, simpleValue: 2 } as const

/** What a reader expects of the first event. */
const fileVersion = 'brain.Event:2'

function versionEvent(wallTime: number): Uint8Array {
  return new MessageWriter().double(eventFields.wallTime, wallTime).text(eventFields.fileVersion, fileVersion).finish()
}

function scalarEvent({ wallTime, step, values }: ScalarEvent): Uint8Array {
  const event = new MessageWriter().double(eventFields.wallTime, wallTime).integer(eventFields.step, step)
  return event
    .message(eventFields.summary, (summary) => {
      for (const [tag, value] of values) {
        summary.message(summaryFields.value, (entry) =>
          entry.text(summaryFields.tag, tag).float(summaryFields.simpleValue, value),
        )
      }
    })
    .finish()
}

/** The bytes of an event file; the first event says which format it is. */
export function encodeEvents(events: readonly ScalarEvent[]): Uint8Array[] {
  const start = events[0]?.wallTime ?? 0
  return [versionEvent(start), ...events.map(scalarEvent)].map(encodeRecord)
}

/**
 * Writes the run's curves into a folder of its own below `out`, so that TensorBoard shows several beside
 * each other. Returns the file's path below `out`.
 *
 * @throws VitrineError `not-found`, `unreadable`
 */
export async function writeTensorboard(runFolder: string, out: string): Promise<string> {
  const record = await readRunRecord(runFolder)
  const events = runScalars(record, await readMetrics(runFolder))
  const seconds = Math.floor(Date.parse(record.createdAt) / 1000)
  // TensorBoard looks for "tfevents" in the name; the number is the time at which the file was begun.
  const file = join(record.id, `events.out.tfevents.${seconds}.vitrine`)
  await mkdir(join(out, record.id), { recursive: true })
  await writeFileAtomic(join(out, file), encodeEvents(events))
  return file
}
