export interface PaletteEntry {
  title: string
  /** What it is: a page, a run, … */
  kind: string
  act: () => void
}

/** How far an entry is from the words: none where one begins the title, more inside; null where one is missing. */
function rank({ title, kind }: PaletteEntry, words: readonly string[]): number | null {
  const text = `${title} ${kind}`.toLowerCase()
  let total = 0
  for (const word of words) {
    const place = text.indexOf(word)
    if (place < 0) return null
    const beginsWord = place === 0 || /[\s/\\_.-]/.test(text.charAt(place - 1))
    total += place === 0 ? 0 : beginsWord ? 1 : 2
  }
  return total
}

/** The entries that hold all words of the query, the closest first; all of them, in their order, without one. */
export function matching(entries: readonly PaletteEntry[], query: string): PaletteEntry[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  return entries
    .flatMap((entry) => {
      const place = rank(entry, words)
      return place === null ? [] : [{ entry, place }]
    })
    .sort((a, b) => a.place - b.place)
    .map(({ entry }) => entry)
}
