import { networkInterfaces } from 'node:os'

/** The addresses of this host by interface; none where the system does not let this process see them. */
export function interfacesNow(): ReturnType<typeof networkInterfaces> {
  try {
    return networkInterfaces()
  } catch {
    return {}
  }
}

/** Tells whether this host has IPv6 at all: if so it has an IPv6 address, if only its loopback address. */
export function hasIpv6(): boolean {
  return Object.values(interfacesNow()).some(addresses => addresses?.some(({ family }) => family === 'IPv6'))
}
