/**
 * The one source of randomness: a seeded generator that is passed in.
 * sfc32 (Chris Doty-Humphrey's Small Fast Counter), seeded through splitmix32.
 */
export class SeededRandom {
  private a: number
  private b: number
  private c: number
  private counter: number
  private spareNormal: number | null = null

  constructor(seed: number) {
    let state = seed >>> 0
    const next = () => {
      state = (state + 0x9e3779b9) >>> 0
      let mixed = state
      mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
      return (mixed ^ (mixed >>> 15)) >>> 0
    }
    this.a = next()
    this.b = next()
    this.c = next()
    this.counter = 1
    for (let i = 0; i < 12; i++) this.uint32()
  }

  /** An independent stream for one purpose, e.g. `SeededRandom.stream(seed, 'shuffle', epoch)`. */
  static stream(seed: number, ...purpose: (string | number)[]): SeededRandom {
    let hash = seed >>> 0
    for (const character of purpose.join('/')) {
      hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0
      hash = (hash ^ (hash >>> 13)) >>> 0
    }
    return new SeededRandom(hash)
  }

  /** Uniform whole number in [0, 2³²). */
  uint32(): number {
    const sum = (this.a + this.b + this.counter) >>> 0
    this.counter = (this.counter + 1) >>> 0
    this.a = (this.b ^ (this.b >>> 9)) >>> 0
    this.b = (this.c + (this.c << 3)) >>> 0
    this.c = ((this.c << 21) | (this.c >>> 11)) >>> 0
    this.c = (this.c + sum) >>> 0
    return sum
  }

  /** Uniform in [low, high), with 53 random bits. */
  uniform(low = 0, high = 1): number {
    const unit = ((this.uint32() >>> 5) * 67108864 + (this.uint32() >>> 6)) / 9007199254740992
    return low + (high - low) * unit
  }

  /** Uniform whole number in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.uniform() * bound)
  }

  /** Normal with the given mean and standard deviation (Box–Muller). */
  normal(mean = 0, std = 1): number {
    if (this.spareNormal !== null) {
      const spare = this.spareNormal
      this.spareNormal = null
      return mean + std * spare
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    const angle = 2 * Math.PI * this.uniform()
    this.spareNormal = radius * Math.sin(angle)
    return mean + std * radius * Math.cos(angle)
  }

  /** A random order of 0 … count − 1 (Fisher–Yates). */
  permutation(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, index) => index)
    for (let last = count - 1; last > 0; last--) {
      const other = this.below(last + 1)
      const moved = order[last] ?? 0
      order[last] = order[other] ?? 0
      order[other] = moved
    }
    return order
  }
}
