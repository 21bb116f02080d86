import type { RecordOrigin, SkippedFile, SplitName } from '@shared/contract/records'
import type { ImageFile, ImageFolder } from './imageFolder'
import { groupBy, stratifiedSplit } from './split'

export interface PlannedImage extends ImageFile {
  split: SplitName
}

/** An image that could be decoded; `position` is its place in the plan. */
export interface UsableImage extends PlannedImage {
  position: number
  origin: RecordOrigin
}

export interface Arrangement {
  classes: string[]
  /** Training first. */
  images: UsableImage[]
  /** Images whose split is not the one that was planned. */
  moved: UsableImage[]
  skipped: SkippedFile[]
}

const inSplit = (split: SplitName) => (image: ImageFile) => ({ ...image, split })

/** Gives every file a split and a place, training first, before it is known which can be decoded. */
export function planSplits(folder: ImageFolder, valFraction: number, seed: number): PlannedImage[] {
  if (folder.val !== null) return [...folder.train.map(inSplit('train')), ...folder.val.map(inSplit('val'))]
  const labels = folder.train.map(({ className }) => folder.classes.indexOf(className))
  const chosen = stratifiedSplit(labels, valFraction, seed)
  return [
    ...folder.train.filter((_, index) => !chosen[index]).map(inSplit('train')),
    ...folder.train.filter((_, index) => chosen[index]).map(inSplit('val')),
  ]
}

/**
 * Arranges what could be decoded. Where `keepBothSides` is set and a class of two or more images has
 * lost all that it had in one split, its last image moves there. A class without a training image
 * can't be learnt and is dropped.
 *
 * @param usable in the order of the plan
 */
export function arrangeUsable(usable: readonly UsableImage[], keepBothSides: boolean): Arrangement {
  const moved: UsableImage[] = []
  const images: UsableImage[] = []
  const skipped: SkippedFile[] = []
  const classes: string[] = []
  for (const [className, members] of groupBy(usable, (image) => image.className)) {
    const last = members.at(-1)
    const oneSided = members.every(({ split }) => split === last?.split)
    if (keepBothSides && last !== undefined && members.length > 1 && oneSided) {
      moved.push({ ...last, split: last.split === 'train' ? 'val' : 'train' })
      members[members.length - 1] = moved.at(-1) ?? last
    }
    if (members.some(({ split }) => split === 'train')) {
      classes.push(className)
      images.push(...members)
    } else {
      skipped.push(...members.map(({ file }) => ({ file, reason: 'its class has no usable training images' })))
    }
  }
  const rank = (image: UsableImage) => (image.split === 'train' ? 0 : 1)
  images.sort((a, b) => rank(a) - rank(b) || a.position - b.position)
  return { classes: classes.sort((a, b) => (a < b ? -1 : 1)), images, moved, skipped }
}
