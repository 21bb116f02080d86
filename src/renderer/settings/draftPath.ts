import type { TrainDraft } from '../stores/trainDraft'

export { changeSetting, settingAt } from '@shared/config/settingPath'

/** The dotted paths of a draft's settings by the kind of their value. */

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
