/** Mean and standard deviation of each colour over many images, from exact sums. */
export class ChannelStatistics {
  private pixels = 0
  private readonly sums = [0, 0, 0]
  private readonly squares = [0, 0, 0]

  /** @param image RGB bytes, `[…, 3]` */
  add(image: Uint8Array): void {
    this.accumulate(image, 1)
  }

  /** Takes back an image that was added. */
  remove(image: Uint8Array): void {
    this.accumulate(image, -1)
  }

  /** For pixels from 0 to 1. A deviation is never 0, since inputs are divided by it. */
  result(): { mean: number[]; std: number[] } {
    const count = Math.max(1, this.pixels)
    const mean = this.sums.map((sum) => sum / count / 255)
    const std = this.squares.map((square, channel) => {
      const variance = square / count / 255 ** 2 - (mean[channel] ?? 0) ** 2
      return Math.max(Math.sqrt(Math.max(0, variance)), 1 / 255)
    })
    return { mean, std }
  }

  private accumulate(image: Uint8Array, sign: 1 | -1): void {
    // Sums of this many bytes squared stay small integers, which are much faster than doubles.
    const chunk = 3 * 8192
    for (let start = 0; start < image.length; start += chunk) {
      const end = Math.min(start + chunk, image.length)
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0
        let square = 0
        for (let i = start + channel; i < end; i += 3) {
          const value = image[i] ?? 0
          sum += value
          square += value * value
        }
        this.sums[channel] = (this.sums[channel] ?? 0) + sign * sum
        this.squares[channel] = (this.squares[channel] ?? 0) + sign * square
      }
    }
    this.pixels += (sign * image.length) / 3
  }
}
