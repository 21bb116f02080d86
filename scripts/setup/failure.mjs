/** Something that the person at the keyboard can mend: one sentence that names it and the command. */
export class SetupFailure extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message)
    this.name = 'SetupFailure'
  }
}

/** One line for a failure of any kind. @param {unknown} error */
export function sentenceOf(error) {
  return error instanceof Error ? error.message : String(error)
}
