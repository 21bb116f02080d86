import type { RecordOrigin, SkippedFile, SplitName } from '@shared/contract/records'
import { byCodeUnits, type RecognisedSource, type SourceImage } from './sources/source'
import { groupBy, stratifiedSplit } from './split'

export interface PlannedImage {
  source: SourceImage
  split: SplitName
}

/** An image that could be decoded; `position` is its place in the plan. */
export interface UsableImage extends PlannedImage {
  position: number
  origin: RecordOrigin
}

export interface Plan {
  images: PlannedImage[]
  /** Images of classes that can't be learnt. */
  skipped: SkippedFile[]
  /** The split is Vitrine's own, so that it may be mended. */
  chosen: boolean
}

export interface Arrangement {
  /** In the order of the source's classes. */
  classes: string[]
  /** Training first. */
  images: UsableImage[]
  /** Images whose split is not the one that was planned. */
  moved: UsableImage[]
  skipped: SkippedFile[]
}

/** Gives every image a split and a place, training first, before it is known which can be decoded. */
export function planSplits({ images, classes }: RecognisedSource, valFraction: number, seed: number): Plan {
  const given = images.some(({ split }) => split === 'val')
  const planned = given
    ? images.map((source): PlannedImage => ({ source, split: source.split ?? 'train' }))
    : chooseSplits(images, classes, valFraction, seed)
  const trained = new Set(planned.filter(({ split }) => split === 'train').map(({ source }) => source.className))
  const skipped = planned
    .filter(({ source }) => !trained.has(source.className))
    .map(({ source }) => ({ file: source.file, reason: 'its class has no training images' }))
  const known = planned.filter(({ source }) => trained.has(source.className))
  const inSplit = (name: SplitName) => known.filter(({ split }) => split === name)
  return { images: [...inSplit('train'), ...inSplit('val')], skipped, chosen: !given && valFraction > 0 }
}

function chooseSplits(
  images: readonly SourceImage[],
  classes: readonly string[],
  valFraction: number,
  seed: number,
): PlannedImage[] {
  const numbers = new Map(classes.map((name, label) => [name, label]))
  const labels = images.map(({ className }) => numbers.get(className) ?? 0)
  const chosen = stratifiedSplit(labels, valFraction, seed)
  return images.map((source, index) => ({ source, split: chosen[index] === true ? 'val' : 'train' }))
}

/**
 * Arranges what could be decoded. Where `keepBothSides` is set and a class of two or more images has
 * lost all that it had in one split, its last image moves there. A class without a training image
 * can't be learnt and is dropped.
 *
 * @param usable in the order of the plan
 * @param classes of the source, in their order
 */
export function arrangeUsable(
  usable: readonly UsableImage[],
  classes: readonly string[],
  keepBothSides: boolean,
): Arrangement {
  const moved: UsableImage[] = []
  const images: UsableImage[] = []
  const skipped: SkippedFile[] = []
  const learnt = new Set<string>()
  for (const [className, members] of groupBy(usable, ({ source }) => source.className)) {
    const last = members.at(-1)
    const oneSided = members.every(({ split }) => split === last?.split)
    if (keepBothSides && last !== undefined && members.length > 1 && oneSided) {
      const other: UsableImage = { ...last, split: last.split === 'train' ? 'val' : 'train' }
      moved.push(other)
      members[members.length - 1] = other
    }
    if (members.some(({ split }) => split === 'train')) {
      learnt.add(className)
      images.push(...members)
    } else {
      skipped.push(
        ...members.map(({ source }) => ({ file: source.file, reason: 'its class has no usable training images' })),
      )
    }
  }
  const rank = (image: UsableImage) => (image.split === 'train' ? 0 : 1)
  images.sort((a, b) => rank(a) - rank(b) || a.position - b.position)
  return { classes: classes.filter((name) => learnt.has(name)), images, moved, skipped }
}

/** The same files in the same order, whatever order they were found to be unusable in. */
export function sortedSkipped(skipped: readonly SkippedFile[]): SkippedFile[] {
  return [...skipped].sort((a, b) => byCodeUnits(a.file, b.file) || byCodeUnits(a.reason, b.reason))
}
