import type { UmapProgress, UmapSettings } from './umapLayout'

/** What the window and its worker say to each other. */

export interface UmapRequest {
  /** [count, width] */
  points: Float32Array
  width: number
  settings: UmapSettings
}

export type UmapAnswer =
  | { type: 'progress'; progress: UmapProgress }
  /** [count, 2] */
  | { type: 'layout'; layout: Float32Array }
  | { type: 'failed'; message: string }
