/** A piece of HTML in which every text has been escaped. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Part = string | number | Markup | readonly Markup[]

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;'
}

/** A template of HTML: what is put in is escaped, unless it is markup itself. Attributes stand in quotes. */
export function html(texts: TemplateStringsArray, ...parts: Part[]): Markup {
  return new Markup(texts.reduce((sum, text, at) => `${sum}${shown(parts[at - 1]!)}${text}`))
}

/** A whole page of the gateway, with all that it needs in it. */
export function page(title: string, body: Markup): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`.text
}

/** What a browser may do with a page of the gateway. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const STYLE = new Markup(`
:root { --ground: #fbfaf7; --ink: #1d2327; --faint: #626c72; --line: #dfdcd3; --link: #0b5d80; --over: #f0eee7 }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14181b; --ink: #e3e7e9; --faint: #96a2a9; --line: #2b3237; --link: #7cc4e4; --over: #1d2327 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem }
h1 { margin: 0 0 1rem; font-size: 1.25rem; font-weight: 600; overflow-wrap: anywhere }
a { color: var(--link); text-decoration: none }
a:hover, a:focus-visible { text-decoration: underline }
p { margin: 0 0 1rem; overflow-wrap: anywhere }
.faint { color: var(--faint) }
.rows { list-style: none; margin: 0 0 1rem; padding: 0; border-top: 1px solid var(--line) }
.rows li { display: grid; grid-template-columns: minmax(0, 1fr) auto 3rem; gap: .75rem; align-items: baseline;
  padding: .55rem .25rem; border-bottom: 1px solid var(--line) }
.rows li:hover { background: var(--over) }
.rows .name { overflow-wrap: anywhere }
.rows .size { color: var(--faint); font-variant-numeric: tabular-nums; white-space: nowrap }
.rows .save { text-align: right; font-size: .875rem }
`)

function shown(part: Part): string {
  if (part instanceof Markup) return part.text
  if (Array.isArray(part)) return part.map(({ text }) => text).join('')
  return String(part).replace(/[&<>"']/g, character => ESCAPES[character]!)
}
