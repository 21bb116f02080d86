import { shallowRef, type ShallowRef } from 'vue'

export interface PendingRemoval {
  id: string
  name: string
}

export interface Removals {
  /** What looks removed and can still be brought back. */
  pending: ShallowRef<PendingRemoval | null>
  /** Takes something away for the eye; it goes for good after a while, or when the next thing goes. */
  begin: (removal: PendingRemoval) => void
  undo: () => void
}

/** Time in which a removal can be taken back. */
const undoMs = 8_000

/** Removals that can be taken back for a while: closing the app in that time keeps the thing. */
export function useRemovals(commit: (id: string) => Promise<void>): Removals {
  const pending = shallowRef<PendingRemoval | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined

  async function finish(removal: PendingRemoval): Promise<void> {
    clearTimeout(timer)
    await commit(removal.id)
    if (pending.value === removal) pending.value = null
  }

  return {
    pending,
    begin(removal) {
      if (pending.value !== null) void finish(pending.value)
      pending.value = removal
      timer = setTimeout(() => void finish(removal), undoMs)
    },
    undo() {
      clearTimeout(timer)
      pending.value = null
    },
  }
}
