import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

const checkout = path.resolve(import.meta.dirname, '..', '..')
const registry = 'https://registry.npmjs.org/'
const auditLimitMs = 45_000

const versionsSchema = z.record(z.string(), z.string()).default({})
const manifestSchema = z.object({
  dependencies: versionsSchema,
  devDependencies: versionsSchema,
  optionalDependencies: versionsSchema,
})
const lockSchema = z.object({
  lockfileVersion: z.literal(3),
  packages: z.record(
    z.string(),
    z.looseObject({
      version: z.string().optional(),
      resolved: z.string().optional(),
      integrity: z.string().optional(),
      inBundle: z.boolean().optional(),
      hasInstallScript: z.boolean().optional(),
    }),
  ),
})
const auditSchema = z.object({
  vulnerabilities: z.record(z.string(), z.object({ severity: z.string() })),
})

async function readJson<T>(name: string, schema: z.ZodType<T>): Promise<T> {
  return schema.parse(JSON.parse(await readFile(path.join(checkout, name), 'utf8')))
}

/** The packages of the lock file, by the folder that they lie in. */
async function lockedPackages() {
  const { packages } = await readJson('package-lock.json', lockSchema)
  return Object.entries(packages).filter(([folder]) => folder !== '')
}

/** What `npm audit` says of the packages that are shipped; null where the registry does not answer. */
function audit(): Promise<z.infer<typeof auditSchema> | null> {
  const words = ['audit', '--json', '--omit=dev', '--fetch-retries=0', `--registry=${registry}`]
  return new Promise((resolve) => {
    execFile('npm', words, { cwd: checkout, timeout: auditLimitMs, maxBuffer: 2 ** 26 }, (_error, output) => {
      // It ends with 1 where it has found something.
      const parsed = auditSchema.safeParse(output.startsWith('{') ? JSON.parse(output) : null)
      resolve(parsed.success ? parsed.data : null)
    })
  })
}

describe('dependencies', () => {
  test('are named with their exact versions', async () => {
    const { dependencies, devDependencies, optionalDependencies } = await readJson('package.json', manifestSchema)
    const named = { ...dependencies, ...devDependencies, ...optionalDependencies }
    expect(Object.keys(named).length).toBeGreaterThan(20)
    for (const [name, version] of Object.entries(named)) expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/)
  })

  test('are the ones that the lock file has', async () => {
    const manifest = await readJson('package.json', manifestSchema)
    const { packages } = await readJson('package-lock.json', lockSchema)
    expect(manifestSchema.parse(packages[''])).toEqual(manifest)
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      expect(packages[`node_modules/${name}`]?.version, name).toBe(version)
    }
  })

  test('come from the registry alone, each with a checksum', async () => {
    const packages = await lockedPackages()
    expect(packages.length).toBeGreaterThan(100)
    for (const [folder, { resolved, integrity, inBundle }] of packages) {
      if (inBundle === true) continue
      // Without a place of its own a package comes from the registry that npm is set to.
      if (resolved !== undefined) expect(resolved.startsWith(registry), `${folder} from ${resolved}`).toBe(true)
      expect(integrity, folder).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/)
    }
  })

  test('have no known weakness where they are shipped', { timeout: auditLimitMs + 10_000 }, async (context) => {
    const report = await audit()
    if (report === null) {
      context.skip('the registry did not answer "npm audit"')
      return
    }
    const serious = Object.entries(report.vulnerabilities).filter(([, { severity }]) =>
      ['high', 'critical'].includes(severity),
    )
    expect(serious.map(([name, { severity }]) => `${name}: ${severity}`)).toEqual([])
  })
})
