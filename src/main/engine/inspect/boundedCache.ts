/** Keeps what was used last, up to a total weight; what falls out is handed to `release`. */
export class BoundedCache<V> {
  private readonly entries = new Map<string, { value: V; weight: number }>()
  private total = 0

  constructor(
    private readonly limit: number,
    private readonly release: (value: V) => void = () => undefined,
  ) {}

  get(key: string): V | undefined {
    const entry = this.entries.get(key)
    if (entry === undefined) return undefined
    // A map keeps the order of insertion: the least recently used entry is the first.
    this.entries.delete(key)
    this.entries.set(key, entry)
    return entry.value
  }

  /** Adds a value. One that is heavier than the limit is kept too, alone, until the next. */
  set(key: string, value: V, weight: number): void {
    this.remove(key)
    for (const oldest of [...this.entries.keys()]) {
      if (this.total + weight <= this.limit) break
      this.remove(oldest)
    }
    this.entries.set(key, { value, weight })
    this.total += weight
  }

  clear(): void {
    for (const key of [...this.entries.keys()]) this.remove(key)
  }

  private remove(key: string): void {
    const entry = this.entries.get(key)
    if (entry === undefined) return
    this.entries.delete(key)
    this.total -= entry.weight
    this.release(entry.value)
  }
}
