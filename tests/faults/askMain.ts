import type { Page } from 'playwright'

/** Asks main what the page could ask. @returns the result, unparsed */
export function askMain(page: Page, route: string, input: object): Promise<unknown> {
  return page.evaluate(([name, sent]) => window.vitrine.invoke(name, sent), [route, input] as const)
}
