/**
 * Which licences may be shipped with a program under the MIT licence that anyone may change and hand
 * on: those that only ask to be named and handed on themselves.
 */
const permissive = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Unlicense',
  'Zlib',
])

/**
 * The image library's shared object is a file of its own that anyone may replace, as section 4 of the
 * LGPL asks for.
 */
const replaceable = { packages: /^@img\/sharp-libvips-/, licence: 'LGPL-3.0-or-later' }

/**
 * Whether a package may be shipped, by its licence as an expression of SPDX: for `A AND B` both must
 * be fine, for `A OR B` one of them.
 *
 * @param {{ name: string, licence: string }} description
 */
export function mayBeShipped({ name, licence }) {
  if (replaceable.packages.test(name) && licence === replaceable.licence) return true
  return licence
    .replace(/[()]/g, '')
    .split(/\s+AND\s+/)
    .every((part) => part.split(/\s+OR\s+/).some((choice) => permissive.has(choice.trim())))
}
