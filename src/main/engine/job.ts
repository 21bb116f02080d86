import type { EngineEvent } from '@shared/contract/engineMessages'

/** What a job is given besides its input: how it reports, and how it learns that it should end. */
export interface JobContext {
  emit(event: EngineEvent): void
  /** Aborted when the job is cancelled: give up at once, leave no half-written result. */
  readonly cancelled: AbortSignal
  /** True once the user asked to stop: finish the step, keep what there is. */
  stopRequested(): boolean
}
