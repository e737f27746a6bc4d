import { check } from './malformed-message.ts'

/** Most capabilities that one message names. */
export const MAX_CAPABILITIES = 16

const CAPABILITY = /^[a-z0-9-]{1,32}$/

/** What this version can do beyond what its protocols demand of every node. */
export const OWN_CAPABILITIES: readonly string[] = []

/** Returns the capabilities that a peer names. Throws MalformedMessageError. */
export function checkCapabilities(capabilities: string[]): string[] {
  check(
    capabilities.every(capability => CAPABILITY.test(capability)),
    'a capability that is no short name'
  )
  return capabilities
}
