import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { withSetupLock } from '../../../scripts/setup/lock.mjs'

describe('the set-up lock', () => {
  let cache = ''
  const lockFile = () => path.join(cache, 'setup.lock')

  beforeEach(() => {
    cache = mkdtempSync(path.join(tmpdir(), 'vitrine-lock-'))
    vi.stubEnv('VITRINE_CACHE', cache)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(cache, { recursive: true, force: true })
  })

  it('lets one set-up work at a time and says once that the other waits', async () => {
    /** @type {string[]} */
    const order = []
    const first = withSetupLock(
      () => order.push('first waits'),
      async () => {
        order.push('first begins')
        await new Promise((resolve) => setTimeout(resolve, 700))
        order.push('first ends')
      },
    )
    const second = withSetupLock(
      () => order.push('second waits'),
      async () => void order.push('second begins'),
    )
    await Promise.all([first, second])
    expect(order).toEqual(['first begins', 'second waits', 'first ends', 'second begins'])
    expect(existsSync(lockFile())).toBe(false)
  })

  it('takes over the lock of a process that is gone', async () => {
    const gone = spawnSync(process.execPath, ['--version']).pid
    writeFileSync(lockFile(), String(gone))
    await expect(
      withSetupLock(
        () => expect.unreachable(),
        async () => 'done',
      ),
    ).resolves.toBe('done')
  })

  it('gives the lock back after a failure', async () => {
    await expect(
      withSetupLock(
        () => undefined,
        () => Promise.reject(new Error('no network')),
      ),
    ).rejects.toThrow('no network')
    expect(existsSync(lockFile())).toBe(false)
  })
})
