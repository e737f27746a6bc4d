import { escapeXml } from './svg.ts'

const STYLE = `
:root { color-scheme: light dark; --ink: #222; --soft: #595959; --line: #ddd; --ground: #fff; --block: #f4f4f4; --bad: #b00020 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e4e4; --soft: #a8a8a8; --line: #444; --ground: #16181b; --block: #22252a; --bad: #ff8a80 }
}
* { box-sizing: border-box }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 940px; margin: 1.5rem auto; padding: 0 1rem; color: var(--ink); background: var(--ground) }
h1, p, li { overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100% } th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: right }
td { white-space: nowrap } th:first-child, td:first-child { text-align: left }
.wide { overflow-x: auto } ul { padding: 0; list-style-position: inside }
svg { max-width: 100%; height: auto; margin: 1rem 0; display: block }
.picture svg { max-width: none }
.on-phone { display: none }
@media (max-width: 700px) { .on-phone { display: block } .on-desk { display: none } }
.met::marker { content: "met \\2014  " } .unmet::marker { content: "NOT MET \\2014  " } .uncounted::marker { content: "not counted \\2014  " }
.unmet, .warning { color: var(--bad) }
pre { background: var(--block); padding: 1rem; overflow: auto; font-size: 14px } .small { color: var(--soft); font-size: 14px }
a { color: inherit }`

/** A page that needs no other file: its style is in it, and it has a dark form. `body` is HTML. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(title)} - anabranch lab</title>
<style>${STYLE}
</style>
${body}
</html>
`
}

/** A table of texts; the first row is its head. */
export function htmlTable([head, ...rows]: string[][]): string {
  const row = (cells: string[], tag: string) =>
    `<tr>${cells.map(cell => `<${tag}>${escapeXml(cell)}</${tag}>`).join('')}</tr>`
  return `<div class="wide"><table>${row(head!, 'th')}${rows.map(cells => row(cells, 'td')).join('\n')}</table></div>`
}

/** One drawing in two widths: the text of the wide one could not be read on a phone. */
export function drawing(draw: (width: 'wide' | 'narrow') => string): string {
  return `<div class="on-desk">${draw('wide')}</div><div class="on-phone">${draw('narrow')}</div>`
}
