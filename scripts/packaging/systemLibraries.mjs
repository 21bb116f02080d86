import { SetupFailure } from '../setup/failure.mjs'

/**
 * The Debian package of each shared library that the programs are linked against. Newer releases
 * have some under a second name, after the change to 64-bit times.
 *
 * @type {Record<string, string>}
 */
const debianPackages = {
  'ld-linux-x86-64.so.2': 'libc6',
  'libasound.so.2': 'libasound2 | libasound2t64',
  'libatk-1.0.so.0': 'libatk1.0-0 | libatk1.0-0t64',
  'libatk-bridge-2.0.so.0': 'libatk-bridge2.0-0 | libatk-bridge2.0-0t64',
  'libatomic.so.1': 'libatomic1',
  'libatspi.so.0': 'libatspi2.0-0 | libatspi2.0-0t64',
  'libc.so.6': 'libc6',
  'libcairo.so.2': 'libcairo2',
  'libcups.so.2': 'libcups2 | libcups2t64',
  'libdbus-1.so.3': 'libdbus-1-3',
  'libdl.so.2': 'libc6',
  'libdrm.so.2': 'libdrm2',
  'libexpat.so.1': 'libexpat1',
  'libgbm.so.1': 'libgbm1',
  'libgcc_s.so.1': 'libgcc-s1',
  'libgio-2.0.so.0': 'libglib2.0-0 | libglib2.0-0t64',
  'libglib-2.0.so.0': 'libglib2.0-0 | libglib2.0-0t64',
  'libgobject-2.0.so.0': 'libglib2.0-0 | libglib2.0-0t64',
  'libgtk-3.so.0': 'libgtk-3-0 | libgtk-3-0t64',
  'libm.so.6': 'libc6',
  'libnspr4.so': 'libnspr4',
  'libnss3.so': 'libnss3',
  'libnssutil3.so': 'libnss3',
  'libpango-1.0.so.0': 'libpango-1.0-0',
  'libpthread.so.0': 'libc6',
  'libresolv.so.2': 'libc6',
  'librt.so.1': 'libc6',
  'libsmime3.so': 'libnss3',
  'libstdc++.so.6': 'libstdc++6',
  'libudev.so.1': 'libudev1',
  'libutil.so.1': 'libc6',
  'libX11-xcb.so.1': 'libx11-xcb1',
  'libX11.so.6': 'libx11-6',
  'libxcb.so.1': 'libxcb1',
  'libXcomposite.so.1': 'libxcomposite1',
  'libXdamage.so.1': 'libxdamage1',
  'libXext.so.6': 'libxext6',
  'libXfixes.so.3': 'libxfixes3',
  'libxkbcommon.so.0': 'libxkbcommon0',
  'libXrandr.so.2': 'libxrandr2',
  'libz.so.1': 'zlib1g',
}

/** Electron opens it by name while it starts, and ends where it is missing. */
const openedByName = ['libX11-xcb.so.1']

/** Used where they are there: the trash, the file manager, the keyring of cookies, drawing by the graphics card. */
const alsoUsed = ['libglib2.0-bin', 'xdg-utils', 'libsecret-1-0', 'libgl1']

/** Comes with the graphics card, not with the system. */
const driverLibraries = /^libcuda\.so|^libnvidia-/

/** GCC's release by the newest interface of its C++ library. @type {Record<string, number>} */
const gccReleases = { '3.4.26': 9, '3.4.27': 9, '3.4.28': 10, '3.4.29': 11, '3.4.30': 12, '3.4.31': 13, '3.4.32': 13 }

/** The fields of Debian's control file. @param {import('./elf.mjs').LinkNeeds} needs */
export function debianNeeds({ libraries, glibc, libstdcxx }) {
  const names = [...libraries, ...openedByName]
    .filter((library) => !driverLibraries.test(library))
    .map((library) => {
      const name = debianPackages[library]
      if (name !== undefined) return name
      throw new SetupFailure(
        `No Debian package is known for ${library}: add it to scripts/packaging/systemLibraries.mjs.`,
      )
    })
  /** @type {Record<string, string>} */
  const oldest = { libc6: glibc, 'libstdc++6': String(gccReleases[libstdcxx] ?? 9) }
  return {
    depends: [...new Set(names)].sort().map((name) => (name in oldest ? `${name} (>= ${oldest[name]})` : name)),
    recommends: alsoUsed,
  }
}

/**
 * What RPM calls the same needs: libraries by name, which every distribution's packages provide.
 * @param {import('./elf.mjs').LinkNeeds} needs
 */
export function rpmNeeds({ libraries, glibc, libstdcxx }) {
  return [
    ...[...libraries, ...openedByName]
      .filter((library) => !driverLibraries.test(library) && library !== 'ld-linux-x86-64.so.2')
      .map((library) => `${library}()(64bit)`),
    `libc.so.6(GLIBC_${glibc})(64bit)`,
    `libstdc++.so.6(GLIBCXX_${libstdcxx})(64bit)`,
  ]
}
