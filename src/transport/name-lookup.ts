import { lookup } from 'node:dns/promises'

/** Returns the IP addresses of a host's name by the system's own rules, best first. Rejects where there are none. */
export async function lookUp(name: string, family: 0 | 4 | 6): Promise<string[]> {
  const found = await lookup(name, { all: true, family, order: 'verbatim' })
  return found.map(({ address }) => address)
}
