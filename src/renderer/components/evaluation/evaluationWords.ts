import type { SplitName } from '@shared/contract/records'

/** How evaluations are put into words. */

export function splitWords(split: SplitName): string {
  return split === 'val' ? 'Validation' : 'Training'
}

export function classWords(classes: readonly string[], index: number): string {
  return classes[index] ?? `class ${index}`
}
