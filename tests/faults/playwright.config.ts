import path from 'node:path'
import { defineConfig } from '@playwright/test'

/** What may befall a running Vitrine, in the real window. `npm run test:faults` runs it. */
export default defineConfig({
  testDir: path.join(import.meta.dirname, '..'),
  testMatch: ['faults/*.spec.ts', 'e2e/badInput.spec.ts'],
  grep: /^(?!.*(refused in a sentence|do not fit each other))/,
  outputDir: path.join(import.meta.dirname, '..', '..', 'test-results', 'faults'),
  workers: 1,
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 30_000 },
  forbidOnly: true,
  reporter: 'list',
})
