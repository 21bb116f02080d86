import { html, Html, nothing } from './html'
import { pageStyle } from './pageStyle'

/** A part of a report, with a heading and a link at the top. */
export interface Section {
  /** Its anchor: small letters and dashes. */
  id: string
  title: string
  body: Html
}

interface ReportPage {
  title: string
  /** What it is a report of, in a line. */
  subtitle: string
  sections: readonly Section[]
}

/** Nothing may be fetched, no script may run: pictures and style are in the file. */
const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

/** One HTML file that needs nothing else. */
export function renderPage({ title, subtitle, sections }: ReportPage): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="generator" content="Vitrine" />
        <title>${title}</title>
        <style>
          ${new Html(pageStyle)}
        </style>
      </head>
      <body>
        <header>
          <h1>${title}</h1>
          <p class="muted">${subtitle}</p>
          <nav aria-label="Parts">${sections.map(({ id, title: name }) => html`<a href="#${id}">${name}</a> `)}</nav>
        </header>
        <main>${sections.map(renderSection)}</main>
      </body>
    </html> `.text
}

function renderSection({ id, title, body }: Section): Html {
  return html`<section id="${id}">
    <h2>${title}</h2>
    ${body}
  </section>`
}

/** Names with their values, as small cards. */
export function factCards(facts: readonly (readonly [name: string, value: string])[]): Html {
  const cards = facts.map(
    ([name, value]) =>
      html`<div>
        <dt>${name}</dt>
        <dd>${value}</dd>
      </div>`,
  )
  return html`<dl class="facts">${cards}</dl>`
}

export function paragraph(text: string): Html {
  return html`<p>${text}</p>`
}

export function note(text: string): Html {
  return html`<p class="muted note">${text}</p>`
}

/** @param numeric columns, counted from 0, that hold numbers */
export function table(head: readonly string[], rows: readonly (readonly string[])[], numeric: readonly number[]): Html {
  const align = (column: number) => (numeric.includes(column) ? 'number' : '')
  const cells = (row: readonly string[]) => row.map((text, column) => html`<td class="${align(column)}">${text}</td>`)
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${head.map((text, column) => html`<th class="${align(column)}">${text}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${cells(row)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`
}

/** A picture or chart with its words below. */
export function figure(content: Html, caption: string, kind = ''): Html {
  const words = caption === '' ? nothing : html`<figcaption>${caption}</figcaption>`
  return html`<figure class="${kind}">${content}${words}</figure>`
}

export function grid(figures: readonly Html[], kind: string): Html {
  return html`<div class="${kind}">${figures}</div>`
}
