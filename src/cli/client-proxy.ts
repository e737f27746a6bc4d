import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { ConfigurationError } from '../errors.ts'
import type { UrlMap } from '../gateway/url-map.ts'
import { GATEWAY_SETTINGS, serveContents } from './client-gateway.ts'
import { type CliRun, type CommandContext, defineCommand } from './command.ts'
import { one, type Values } from './settings.ts'

const SETTINGS = {
  map: one({
    value: 'FILE',
    help: 'which URLs are which contents: a line http://deb.example/debian/: mirror/debian/ for each',
    parse: text => text
  }),
  ...GATEWAY_SETTINGS
}

/** `client proxy`: serves contents to programs under the URLs that they know, as their proxy. */
export function clientProxy(run: CliRun): Command {
  return defineCommand(
    {
      name: 'proxy',
      summary: 'serve contents as an HTTP proxy, in the place of servers that a map names',
      role: 'client',
      isDaemon: true,
      settings: SETTINGS,
      examples: [
        'anabranch client proxy --director 192.0.2.7:4001',
        'anabranch client proxy --director 192.0.2.7:4001 --map map.yaml',
        'anabranch client proxy --director 192.0.2.7:4001 --http 127.0.0.1:3128'
      ],
      run: runProxy
    },
    run
  )
}

async function runProxy(values: Values<typeof SETTINGS>, context: CommandContext): Promise<number> {
  const { HttpProxy } = await import('../gateway/http-proxy.ts')
  const map = await loadUrlMap(values.map)
  return await serveContents('proxy', values, context, options => new HttpProxy({ ...options, map }))
}

/** Reads a map file; without one nothing is mapped. Throws ConfigurationError. */
async function loadUrlMap(path: string | undefined): Promise<UrlMap> {
  const { parseUrlMap, UrlMap } = await import('../gateway/url-map.ts')
  if (path === undefined) return new UrlMap([])
  const text = await readFile(path, 'utf8').catch(error => {
    throw new ConfigurationError(`Cannot read the map ${path} (${error.code}); check --map`, error)
  })
  return parseUrlMap(text, path)
}
