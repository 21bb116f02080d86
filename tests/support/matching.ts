import { expect } from 'vitest'

/** Stands for any string with this text in it. */
export function textWith(part: string): unknown {
  return expect.stringContaining(part)
}

export function anyText(): unknown {
  return expect.any(String)
}
