import type { z } from 'zod'
import { parseRunConfig, problemSentence, type ConfigProblem } from '@shared/config/runConfig'
import { VitrineError } from '@shared/errors'

/** The first problem of a configuration as an error that names its field. */
export function configFailure(problems: readonly ConfigProblem[]): VitrineError {
  const [first] = problems
  if (first === undefined) return new VitrineError('invalid-input', 'The configuration is not valid.')
  return new VitrineError('invalid-input', problemSentence(first), { field: first.field })
}

/**
 * What was wrong with a request's input, in a sentence. A run configuration within it is explained
 * in its own words and with its own field names.
 */
export function inputFailure(input: unknown, error: z.ZodError): VitrineError {
  if (typeof input === 'object' && input !== null && 'config' in input) {
    const parsed = parseRunConfig(input.config)
    if (!parsed.ok) return configFailure(parsed.problems)
  }
  const [issue] = error.issues
  const field = issue?.path.map(String).join('.') ?? ''
  return new VitrineError('invalid-input', `“${field || 'input'}” is not valid: ${issue?.message ?? 'unknown'}.`, {
    field,
  })
}
