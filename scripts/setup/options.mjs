/**
 * Takes set-up's own options off a command line.
 *
 * @param {string[]} words
 * @returns {{ options: import('./steps.mjs').SetupOptions, rest: string[] }}
 */
export function setupOptions(words) {
  /** @type {import('./steps.mjs').SetupOptions} */
  const options = {}
  const rest = words.filter((word) => {
    if (word === '--gpu') options.device = 'gpu'
    else if (word === '--cpu') options.device = 'cpu'
    else if (word === '--retry-electron') options.retryElectron = true
    else return true
    return false
  })
  return { options, rest }
}
