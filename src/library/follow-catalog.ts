import type { DirectorSession } from '../discovery/director-session.ts'
import type { Catalog } from '../source/catalog.ts'

/** Has the directors know what is in the catalog, from before it starts. */
export function followCatalog(session: DirectorSession, catalog: Catalog): void {
  catalog.on('added', (record, recordBytes) => session.catalogChanged({ put: [{ record, recordBytes }] }))
  catalog.on('removed', name => session.catalogChanged({ remove: [name] }))
  session.setIndexing(true)
  catalog.on('idle', () => session.setIndexing(false))
  catalog.on('busy', () => session.setIndexing(true))
}
