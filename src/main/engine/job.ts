import type { EngineEvent } from '@shared/contract/engineMessages'

/** What a job is given besides its input: how it reports, and how it learns that it should end. */
export interface JobContext {
  emit(event: EngineEvent): void
  /** Aborted when the job is cancelled: give up at once, leave no half-written result. */
  readonly cancelled: AbortSignal
  /** True once the user asked to stop: finish the step, keep what there is. */
  stopRequested(): boolean
  /** True where the stop is meant as a pause; only asked by jobs that can go on later. */
  pauseRequested?(): boolean
}

/** Where an engine finds and leaves things. */
export interface EnginePlaces {
  /** Folder with `runs/`, `datasets/`, `samples/`, `artifacts/`. */
  home: string
  /** Folder with what comes packed with the app. */
  resources: string
}
