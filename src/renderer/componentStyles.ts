/**
 * Where the component library's styles go. Its own way, a `<style>` element for each component, is refused
 * by the page's content security policy, which has no `unsafe-inline`. The build puts this file in the place
 * of css-render's `mount` module, with the same two functions; see `electron.vite.config.ts`.
 *
 * Rules are added through the CSSOM, which the policy allows: it can only be reached by the page's own code.
 */

/** What css-render knows of a style. */
interface StyleNode {
  render(props?: unknown): string
}

/** `public/components.css`, which the page loads before its own styles: those win over equal selectors. */
const frontSheet = 'components.css'

/** What the library puts behind everything else. */
const back = new CSSStyleSheet()
document.adoptedStyleSheets.push(back)

const mounted = new Map<string, { sheet: CSSStyleSheet; rule: CSSRule }>()

function front(): CSSStyleSheet {
  for (const sheet of document.styleSheets) {
    if (sheet.href?.split('/').at(-1)?.split('?')[0] === frontSheet) return sheet
  }
  throw new Error(`The page does not link ${frontSheet}.`)
}

function placeOf(sheet: CSSStyleSheet, rule: CSSRule): number {
  return [...sheet.cssRules].indexOf(rule)
}

/** A whole style as one rule, which can be taken out again. */
function insert(sheet: CSSStyleSheet, text: string, place: number): CSSRule {
  sheet.insertRule(`@media all {${text}}`, place)
  const rule = sheet.cssRules[place]
  if (rule === undefined) throw new Error('The style sheet took no rule.')
  return rule
}

/**
 * Adds a style once, or again where it is forced to change.
 * @param id same styles have the same
 * @param props what the style is made for
 * @param isFront whether it goes before all other styles of the library, as those of components do
 */
export function mount(
  _instance: unknown,
  node: StyleNode,
  id: string | undefined,
  props: unknown,
  isFront: boolean,
  isForced: boolean,
): void {
  const text = id === undefined || isForced ? node.render(props) : null
  const key = id ?? text ?? ''
  const known = mounted.get(key)
  if (known !== undefined) {
    if (isForced && text !== null) {
      const place = placeOf(known.sheet, known.rule)
      known.sheet.deleteRule(place)
      known.rule = insert(known.sheet, text, place)
    }
    return
  }
  const sheet = isFront ? front() : back
  const place = isFront ? 0 : sheet.cssRules.length
  mounted.set(key, { sheet, rule: insert(sheet, text ?? node.render(props), place) })
}

/** Takes a style out. */
export function unmount(_instance: unknown, _node: StyleNode, id: string | undefined): void {
  const known = id === undefined ? undefined : mounted.get(id)
  if (id === undefined || known === undefined) return
  known.sheet.deleteRule(placeOf(known.sheet, known.rule))
  mounted.delete(id)
}
