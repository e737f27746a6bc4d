import { networkInterfaces } from 'node:os'

/** The addresses of this host by interface; none where the system does not let this process see them. */
export function interfacesNow(): ReturnType<typeof networkInterfaces> {
  try {
    return networkInterfaces()
  } catch {
    return {}
  }
}

/** Whether this host has IPv6 at all: it has an address in it then, if only for itself. */
export function hasIpv6(): boolean {
  return Object.values(interfacesNow()).some(addresses => addresses?.some(({ family }) => family === 'IPv6'))
}
