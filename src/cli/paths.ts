import { homedir } from 'node:os'
import { join } from 'node:path'

/** The directory of a role's identity and caches, unless another is given: below XDG_STATE_HOME. */
export function defaultHome(role: string, environment: NodeJS.ProcessEnv): string {
  return join(xdg(environment.XDG_STATE_HOME, '.local/state'), 'anabranch', role)
}

/**
 * The configuration file that a role reads where it exists, unless another is given: below
 * XDG_CONFIG_HOME.
 */
export function defaultConfigFile(role: string, environment: NodeJS.ProcessEnv): string {
  return join(xdg(environment.XDG_CONFIG_HOME, '.config'), 'anabranch', `${role}.yaml`)
}

/** Follows the XDG rules: a path that is not absolute is ignored. */
function xdg(path: string | undefined, below: string): string {
  return path?.startsWith('/') ? path : join(homedir(), below)
}
