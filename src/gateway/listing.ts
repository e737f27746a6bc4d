import type { ListedContent } from './contents.ts'
import { GATEWAY_LIMITS } from './limits.ts'

/** One row of a folder's page: a folder in it, with all that is below, or a content. */
export type ListingRow =
  | { kind: 'folder'; name: string; contents: number }
  | { kind: 'content'; name: string; sizeBytes: number | undefined }

export interface FolderListing {
  /** Folders first, each kind by name; names are whole ones, and those of folders end with a slash. */
  rows: ListingRow[]
  /** How many rows were left out. */
  leftOut: number
}

const ORDER = new Intl.Collator('en', { numeric: true })

/** What a folder holds, of the contents whose names begin with its prefix. */
export function folderListing(contents: readonly ListedContent[], prefix: string): FolderListing {
  const folders = new Map<string, number>()
  const files = new Map<string, ListingRow>()
  for (const { name, sizeBytes } of contents) {
    const slash = name.indexOf('/', prefix.length)
    if (slash < 0) files.set(name, { kind: 'content', name, sizeBytes })
    else {
      const folder = name.slice(0, slash + 1)
      folders.set(folder, (folders.get(folder) ?? 0) + 1)
    }
  }
  const folderRows = [...folders].map(
    ([name, count]): ListingRow => ({ kind: 'folder', name, contents: count })
  )
  const rows = [...folderRows.sort(byName), ...[...files.values()].sort(byName)]
  const kept = rows.slice(0, GATEWAY_LIMITS.maxRows)
  return { rows: kept, leftOut: rows.length - kept.length }
}

function byName(one: ListingRow, other: ListingRow): number {
  return ORDER.compare(one.name, other.name)
}
