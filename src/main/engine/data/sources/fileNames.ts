import { extensionOf } from './source'

/** Names of files that are read as images; what they hold is found out when they are decoded. */
const imageExtensions: readonly string[] = [
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.png',
  '.webp',
  '.gif',
  '.tif',
  '.tiff',
  '.avif',
]

const systemNames: readonly string[] = [
  'thumbs.db',
  'ehthumbs.db',
  'desktop.ini',
  '__macosx',
  '@eadir',
  '$recycle.bin',
  'system volume information',
]

/** Files and folders that the system or a program keeps for itself. */
export function isHiddenName(name: string): boolean {
  return name.startsWith('.') || systemNames.includes(name.toLowerCase())
}

/** True for a file that may be an image by its name; one without an extension may be. */
export function mayBeImage(file: string): boolean {
  const extension = extensionOf(file)
  return extension === '' || imageExtensions.includes(extension)
}

/** Why a file whose name says that it is no image is left out. */
export function notAnImage(file: string): string {
  return `files of the kind ${extensionOf(file)} are not read`
}
