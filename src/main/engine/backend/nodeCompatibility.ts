import util from 'node:util'

/** tfjs-node calls two `util` functions that Node 22 warns of and Node 23 no longer has. */
Object.assign(util, {
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  isArray: Array.isArray,
})
