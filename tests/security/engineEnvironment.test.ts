import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { allowedEnvironment } from '../../src/main/host/engineEnvironment'
import { EngineProcess } from '../../src/main/host/engineProcess'
import { NodeBundle } from '../support/nodeBundle'

const secrets = {
  NODE_OPTIONS: '--inspect-brk',
  LD_PRELOAD: '/tmp/other.so',
  AWS_SECRET_ACCESS_KEY: 'secret',
  NPM_TOKEN: 'secret',
  SSH_AUTH_SOCK: '/tmp/agent',
  ELECTRON_RUN_AS_NODE: '1',
  DISPLAY: ':0',
  NODE_PATH: '/tmp/modules',
  DYLD_INSERT_LIBRARIES: '/tmp/other.dylib',
}

const needed = {
  PATH: '/usr/bin',
  HOME: '/home/ada',
  LC_ALL: 'C.UTF-8',
  LD_LIBRARY_PATH: '/opt/cuda/lib64',
  CUDA_VISIBLE_DEVICES: '0',
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  OMP_NUM_THREADS: '4',
  GLIBC_TUNABLES: 'glibc.malloc.arena_max=1',
  HTTPS_PROXY: 'http://proxy:3128',
  VITRINE_STOCK_OPS: '1',
}

describe('the environment of an engine', () => {
  test('has what TensorFlow and downloads need, and nothing of what else there is', () => {
    expect(allowedEnvironment({ ...secrets, ...needed })).toEqual(needed)
  })

  test('is told without case, as Windows writes it', () => {
    const windows = { Path: 'C:\\Windows', SystemRoot: 'C:\\Windows', https_proxy: 'http://proxy', SecretKey: 'x' }
    expect(allowedEnvironment(windows)).toEqual({
      Path: 'C:\\Windows',
      SystemRoot: 'C:\\Windows',
      https_proxy: 'http://proxy',
    })
  })

  test.skipIf(process.platform !== 'linux')('is what the process really has', async () => {
    await using bundle = await NodeBundle.build('tests/support/childEngine.ts')
    const engine = new EngineProcess({
      node: process.execPath,
      entry: bundle.entry,
      resources: '/the/resources',
      home: '/the/home',
      environment: { ...secrets, ...needed, PATH: process.env['PATH'] },
      yields: false,
    })
    await engine.ready
    const { stdout } = spawnSync('cat', [`/proc/${engine.pid}/environ`], { encoding: 'utf8' })
    await engine.shutdown(5_000)
    const names = stdout.split('\0').map((line) => line.split('=')[0])
    expect(names).toEqual(expect.arrayContaining([...Object.keys(needed), 'VITRINE_HOME', 'VITRINE_RESOURCES']))
    for (const secret of Object.keys(secrets)) expect(names).not.toContain(secret)
  })
})
