/**
 * Does some work for every item, at most `limit` at a time, and gives the results in the items' order:
 * opening a thousand files at once would meet the system's limit of open files.
 * @throws the first error of the work.
 */
export async function mapAtMost<T, R>(limit: number, items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length)
  const waiting = items.entries()
  async function workThrough(): Promise<void> {
    for (const [index, item] of waiting) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, workThrough))
  return results
}
