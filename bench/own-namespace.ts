/** Says to a run that it is in its own namespace already. */
const INSIDE = 'BENCH_INSIDE'

/**
 * Goes into a namespace of this program's own, such as `--net` or `--mount`, has the shell set it up,
 * and begins the program again there: everything in it goes away with its last process. Returns in the
 * run inside. Needs root.
 */
export function enterNamespace(kind: '--net' | '--mount', setUp: string): void {
  if (process.env[INSIDE]) return
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const args = ['env', 'unshare', kind, 'sh', '-c', `${setUp} && exec "$@"`, 'sh', ...again]
  process.execve!('/usr/bin/env', args, { ...process.env, [INSIDE]: '1' })
}
