import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where a role keeps its identity and caches unless told otherwise: below XDG_STATE_HOME. */
export function defaultHome(role: string, environment: NodeJS.ProcessEnv): string {
  return join(xdg(environment.XDG_STATE_HOME, '.local/state'), 'anabranch', role)
}

/** The configuration file that a role reads, if it is there, unless told otherwise: below XDG_CONFIG_HOME. */
export function defaultConfigFile(role: string, environment: NodeJS.ProcessEnv): string {
  return join(xdg(environment.XDG_CONFIG_HOME, '.config'), 'anabranch', `${role}.yaml`)
}

/** The XDG rules: a path that is not absolute is to be ignored. */
function xdg(path: string | undefined, below: string): string {
  return path?.startsWith('/') ? path : join(homedir(), below)
}
