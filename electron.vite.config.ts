import path from 'node:path'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'electron-vite'
import type { Plugin } from 'vite'

const root = import.meta.dirname
const alias = { '@shared': path.join(root, 'src/shared') }

/**
 * Puts `componentStyles.ts` in the place of the module with which the component library writes its styles
 * into the page.
 */
const componentStyles: Plugin = {
  name: 'component-styles',
  enforce: 'pre',
  resolveId(source, importer) {
    const isMount = source === './mount' && importer !== undefined && /css-render[\\/]esm[\\/]/.test(importer)
    return isMount ? path.join(root, 'src/renderer/componentStyles.ts') : null
  },
}

/**
 * Electron's three parts, built for the older of the two Electrons that set-up may choose: 33, with
 * Node 20.18 and Chromium 130. The engine has a configuration of its own, `vite.engine.config.ts`,
 * and lives below the folder of main, which is therefore never emptied here.
 */
export default defineConfig({
  main: {
    resolve: { alias },
    build: {
      target: 'node20.18',
      outDir: 'out/main',
      emptyOutDir: false,
      externalizeDeps: { exclude: ['zod'] },
      sourcemap: true,
      rolldownOptions: {
        input: path.join(root, 'src/main/index.ts'),
        output: { format: 'es', entryFileNames: 'index.js' },
      },
    },
  },
  preload: {
    resolve: { alias },
    build: {
      target: 'node20.18',
      outDir: 'out/preload',
      externalizeDeps: false,
      sourcemap: true,
      // A sandboxed preload script is loaded as CommonJS and can require nothing but Electron.
      rolldownOptions: {
        input: path.join(root, 'src/preload/index.ts'),
        output: { format: 'cjs', entryFileNames: 'index.cjs' },
      },
    },
  },
  renderer: {
    root: path.join(root, 'src/renderer'),
    resolve: { alias },
    plugins: [vue(), componentStyles],
    build: {
      target: 'chrome130',
      outDir: path.join(root, 'out/renderer'),
      // Kept beside the page, unnamed in it: the notices of what is shipped are made from it.
      sourcemap: 'hidden',
      rolldownOptions: { input: path.join(root, 'src/renderer/index.html') },
    },
  },
})
