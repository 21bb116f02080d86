/** Number of values in an array of this shape; 1 for a scalar's empty one. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}
