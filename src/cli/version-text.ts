import { DIRECTOR_PROTOCOL } from '../protocol/director-messages.ts'
import { ROUTE_PROTOCOL } from '../protocol/route-codec.ts'

/** The versions that matter where two nodes do not understand each other, a line each. `program`: that of the program. */
export function versionText(program: string): string {
  return [
    `anabranch ${program}`,
    `Node ${process.versions.node}`,
    `route protocol ${numberOf(ROUTE_PROTOCOL)}`,
    `director protocol ${numberOf(DIRECTOR_PROTOCOL)}`,
    ''
  ].join('\n')
}

/** `/anabranch/route/4.0.0` -> `4.0.0`. */
function numberOf(protocol: string): string {
  return protocol.slice(protocol.lastIndexOf('/') + 1)
}
