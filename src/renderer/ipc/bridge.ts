import type { VitrineBridge } from '@shared/contract/windowRoutes'

declare global {
  interface Window {
    /** Put there by the preload script. */
    readonly vitrine: VitrineBridge
  }
}

/** Path on disk of a file that was dropped or chosen in the page; empty when it has none. */
export function pathOf(file: File): string {
  return window.vitrine.pathOf(file)
}
