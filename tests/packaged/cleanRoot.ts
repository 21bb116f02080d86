import { spawn, type ChildProcess } from 'node:child_process'
import { chmod, copyFile, cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'
import { isThere, outputOf } from './commands'

/**
 * A system with nothing on it but Debian's base, which the package is installed in as a user would.
 * Its base is made once and kept in the cache of the set-up.
 */

const user = 'person'
const hostName = 'vitrine-test'
/** What a desktop has besides: a font, and what knows the types of files. */
const desktopPackages = ['fonts-dejavu-core', 'desktop-file-utils', 'shared-mime-info', 'libglib2.0-bin']

/**
 * Runs `$2 …` in the root `$1`, with mounts and processes of its own that end with it. The shell stays:
 * as a system's first process a program would miss the signals that end it when it fails.
 */
const enter = `
root=$1; shift
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/dev/shm"
mkdir -p "$root/tmp/.X11-unix" /tmp/.X11-unix
mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix"
"$@"
`

export class CleanRoot implements AsyncDisposable {
  private constructor(
    /** Where its files are, seen from outside. */
    readonly folder: string,
  ) {}

  /** Whether this machine and account can make one. */
  static async isPossible(): Promise<boolean> {
    return process.getuid?.() === 0 && (await isThere('debootstrap')) && (await isThere('unshare'))
  }

  static async make(): Promise<CleanRoot> {
    const base = await debianBase()
    const folder = await mkdtemp(path.join(tmpdir(), 'vitrine-clean-'))
    await outputOf('tar', ['-xf', base, '-C', folder])
    // Temporary folders are closed to other accounts, but this one is the user's root.
    await chmod(folder, 0o755)
    const root = new CleanRoot(folder)
    for (const name of ['sources.list', 'sources.list.d']) {
      const file = path.join('/etc/apt', name)
      if (existsSync(file)) await cp(file, path.join(folder, file), { recursive: true })
    }
    await copyFile('/etc/resolv.conf', path.join(folder, 'etc', 'resolv.conf'))
    await root.asRoot(['useradd', '--create-home', user])
    return root
  }

  /** Installs a package with all that it depends on and nothing that it only recommends. */
  async install(file: string): Promise<void> {
    const name = path.basename(file)
    await copyFile(file, path.join(this.folder, 'root', name))
    await this.asRoot(['apt-get', 'update', '-q'])
    await this.asRoot([
      'apt-get',
      'install',
      '-q',
      '-y',
      '--no-install-recommends',
      ...desktopPackages,
      `/root/${name}`,
    ])
    await rm(path.join(this.folder, 'root', name))
    await this.asRoot(['apt-get', 'clean'])
  }

  /** What a command says that the administrator types there. */
  asRoot(words: readonly string[]): Promise<string> {
    const environment = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C.UTF-8']
    return outputOf('unshare', this.entered(['chroot', this.folder, 'env', '-i', ...environment, ...words]))
  }

  /** What a command says that the user types there. */
  asUser(words: readonly string[]): Promise<string> {
    return outputOf('unshare', this.entered(this.userCommand(words, {})))
  }

  /** Starts a program of the user's. Ending the process ends everything that it has started. */
  start(words: readonly string[], environment: Record<string, string>): ChildProcess {
    return spawn('unshare', this.entered(this.userCommand(words, environment)), { stdio: ['ignore', 'pipe', 'pipe'] })
  }

  /** A path of the user's home, seen from outside. */
  inHome(...parts: string[]): string {
    return path.join(this.folder, 'home', user, ...parts)
  }

  private userCommand(words: readonly string[], environment: Record<string, string>): string[] {
    const home = `/home/${user}`
    const all = { PATH: '/usr/bin:/bin', HOME: home, USER: user, LANG: 'C.UTF-8', HOSTNAME: hostName, ...environment }
    const variables = Object.entries(all).map(([name, value]) => `${name}=${value}`)
    return ['chroot', `--userspec=${user}:${user}`, this.folder, 'env', '-i', '-C', home, ...variables, ...words]
  }

  private entered(words: readonly string[]): string[] {
    const isolation = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private']
    return [...isolation, 'sh', '-e', '-c', enter, 'enter', this.folder, ...words]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 })
  }
}

/** Archive of Debian's base system, of the release that this machine runs. */
async function debianBase(): Promise<string> {
  const cache =
    process.env['VITRINE_CACHE'] ??
    path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'vitrine')
  const targets = await outputOf('apt-get', ['indextargets', '--format', '$(SITE) $(RELEASE)', 'Created-By: Packages'])
  const [site = '', release = ''] = targets.split('\n')[0]?.split(' ') ?? []
  const archive = path.join(cache, `debian-${release}.tar`)
  if (existsSync(archive)) return archive
  const work = await mkdtemp(path.join(tmpdir(), 'vitrine-debian-'))
  try {
    await outputOf('debootstrap', ['--variant=minbase', release, work, site])
    await mkdir(cache, { recursive: true })
    await outputOf('tar', ['-cf', `${archive}.partial`, '-C', work, '.'])
    await rename(`${archive}.partial`, archive)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return archive
}
