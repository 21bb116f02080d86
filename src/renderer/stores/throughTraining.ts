import { computed, onScopeDispose, shallowReactive, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue'
import type { ImageRef, ImageReport, RunSummary } from '@shared/contract/records'
import type { Failure } from '@shared/errors'
import { invoke } from '../ipc/client'
import { askFigures, askRecordedFigures, type EpochFigures } from '../ipc/inspectArrays'
import { epochsToLookAt, withRecorded, type EpochSource } from './keptEpochs'
import { useLongAnswer } from './longAnswer'

/** The epochs of a run with what is known of them so far. */
interface ThroughTraining {
  epochs: ComputedRef<readonly EpochSource[]>
  figuresOf: (epoch: EpochSource) => EpochFigures | null
  /** How many epochs' figures are there. */
  measured: ComputedRef<number>
  isMeasuring: ComputedRef<boolean>
  failure: ShallowRef<Failure | null>
  /** What the model makes of the images of an epoch's figures, by their places. */
  pictures: ReadonlyMap<number, ImageReport>
  cancel: () => void
  /** Goes on where it was cancelled or failed. */
  measure: () => void
}

/**
 * Gets the figures of a run's epochs one after another, the newest first because it is shown first:
 * those that the run recorded, and those that are measured now from the checkpoints that it kept.
 *
 * @param images what to measure on
 * @param isPinned whether these are the images that the run itself pinned, so that its own figures count
 */
export function useThroughTraining(
  run: () => RunSummary,
  images: () => readonly ImageRef[],
  isPinned: () => boolean,
): ThroughTraining {
  const recorded = shallowRef<readonly number[]>([])
  const epochs = computed(() => withRecorded(epochsToLookAt(run()), isPinned() ? recorded.value : []))
  const figures = shallowReactive(new Map<string, EpochFigures>())
  const pictures = shallowReactive(new Map<number, ImageReport>())
  const answer = useLongAnswer<EpochFigures>()
  const failure: ShallowRef<Failure | null> = shallowRef<Failure | null>(null)
  const isMeasuring = shallowRef(false)
  let round = 0
  let pictureRound = 0

  const keyOf = ({ name, epoch }: EpochSource) => `${name ?? 'recorded'} ${epoch}`

  function ask({ name, epoch }: EpochSource, request: string) {
    const runId = run().record.id
    if (name === null) return askRecordedFigures({ runId, epoch })
    return askFigures({ checkpoint: { from: 'run', runId, name }, images: [...images()], request })
  }

  async function measure(): Promise<void> {
    round += 1
    const own = round
    failure.value = null
    isMeasuring.value = true
    const newest = epochs.value.at(-1)
    const ordered = newest === undefined ? [] : [newest, ...epochs.value.slice(0, -1)]
    for (const epoch of ordered) {
      if (figures.has(keyOf(epoch))) continue
      await answer.ask((request) => ask(epoch, request))
      if (own !== round) return
      const state = answer.state.value
      if (state.phase === 'failed') failure.value = state.failure
      if (state.phase !== 'ready') break
      figures.set(keyOf(epoch), state.value)
      if (pictures.size === 0) void loadPictures(state.value.images)
    }
    isMeasuring.value = false
  }

  async function loadPictures(shown: readonly ImageRef[]): Promise<void> {
    const own = pictureRound
    const name = run().checkpoints.at(0)
    if (name === undefined) return
    const checkpoint = { from: 'run', runId: run().record.id, name } as const
    for (const [index, image] of shown.entries()) {
      const report = await invoke('inspect.image', { checkpoint, image })
      if (own !== pictureRound) return
      if (report.ok) pictures.set(index, report.value)
    }
  }

  async function loadRecorded(): Promise<void> {
    const runId = run().record.id
    const list = await invoke('inspect.recorded', { runId })
    if (run().record.id === runId && list.ok) recorded.value = list.value.epochs
  }

  function cancel(): void {
    round += 1
    answer.clear()
    isMeasuring.value = false
  }

  watch(
    () => [run().record.id, run().lastEpoch?.epoch],
    () => void loadRecorded(),
    { immediate: true },
  )
  watch(
    () => [run().record.id, JSON.stringify(images())],
    () => {
      figures.clear()
      pictures.clear()
      pictureRound += 1
      void measure()
    },
  )
  watch(
    () => epochs.value.map(keyOf).join(),
    () => void measure(),
    { immediate: true },
  )
  onScopeDispose(() => {
    cancel()
    pictureRound += 1
  })

  return {
    epochs,
    figuresOf: (epoch) => figures.get(keyOf(epoch)) ?? null,
    measured: computed(() => epochs.value.filter((epoch) => figures.has(keyOf(epoch))).length),
    isMeasuring: computed(() => isMeasuring.value),
    failure,
    pictures,
    cancel,
    measure: () => void measure(),
  }
}
