import path from 'node:path'
import { defineConfig } from 'vite'

const root = import.meta.dirname

/**
 * The engine: a plain Node program with two entries. `cli.js` is the headless command, `serve.js`
 * what the window starts. Native packages stay outside the bundle; the rest goes in.
 */
export default defineConfig({
  resolve: {
    alias: { '@shared': path.join(root, 'src/shared'), '@engine': path.join(root, 'src/main/engine') },
  },
  publicDir: false,
  ssr: { noExternal: true, external: ['@tensorflow/tfjs-node-gpu', 'sharp'] },
  build: {
    ssr: true,
    target: 'node22',
    outDir: 'out/main/engine',
    emptyOutDir: true,
    minify: false,
    sourcemap: true,
    rolldownOptions: {
      input: {
        cli: path.join(root, 'src/main/engine/cli.ts'),
        serve: path.join(root, 'src/main/engine/serve.ts'),
      },
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
})
