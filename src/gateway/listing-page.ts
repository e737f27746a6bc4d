import { html, type Markup } from '../http/markup.ts'
import { formatBytes } from '../units/units.ts'
import type { ContentListing } from './contents.ts'
import type { Failure } from './failure.ts'
import { folderListing, type ListingRow } from './listing.ts'
import { page } from './page.ts'
import { PANEL } from './panel.ts'
import { pathTo } from './target.ts'

/** What turns the direction of a text, and could show the end of a name elsewhere. */
const TURNING = /\p{Bidi_Control}/gu

/** The page of a folder for people; an empty prefix is that of all contents. */
export function listingPage({ contents, isComing }: ContentListing, prefix: string): string {
  const { rows, leftOut } = folderListing(contents, prefix)
  const notes = [
    ...(rows.length === 0 ? ['No contents are on offer.'] : []),
    ...(leftOut > 0 ? [`${leftOut} more are not shown.`] : []),
    ...(isComing ? ['A source is still indexing its files: there may be more.'] : [])
  ]
  return page(
    prefix === '' ? 'Contents' : prefix,
    html`<h1>${trail(prefix)}</h1>
${PANEL}
<ul class="rows">
${rows.map(row => rowOf(row, prefix))}</ul>
${notes.map(note => html`<p class="faint">${note}</p>\n`)}`
  )
}

/** The page that a person sees in place of a content; `home` is the address of the page of all contents. */
export function failurePage({ status, code, message, remedy }: Failure, home: string): string {
  return page(
    message,
    html`<h1>${message}</h1>
${remedy === undefined ? '' : html`<p>What to do: ${remedy}</p>`}
<p class="faint">${status} ${code}</p>
<p><a href="${home}">All contents</a></p>`
  )
}

/** Links to all folders above, and the folder itself. */
function trail(prefix: string): Markup[] {
  const parts = prefix.split('/').slice(0, -1)
  const above = parts.map((part, at) => ({ part, path: `${parts.slice(0, at + 1).join('/')}/` }))
  return [
    prefix === '' ? html`Contents` : html`<a href="/">Contents</a>`,
    ...above.map(({ part, path }) =>
      path === prefix ? html` / ${shown(part)}` : html` / <a href="${pathTo(path)}">${shown(part)}</a>`
    )
  ]
}

function rowOf(row: ListingRow, prefix: string): Markup {
  const path = pathTo(row.name)
  const name = html`<a class="name" href="${path}">${shown(row.name.slice(prefix.length))}</a>`
  return html`<li>${name}<span class="size">${sizeOf(row)}</span>${saveLink(row, path)}</li>\n`
}

function sizeOf(row: ListingRow): string {
  if (row.kind === 'folder') return `${row.contents} ${row.contents === 1 ? 'content' : 'contents'}`
  return row.sizeBytes === undefined ? 'live' : formatBytes(row.sizeBytes)
}

/** What has an end can be stored. */
function saveLink(row: ListingRow, path: string): Markup | '' {
  if (row.kind === 'folder' || row.sizeBytes === undefined) return ''
  return html`<a class="save" href="${path}?download=1">Save</a>`
}

function shown(name: string): Markup {
  return html`<bdi>${name.replace(TURNING, '\uFFFD')}</bdi>`
}
