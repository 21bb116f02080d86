import type { DuplicateGroup, DuplicateSummary } from '@shared/contract/records'
import { groupBy } from './split'

export type DuplicateRecord = DuplicateGroup['records'][number]

/**
 * Finds pictures that are there more than once: those with the same digest of their pixels, which
 * files with the same bytes have too.
 *
 * @param digests one for each record; records without one count as single
 */
export function findDuplicates(
  records: readonly DuplicateRecord[],
  digests: readonly (string | undefined)[],
): DuplicateGroup[] {
  const known = records.filter(({ index }) => digests[index] !== undefined)
  const groups = [...groupBy(known, ({ index }) => digests[index]).values()]
  return groups
    .filter((members) => members.length > 1)
    .map((members) => ({
      acrossSplits: members.some(({ split }) => split !== members[0]?.split),
      labelsDisagree: members.some(({ label }) => label !== members[0]?.label),
      records: members,
    }))
}

export function summariseDuplicates(groups: readonly DuplicateGroup[]): DuplicateSummary {
  return {
    groups: groups.length,
    surplus: groups.reduce((sum, { records }) => sum + records.length - 1, 0),
    acrossSplits: groups.filter(({ acrossSplits }) => acrossSplits).length,
    conflicting: groups.filter(({ labelsDisagree }) => labelsDisagree).length,
  }
}
