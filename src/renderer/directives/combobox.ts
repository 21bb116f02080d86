import type { ObjectDirective } from 'vue'

const observers = new WeakMap<HTMLElement, MutationObserver>()
/** What the component library marks an open menu's box with. */
const openClass = 'n-base-selection--active'

/** Tells a screen reader what the select shows: whether it is open, and whose its inner field is. */
function describe(element: HTMLElement): void {
  const box = element.querySelector('.n-base-selection')
  element.setAttribute('aria-expanded', String(box?.classList.contains(openClass) === true))
  const name = element.getAttribute('aria-label')
  if (name === null) return
  for (const input of element.querySelectorAll('input')) {
    if (input.getAttribute('aria-label') !== name) input.setAttribute('aria-label', name)
  }
}

/** Makes a labelled select of the component library a combobox for screen readers. */
export const combobox: ObjectDirective<HTMLElement> = {
  mounted(element) {
    element.setAttribute('role', 'combobox')
    describe(element)
    const box = element.querySelector('.n-base-selection')
    if (box === null) return
    const observer = new MutationObserver(() => describe(element))
    observer.observe(box, { attributes: true, attributeFilter: ['class'] })
    observers.set(element, observer)
  },
  updated: describe,
  unmounted(element) {
    observers.get(element)?.disconnect()
  },
}
