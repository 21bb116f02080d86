import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { build } from 'vite'

const checkout = path.resolve(import.meta.dirname, '..', '..')

/** A program built for plain Node, as the engine is; gone when its block ends. */
export class NodeBundle implements AsyncDisposable {
  private constructor(
    private readonly folder: string,
    /** Path of the built entry. */
    readonly entry: string,
  ) {}

  /** @param source entry below the checkout; native packages stay outside the bundle. */
  static async build(source: string): Promise<NodeBundle> {
    // Inside the checkout, so that the built program finds the packages that are not in it.
    const parent = path.join(checkout, 'test-results')
    await mkdir(parent, { recursive: true })
    const folder = await mkdtemp(path.join(parent, 'bundle-'))
    await build({
      configFile: false,
      root: checkout,
      publicDir: false,
      logLevel: 'warn',
      resolve: {
        alias: { '@shared': path.join(checkout, 'src/shared'), '@engine': path.join(checkout, 'src/main/engine') },
      },
      ssr: { noExternal: true, external: ['@tensorflow/tfjs-node-gpu', 'sharp'] },
      build: {
        ssr: true,
        target: 'node22',
        outDir: folder,
        emptyOutDir: false,
        minify: false,
        rolldownOptions: {
          input: { entry: path.join(checkout, source) },
          output: { format: 'es', entryFileNames: '[name].mjs', chunkFileNames: 'chunks/[name]-[hash].mjs' },
        },
      },
    })
    return new NodeBundle(folder, path.join(folder, 'entry.mjs'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}
