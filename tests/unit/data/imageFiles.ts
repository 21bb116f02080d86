import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
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

/** A PNG of one colour, made without decoding anything: for tests with many files. */
export function colourPng(colour: number, width: number, height: number): Buffer {
  const row = Buffer.alloc(1 + width * 3)
  for (let x = 0; x < width; x++) row.writeUIntBE(colour, 1 + x * 3, 3)
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  // Eight bits for each of red, green and blue.
  head.set([8, 2], 8)
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)))
  const chunks: [string, Buffer][] = [
    ['IHDR', head],
    ['IDAT', pixels],
    ['IEND', Buffer.alloc(0)],
  ]
  const parts = chunks.map(([type, data]) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    checksum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, checksum])
  })
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...parts])
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
