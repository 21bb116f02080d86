import type { Correction, CorrectionSummary } from '@shared/contract/corrections'
import type { SplitName } from '@shared/contract/records'
import { formatCount } from '../../format/numbers'

/** How evaluations are put into words. */

export function splitWords(split: SplitName): string {
  return split === 'val' ? 'Validation' : 'Training'
}

export function classWords(classes: readonly string[], index: number): string {
  return classes[index] ?? `class ${index}`
}

/** How many labels are changed and how many images are left out. */
export function correctionWords({ relabelled, leftOut }: Pick<CorrectionSummary, 'relabelled' | 'leftOut'>): string {
  const parts = [
    ...(relabelled === 0 ? [] : [relabelled === 1 ? '1 label changed' : `${formatCount(relabelled)} labels changed`]),
    ...(leftOut === 0 ? [] : [leftOut === 1 ? '1 image left out' : `${formatCount(leftOut)} images left out`]),
  ]
  return parts.length === 0 ? 'Nothing corrected' : parts.join(', ')
}

/** The same of the corrections themselves. */
export function correctionCount(corrections: readonly Pick<Correction, 'label'>[]): string {
  const leftOut = corrections.filter(({ label }) => label === null).length
  return correctionWords({ relabelled: corrections.length - leftOut, leftOut })
}
