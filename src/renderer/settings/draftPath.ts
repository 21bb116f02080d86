import type { TrainDraft } from '../stores/trainDraft'

/** Settings of a draft by their dotted path, which is the one that problems are reported at. */

type PathTo<T, Kind> = T extends readonly (infer Item)[]
  ? NonNullable<Item> extends Kind
    ? `${number}`
    : never
  : {
      [K in keyof T & string]: [NonNullable<T[K]>] extends [Kind]
        ? K
        : NonNullable<T[K]> extends object
          ? `${K}.${PathTo<NonNullable<T[K]>, Kind>}`
          : never
    }[keyof T & string]

export type NumberPath = PathTo<TrainDraft, number>
export type SwitchPath = PathTo<TrainDraft, boolean>
export type TextPath = PathTo<TrainDraft, string>

type At<T, Path extends string> = Path extends `${infer Key}.${infer Rest}`
  ? Key extends keyof T
    ? At<NonNullable<T[Key]>, Rest>
    : never
  : Path extends keyof T
    ? NonNullable<T[Path]>
    : never

export type TextAt<Path extends TextPath> = At<TrainDraft, Path> & string

function isBranch(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** The setting at a path; undefined where a section on the way is off. */
export function settingAt(draft: unknown, path: string): unknown {
  let value = draft
  for (const key of path.split('.')) {
    if (!isBranch(value)) return undefined
    value = value[key]
  }
  return value
}

/** Changes the setting at a path in place; nothing happens where a section on the way is off. */
export function changeSetting(draft: unknown, path: string, value: unknown): void {
  const end = path.lastIndexOf('.')
  const branch = end < 0 ? draft : settingAt(draft, path.slice(0, end))
  if (isBranch(branch)) branch[path.slice(end + 1)] = value
}
