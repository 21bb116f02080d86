import path from 'node:path'
import { defineConfig } from '@playwright/test'

/** The installed program, out of the package that users get. `npm run test:packaged` runs it. */
export default defineConfig({
  testDir: import.meta.dirname,
  outputDir: path.join(import.meta.dirname, '..', '..', 'test-results', 'packaged'),
  workers: 1,
  retries: 0,
  timeout: 20 * 60_000,
  expect: { timeout: 30_000 },
  forbidOnly: true,
  reporter: 'list',
})
