import { z } from 'zod'

/**
 * Datasets that the app can fetch by itself: Imagenette and Imagewoof by fast.ai, as its repository
 * "imagenette" publishes them, each as one tar.gz archive.
 */

export const checksumSchema = z.object({
  algorithm: z.enum(['md5', 'sha256']),
  /** In hexadecimal digits. */
  digest: z.string().regex(/^([0-9a-f]{32}|[0-9a-f]{64})$/),
})
export type Checksum = z.infer<typeof checksumSchema>

/** Shortest side of the images in pixels; `full` has them as they are in ImageNet. */
export const publishedSizes = ['160', '320', 'full'] as const
export type PublishedSize = (typeof publishedSizes)[number]

export const publishedFamilies = ['imagenette', 'imagewoof'] as const
export type PublishedFamily = (typeof publishedFamilies)[number]

export interface PublishedDataset {
  id: string
  family: PublishedFamily
  size: PublishedSize
  /** What a prepared dataset of it is called. */
  name: string
  /** Name of the archive at its address. */
  fileName: string
  /** To a thousandth or so; the server says it exactly. */
  aboutBytes: number
  images: number
  checksum: Checksum
}

export const familyWords: Record<PublishedFamily, { name: string; description: string }> = {
  imagenette: {
    name: 'Imagenette',
    description: 'Ten classes of ImageNet that are easy to tell apart: tench, church, parachute, garbage truck …',
  },
  imagewoof: {
    name: 'Imagewoof',
    description: 'Ten breeds of dogs from ImageNet, which are hard to tell apart.',
  },
}

const imageCounts: Record<PublishedFamily, number> = { imagenette: 13_394, imagewoof: 12_954 }

const archives: Record<PublishedFamily, Record<PublishedSize, { aboutBytes: number; md5: string }>> = {
  imagenette: {
    160: { aboutBytes: 99_003_388, md5: 'e793b78cc4c9e9a4ccc0c1155377a412' },
    320: { aboutBytes: 341_663_724, md5: '3df6f0d01a2c9592104656642f5e78a3' },
    full: { aboutBytes: 1_557_161_267, md5: 'fe2fc210e6bb7c5664d602c3cd71e612' },
  },
  imagewoof: {
    160: { aboutBytes: 92_600_000, md5: '3d200a7be99704a0d7509be2a9fbfe15' },
    320: { aboutBytes: 328_400_000, md5: '0f46d997ec2264e97609196c95897a44' },
    full: { aboutBytes: 1_343_700_000, md5: '9aafe18bcdb1632c4249a76c458465ba' },
  },
}

function published(family: PublishedFamily, size: PublishedSize): PublishedDataset {
  const { aboutBytes, md5 } = archives[family][size]
  const ending = size === 'full' ? '' : `-${size}`
  return {
    id: `${family}-${size}`,
    family,
    size,
    name: size === 'full' ? familyWords[family].name : `${familyWords[family].name} ${size}`,
    fileName: `${family}2${ending}.tgz`,
    aboutBytes,
    images: imageCounts[family],
    checksum: { algorithm: 'md5', digest: md5 },
  }
}

export const publishedDatasets: readonly PublishedDataset[] = publishedFamilies.flatMap((family) =>
  publishedSizes.map((size) => published(family, size)),
)

/** Folder on the web that the archives lie in, unless a setting names another. */
export const publishedAddress = 'https://s3.amazonaws.com/fast-ai-imageclas/'

/** Address of an archive below a folder's, which may lack its last slash. */
export function archiveAddress(folderAddress: string, fileName: string): string {
  return `${folderAddress.replace(/\/+$/, '')}/${fileName}`
}
