import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { PreparedDataset } from '@engine/data/dataset'
import { DatasetWriter } from '@engine/data/datasetWriter'
import type { EngineEvent } from '@shared/contract/engineMessages'
import type { JobContext } from '@engine/job'

/** A picture of one colour. */
export function plainImage(colour: string, width = 40, height = 30): Sharp {
  return sharp({ create: { width, height, channels: 3, background: colour } })
}

export async function save(image: Sharp, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await image.toFile(path)
}

export interface RecordingContext extends JobContext {
  readonly events: EngineEvent[]
  cancel(): void
}

/** A job's context that keeps what was emitted; `onEvent` may cancel it. */
export function recordingContext(onEvent: (context: RecordingContext) => void = () => undefined): RecordingContext {
  const events: EngineEvent[] = []
  const controller = new AbortController()
  const context: RecordingContext = {
    events,
    cancel: () => controller.abort(),
    emit(event) {
      events.push(event)
      onEvent(context)
    },
    cancelled: controller.signal,
    stopRequested: () => false,
  }
  return context
}

/** A dataset whose record r has the value r in all its bytes, and class r % 3. */
export async function numberedDataset(
  folder: string,
  { trainCount, valCount, side }: { trainCount: number; valCount: number; side: number },
): Promise<PreparedDataset> {
  const count = trainCount + valCount
  const writer = await DatasetWriter.begin(folder, side, { masks: true })
  for (let record = 0; record < count; record++) {
    await writer.writeImages(record, new Uint8Array(side * side * 3).fill(record))
    await writer.writeMasks(record, new Uint8Array(side * side).fill(record % 2))
  }
  const labels = Array.from({ length: count }, (_, record) => record % 3)
  await writer.commit(
    {
      format: 1,
      name: 'Numbers',
      source: 'test',
      createdAt: '2026-01-01T00:00:00.000Z',
      imageSize: side,
      classes: ['a', 'b', 'c'],
      trainCount,
      valCount,
      classCounts: { train: [], val: [] },
      statistics: { mean: [0, 0, 0], std: [1, 1, 1] },
      skipped: [],
      hasMasks: true,
    },
    labels,
    labels.map((_, record) => ({ file: `${record}`, width: side, height: side })),
  )
  return PreparedDataset.open(folder)
}
