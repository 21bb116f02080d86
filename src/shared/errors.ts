/**
 * Failures are values: a kind for the program, a sentence for the person.
 * Inside one process they travel as `VitrineError`; across a process border as `Failure`.
 */
export const failureKinds = [
  'invalid-input',
  'not-found',
  'unreadable',
  'disk-full',
  'out-of-memory',
  'not-finite',
  'cancelled',
  'engine-lost',
  'unavailable',
  'internal',
] as const

export type FailureKind = (typeof failureKinds)[number]

export interface Failure {
  kind: FailureKind
  /** One sentence that says what is wrong and what to do. */
  message: string
  /** Dotted path of the setting that is wrong, e.g. `model.patchSize`. */
  field?: string | undefined
}

export type Result<T> = { ok: true; value: T } | { ok: false; error: Failure }

export class VitrineError extends Error {
  readonly kind: FailureKind
  readonly field: string | undefined

  constructor(kind: FailureKind, message: string, options: { field?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'VitrineError'
    this.kind = kind
    this.field = options.field
  }

  toFailure(): Failure {
    return { kind: this.kind, message: this.message, field: this.field }
  }
}

function systemCode(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return undefined
}

function systemPath(error: unknown): string {
  return error instanceof Error && 'path' in error && typeof error.path === 'string' ? ` (${error.path})` : ''
}

/** Turns anything that was thrown into a failure; a user's mistake keeps its own sentence. */
export function failureOf(error: unknown): Failure {
  if (error instanceof VitrineError) return error.toFailure()
  switch (systemCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return {
        kind: 'disk-full',
        message: `The disk is full${systemPath(error)}: free some space and start again. What was saved before is kept.`,
      }
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return { kind: 'unreadable', message: `No permission${systemPath(error)}: choose a folder you may write to.` }
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENAMETOOLONG':
    case 'ELOOP':
      return { kind: 'not-found', message: `There is no such file or folder${systemPath(error)}.` }
    default:
      return { kind: 'internal', message: error instanceof Error ? error.message : String(error) }
  }
}

/** True for failures that a user's input or machine caused; the rest are faults of the program. */
export function isUsersMistake(failure: Failure): boolean {
  return failure.kind !== 'internal' && failure.kind !== 'engine-lost'
}
