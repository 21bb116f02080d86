import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Artifact } from '@shared/contract/records'
import { homeFolders } from '@shared/folders'
import { encodeNpy } from '@engine/formats/npy'
import { pngSize } from './overlay'

/** Files that stay before the oldest are deleted: the window has long fetched them by then. */
const keptFiles = 400

/** Bulk results for the window: it gets an address, and main serves the file from there. */
export class ArtifactStore {
  private readonly folder: string
  private readonly files: string[] = []
  private written = 0

  /** @param home Vitrine's home; files go to this process's own folder below it */
  constructor(
    home: string,
    private readonly processId: number,
  ) {
    this.folder = join(home, homeFolders.artifacts, String(processId))
  }

  /** An npy file; `kind` is the beginning of its name. */
  async array(kind: string, shape: number[], data: Float32Array): Promise<Artifact> {
    return { url: await this.write(`${kind}-${++this.written}.npy`, encodeNpy({ shape, data })), shape }
  }

  /** A PNG file, shape [height, width, 3]. */
  async picture(kind: string, png: Uint8Array): Promise<Artifact> {
    const { width, height } = pngSize(png)
    return { url: await this.write(`${kind}-${++this.written}.png`, png), shape: [height, width, 3] }
  }

  async clear(): Promise<void> {
    this.files.length = 0
    await rm(this.folder, { recursive: true, force: true })
  }

  private async write(name: string, bytes: Uint8Array): Promise<string> {
    await mkdir(this.folder, { recursive: true })
    await writeFile(join(this.folder, name), bytes)
    this.files.push(name)
    const outdated = this.files.splice(0, Math.max(0, this.files.length - keptFiles))
    await Promise.all(outdated.map((file) => rm(join(this.folder, file), { force: true })))
    return `vitrine://app/artifact/${this.processId}/${name}`
  }
}
