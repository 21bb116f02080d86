import type { DatasetManifest } from '@shared/contract/records'

export interface ClassRow {
  index: number
  name: string
  train: number
  val: number
  /** Of all images. */
  share: number
}

export function classRows({ classes, classCounts, trainCount, valCount }: DatasetManifest): ClassRow[] {
  const images = Math.max(1, trainCount + valCount)
  return classes.map((name, index) => {
    const train = classCounts.train[index] ?? 0
    const val = classCounts.val[index] ?? 0
    return { index, name, train, val, share: (train + val) / images }
  })
}

export interface ClassBalance {
  largest: ClassRow
  smallest: ClassRow
  /** Training images of the largest class for each one of the smallest. */
  ratio: number
}

/** Null where fewer than two classes have training images. */
export function classBalance(rows: readonly ClassRow[]): ClassBalance | null {
  const trained = rows.filter(({ train }) => train > 0).toSorted((a, b) => b.train - a.train)
  const [largest, smallest] = [trained[0], trained.at(-1)]
  if (largest === undefined || smallest === undefined || trained.length < 2) return null
  return { largest, smallest, ratio: largest.train / smallest.train }
}
