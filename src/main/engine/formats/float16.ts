/** Short floating-point formats as they are stored, widened to float32. */

const bits = new Uint32Array(1)
const number = new Float32Array(bits.buffer)

function fromBits(pattern: number): number {
  bits[0] = pattern
  return number[0] ?? 0
}

/** bfloat16 is the upper half of a float32. */
export function widenBfloat16(stored: Uint16Array): Float32Array {
  const widened = new Uint32Array(stored.length)
  for (let i = 0; i < stored.length; i++) widened[i] = (stored[i] ?? 0) << 16
  return new Float32Array(widened.buffer)
}

/** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
export function widenFloat16(stored: Uint16Array): Float32Array {
  return Float32Array.from(stored, float16ToNumber)
}

function float16ToNumber(pattern: number): number {
  const sign = (pattern & 0x8000) << 16
  const exponent = (pattern >> 10) & 0x1f
  const fraction = pattern & 0x3ff
  if (exponent === 0) return (sign === 0 ? 1 : -1) * fraction * 2 ** -24
  if (exponent === 31) return fromBits(sign | 0x7f800000 | (fraction << 13))
  return fromBits(sign | ((exponent + 112) << 23) | (fraction << 13))
}
