import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { CleanRoot } from './cleanRoot'
import { outputOf } from './commands'

/** Vitrine as a user has it. */
export interface Installation extends AsyncDisposable {
  /** Whether it was installed by the system's own installer, into a system with nothing else on it. */
  readonly complete: boolean
  /** What a command of the user's says; `vitrine` is the installed one. */
  run(words: readonly string[]): Promise<string>
  /** Starts a program of the user's. */
  start(words: readonly string[], environment: Record<string, string>): ChildProcess
  /** A path of the user's home, seen from the test. */
  inHome(...parts: string[]): string
  /** A path of the system, seen from the test. */
  onSystem(...parts: string[]): string
  /** Takes the package off the system; only where the installation is complete. */
  remove(): Promise<void>
}

const packageName = 'vitrine'

/** Into a clean root where this machine can make one, otherwise unpacked into a fresh folder. */
export async function install(file: string): Promise<Installation> {
  return (await CleanRoot.isPossible()) ? installInCleanRoot(file) : unpack(file)
}

async function installInCleanRoot(file: string): Promise<Installation> {
  const root = await CleanRoot.make()
  try {
    await root.install(file)
  } catch (error) {
    await root[Symbol.asyncDispose]()
    throw error
  }
  return {
    complete: true,
    run: (words) => root.asUser(words),
    start: (words, environment) => root.start(words, environment),
    inHome: (...parts) => root.inHome(...parts),
    onSystem: (...parts) => path.join(root.folder, ...parts),
    async remove() {
      await root.asRoot(['apt-get', 'remove', '-q', '-y', packageName])
    },
    [Symbol.asyncDispose]: () => root[Symbol.asyncDispose](),
  }
}

async function unpack(file: string): Promise<Installation> {
  const folder = await mkdtemp(path.join(tmpdir(), 'vitrine-unpacked-'))
  const home = path.join(folder, 'home', 'person')
  await mkdir(home, { recursive: true })
  await outputOf('dpkg-deb', ['--extract', file, folder])
  const programs = path.join(folder, 'opt', 'vitrine', 'bin')
  const environment = { PATH: `${programs}:/usr/bin:/bin`, HOME: home, LANG: 'C.UTF-8' }
  return {
    complete: false,
    run: (words) => outputOf('env', unsandboxed(words), { env: environment, cwd: home }),
    start: (words, more) =>
      spawn('env', unsandboxed(words), {
        env: { ...environment, ...more },
        cwd: home,
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    inHome: (...parts) => path.join(home, ...parts),
    onSystem: (...parts) => path.join(folder, ...parts),
    remove: () => Promise.reject(new Error('nothing was installed')),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/**
 * The same command without the window's sandbox, whose helper lacks the owner that it has when the
 * package is installed. Headless commands are left as they are.
 */
function unsandboxed(words: readonly string[]): string[] {
  const at = words.indexOf(packageName)
  const argument = words[at + 1] ?? ''
  const opensWindow = at >= 0 && (argument === '' || argument.startsWith('-') || path.extname(argument) !== '')
  return opensWindow ? [...words.slice(0, at + 1), '--no-sandbox', ...words.slice(at + 1)] : [...words]
}
