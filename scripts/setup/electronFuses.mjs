import { FuseV1Options, FuseVersion, flipFuses } from '@electron/fuses'

/** `node electronFuses.mjs EXECUTABLE`: the switches of a plain Electron, which tests can drive. */
const executable = process.argv[2]
if (executable === undefined) throw new Error('name the executable')

await flipFuses(executable, {
  version: FuseVersion.V1,
  [FuseV1Options.RunAsNode]: true,
  [FuseV1Options.EnableNodeCliInspectArguments]: true,
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
})
