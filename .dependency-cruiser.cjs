/**
 * Which room may import from which. Each rule's comment is what a person reads when it bites.
 * @type {import('dependency-cruiser').IConfiguration}
 */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Modules must not import each other in a circle.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'An import must name something that exists.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'shared-stands-alone',
      comment: 'src/shared is pure TypeScript: of the project it imports only itself, of packages only zod.',
      severity: 'error',
      from: { path: '^src/shared/' },
      to: { pathNot: ['^src/shared/', '^node_modules/zod/'] },
    },
    {
      name: 'preload-to-shared',
      comment: 'The bridge imports only shared and Electron.',
      severity: 'error',
      from: { path: '^src/preload/' },
      to: { path: '^src/', pathNot: ['^src/preload/', '^src/shared/'] },
    },
    {
      name: 'renderer-to-shared',
      comment: 'The window imports only shared.',
      severity: 'error',
      from: { path: '^src/renderer/' },
      to: { path: '^src/', pathNot: ['^src/renderer/', '^src/shared/'] },
    },
    {
      name: 'main-to-shared',
      comment: 'Main knows the engine only as a built file, and never the window.',
      severity: 'error',
      from: { path: '^src/main/', pathNot: '^src/main/engine/' },
      to: { path: '^src/', pathNot: ['^src/main/(?!engine/)', '^src/shared/'] },
    },
    {
      name: 'host-below-handlers',
      comment: 'In main: handlers use host, host uses neither handlers nor the shell.',
      severity: 'error',
      from: { path: '^src/main/host/' },
      to: { path: '^src/main/(handlers|shell)/|^src/main/index\\.ts$' },
    },
    {
      name: 'engine-to-shared',
      comment: 'The engine is a program of its own: of the project it imports only itself and shared.',
      severity: 'error',
      from: { path: '^src/main/engine/' },
      to: { path: '^src/', pathNot: ['^src/main/engine/', '^src/shared/'] },
    },
    {
      name: 'engine-without-electron',
      comment: 'Electron is for main (outside the engine) and the preload script.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/main/(?!engine/)', '^src/preload/'] },
      to: { path: '(^|/)node_modules/electron/|^electron$' },
    },
    {
      name: 'native-packages-in-the-engine',
      comment: 'sharp and TensorFlow clash with Electron: only the engine loads them.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/main/engine/' },
      to: { path: '(^|/)node_modules/(@tensorflow|sharp)/|^(sharp|@tensorflow/.*)$' },
    },
    {
      name: 'no-node-in-the-window',
      comment: 'The window is sandboxed: it has no Node.',
      severity: 'error',
      from: { path: '^src/(renderer|shared)/' },
      to: { dependencyTypes: ['core'] },
    },
    ...engineLayers(),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(out|dist)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.vue', '.js', '.mjs', '.json', '.d.ts'],
    },
  },
}

/**
 * The engine's rooms from the top to the bottom; a room imports from those below it, and from its
 * own row only itself. `job.ts` lies at the bottom with the formats.
 */
function engineLayers() {
  const rows = [
    ['commands', 'server'],
    ['train', 'inspect', 'runs'],
    ['vit', 'data'],
    ['graph'],
    ['backend'],
    ['formats'],
  ]
  const shared = new Set(['train', 'inspect', 'runs'])
  return rows.flatMap((row, index) =>
    row.map((room) => {
      const above = rows.slice(0, index).flat()
      const beside = shared.has(room) ? [] : row.filter((other) => other !== room)
      const closed = [...above, ...beside]
      return {
        name: `engine-${room}`,
        comment: `In the engine: commands, server → train, inspect, runs → vit, data → graph → backend → formats; ${room} reaches up.`,
        severity: 'error',
        from: { path: `^src/main/engine/${room}/` },
        to: {
          path: ['^src/main/engine/(cli|serve)\\.ts$', ...closed.map((other) => `^src/main/engine/${other}/`)],
        },
      }
    }),
  )
}
