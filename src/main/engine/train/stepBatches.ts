import type { Batch } from '../data/loader'

function copyInto(batch: Batch, copy: Batch | undefined): Batch {
  if (copy === undefined) {
    return {
      ...batch,
      images: batch.images.slice(),
      labels: batch.labels.slice(),
      boxes: batch.boxes.slice(),
      augment: new Map([...batch.augment].map(([name, values]) => [name, values.slice()])),
    }
  }
  copy.images.set(batch.images)
  copy.labels.set(batch.labels)
  copy.boxes.set(batch.boxes)
  for (const [name, values] of batch.augment) copy.augment.get(name)?.set(values)
  copy.count = batch.count
  return copy
}

/**
 * The batches of an epoch, `count` to a step; the last step has those that are left. A step's batches
 * are valid until the next step is asked for. A loader's batch is valid only until the next one, so
 * where a step has several, they are copied, into memory that goes round.
 */
export async function* stepBatches(batches: AsyncIterable<Batch>, count: number): AsyncGenerator<Batch[], void> {
  const copies: Batch[] = []
  let filled = 0
  for await (const batch of batches) {
    if (count === 1) {
      yield [batch]
      continue
    }
    copies[filled] = copyInto(batch, copies[filled])
    filled++
    if (filled < count) continue
    yield copies
    filled = 0
  }
  if (filled > 0) yield copies.slice(0, filled)
}
