import type { WindowOutput } from '@shared/contract/windowRoutes'
import { formatCount } from '../format/numbers'

export type FoundSource = WindowOutput<'inspect.source'>['found']

/** What a dataset is called after its source: the last part of the path, without an archive's ending. */
export function sourceName(path: string): string {
  const last = path
    .split(/[\\/]/)
    .filter((part) => part !== '')
    .at(-1)
  return (last ?? '').replace(/\.(zip|tar|tgz|tar\.gz|csv|tsv|jsonl?|ndjson)$/i, '')
}

/** What was found in a source, for the person; null is an archive that stays closed until it is unpacked. */
export function foundWords(found: FoundSource): { recognised: string; details: string } {
  if (found === null) {
    return {
      recognised: 'An archive.',
      details: 'What is in it is seen when it is unpacked, at the beginning of the preparation.',
    }
  }
  const { recognised, classes, classCount, images, validationImages, otherFiles } = found
  const more = classCount > classes.length ? ` and ${formatCount(classCount - classes.length)} more` : ''
  const details = [
    `${formatCount(images)} ${images === 1 ? 'image' : 'images'}`,
    ...(validationImages > 0 ? [`${formatCount(validationImages)} of them for validation`] : []),
    ...(otherFiles > 0
      ? [`${formatCount(otherFiles)} other ${otherFiles === 1 ? 'file is' : 'files are'} left out`]
      : []),
  ]
  return { recognised, details: `${details.join(', ')}. Classes: ${classes.join(', ')}${more}.` }
}

export interface PreparationForm {
  name: string
  imageSize: number | null
  /** In per cent. */
  validationShare: number | null
  seed: number | null
}

const largestSize = 1024
const largestShare = 90

/** What is wrong with each field, without a subject: "must be …". */
export function preparationProblems(form: PreparationForm): Map<string, string> {
  const problems = new Map<string, string>()
  const { name, imageSize, validationShare, seed } = form
  if (imageSize === null || !Number.isInteger(imageSize) || imageSize < 1 || imageSize > largestSize) {
    problems.set('imageSize', `must be a whole number from 1 to ${largestSize}`)
  }
  // A number that is none compares as false.
  if (validationShare === null || !(validationShare >= 0 && validationShare <= largestShare)) {
    problems.set('validationShare', `must be from 0 to ${largestShare}`)
  }
  if (seed === null || !Number.isInteger(seed) || seed < 0) problems.set('seed', 'must be a whole number from 0 on')
  if (name.trim() === '') problems.set('name', 'is missing')
  return problems
}
