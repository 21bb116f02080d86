/** Which rows of a list are chosen, by mouse and keyboard as in a file manager. */
export interface RowSelection {
  ids: ReadonlySet<string>
  /** Where a range begins. */
  anchor: string | null
  /** The row that the keyboard is at. */
  current: string | null
}

export const emptySelection: RowSelection = { ids: new Set(), anchor: null, current: null }

export interface SelectionKeys {
  /** Ctrl, or Command on a Mac: adds a row or takes it out. */
  adds: boolean
  /** Shift: everything from the anchor to the row. */
  extends: boolean
}

function rangeOf(order: readonly string[], from: string, to: string): string[] {
  const [a, b] = [order.indexOf(from), order.indexOf(to)]
  return a < 0 || b < 0 ? [to] : order.slice(Math.min(a, b), Math.max(a, b) + 1)
}

/** After a click on a row. @param order all rows that are shown, from top to bottom */
export function clicked(
  selection: RowSelection,
  order: readonly string[],
  id: string,
  { adds, extends: isRange }: SelectionKeys,
): RowSelection {
  if (isRange && selection.anchor !== null) {
    return { ids: new Set(rangeOf(order, selection.anchor, id)), anchor: selection.anchor, current: id }
  }
  return adds ? toggled(selection, id) : { ids: new Set([id]), anchor: id, current: id }
}

export function toggled(selection: RowSelection, id: string): RowSelection {
  const ids = new Set(selection.ids)
  if (!ids.delete(id)) ids.add(id)
  return { ids, anchor: id, current: id }
}

/** After an arrow key: `step` rows down, or up where it is negative. */
export function moved(
  selection: RowSelection,
  order: readonly string[],
  step: number,
  extendsRange: boolean,
): RowSelection {
  const at = selection.current === null ? -1 : order.indexOf(selection.current)
  const wanted = at < 0 ? (step > 0 ? 0 : order.length - 1) : Math.min(order.length - 1, Math.max(0, at + step))
  const id = order[wanted]
  return id === undefined ? selection : clicked(selection, order, id, { adds: false, extends: extendsRange })
}

export function allSelected(order: readonly string[]): RowSelection {
  return { ids: new Set(order), anchor: order.at(0) ?? null, current: order.at(-1) ?? null }
}

/** Without the rows that are not shown any more; the same object when none has gone. */
export function stillShown(selection: RowSelection, order: readonly string[]): RowSelection {
  const shown = new Set(order)
  const keep = (id: string | null) => (id !== null && shown.has(id) ? id : null)
  const isWhole = [...selection.ids].every((id) => shown.has(id))
  if (isWhole && keep(selection.current) === selection.current) return selection
  return {
    ids: new Set([...selection.ids].filter((id) => shown.has(id))),
    anchor: keep(selection.anchor),
    current: keep(selection.current),
  }
}
