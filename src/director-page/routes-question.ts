import { isIP } from 'node:net'
import type { RoutesQuestion } from '../director/routes-view.ts'

const MAX_ROUTES = 16
const DEFAULT_ROUTES = 3

/** Reads the query of /api/routes. Returns what is wrong with it as a text for people. */
export function parseRoutesQuestion(query: string): RoutesQuestion | string {
  const given = new URLSearchParams(query)
  const name = given.get('name') ?? ''
  const routes = Number(given.get('routes') || DEFAULT_ROUTES)
  const client = given.get('client')?.trim() ?? ''
  if (name === '') return 'name is missing; give the name of a content'
  if (!Number.isInteger(routes) || routes < 1 || routes > MAX_ROUTES)
    return `routes must be a whole number from 1 to ${MAX_ROUTES}`
  if (client === '') return { name, routes }
  const family = isIP(client)
  if (family === 0) return 'client must be the IP address of a client, such as 203.0.113.7'
  return { name, routes, from: `/ip${family}/${client}` }
}
