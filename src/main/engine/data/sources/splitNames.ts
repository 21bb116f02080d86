/** What a source calls a part of its images; `test` is used for validation where there is no `val`. */
export type SourceSplit = 'train' | 'val' | 'test'

const names: Readonly<Record<string, SourceSplit>> = {
  train: 'train',
  training: 'train',
  val: 'val',
  valid: 'val',
  validation: 'val',
  dev: 'val',
  test: 'test',
  testing: 'test',
}

/** The split that a folder's or a column's word stands for, in any case; null for any other word. */
export function sourceSplitOf(word: string): SourceSplit | null {
  const key = word.trim().toLowerCase()
  return Object.hasOwn(names, key) ? (names[key] ?? null) : null
}
