import { csvLine } from '@shared/csv'
import { npyHeader } from '@shared/npyHeader'

/** A figure's numbers. */
export interface NumberArray {
  shape: readonly number[]
  /** Row by row. */
  values: Float32Array | Float64Array | Int32Array
  /** What each axis counts, e.g. `row`, `column`. */
  axes: readonly string[]
  /** Names along an axis, where it has some; otherwise it is counted from 0. */
  names?: Readonly<Record<string, readonly string[]>>
}

function typeOf(values: NumberArray['values']): string {
  if (values instanceof Float64Array) return "'<f8'"
  return values instanceof Float32Array ? "'<f4'" : "'<i4'"
}

export function npyFile({ shape, values }: NumberArray): Uint8Array<ArrayBuffer> {
  const header = npyHeader(typeOf(values), shape)
  const file = new Uint8Array(header.length + values.byteLength)
  file.set(header)
  file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), header.length)
  return file
}

/**
 * A line for each place along all axes but the last: first where it is, then the values along the last
 * axis. One axis alone becomes a column.
 */
export function csvFile({ shape, values, axes, names = {} }: NumberArray): string {
  const nameAt = (axis: number, index: number): string | number => names[axes[axis] ?? '']?.[index] ?? index
  const last = shape.length - 1
  const width = last === 0 ? 1 : (shape[last] ?? 1)
  const leading = last === 0 ? shape : shape.slice(0, last)
  const columns =
    last === 0
      ? ['value']
      : Array.from({ length: width }, (_, index) => columnName(axes[last] ?? '', nameAt(last, index)))
  const lines = [csvLine([...leading.map((_, axis) => axes[axis] ?? ''), ...columns])]
  for (let row = 0; row < values.length / width; row++) {
    const places = placesOf(row, leading).map((index, axis) => nameAt(axis, index))
    lines.push(csvLine([...places, ...values.subarray(row * width, (row + 1) * width)]))
  }
  return `${lines.join('\n')}\n`
}

function columnName(axis: string, name: string | number): string {
  return typeof name === 'number' ? `${axis} ${name}` : name
}

/** Index along each axis of the row-th place, the last axis fastest. */
function placesOf(row: number, shape: readonly number[]): number[] {
  const places: number[] = []
  let rest = row
  for (const size of [...shape].reverse()) {
    places.unshift(rest % size)
    rest = Math.floor(rest / size)
  }
  return places
}
