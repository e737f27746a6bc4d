import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { nginxConfiguration } from '../../src/lab/peers/nginx-configuration.ts'

const ORIGIN_PORT = 8443
const PROXY_PORT = 8444
/** How often a server that starts is asked whether it listens, and how long at most. */
const ASK_MS = 50
const PATIENCE_MS = 10_000

export interface NginxChain {
  url(name: string): string
  /** Process ids: of the one that has the files, and of the one before it. */
  pids: { origin: number; proxy: number }
}

/** One nginx before another, both with TLS, as processes that end with this one. Needs Debian's nginx, openssl and curl. */
export async function startNginxChain(directory: string, contents: string): Promise<NginxChain> {
  mkdirSync(join(directory, 'nginx'), { recursive: true })
  const [key, certificate] = ['key.pem', 'cert.pem'].map(name => join(directory, 'nginx', name)) as [
    string,
    string
  ]
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2'
  ]
  const files = ['-keyout', key, '-out', certificate, '-subj', '/CN=localhost']
  execFileSync('openssl', [...request, ...files], { stdio: 'ignore' })
  const start = async (name: string, port: number, location: string) => {
    const own = join(directory, 'nginx', name)
    mkdirSync(own)
    const server = [
      `listen 127.0.0.1:${port} ssl;`,
      `ssl_certificate ${certificate};`,
      `ssl_certificate_key ${key};`,
      `location / { ${location} }`
    ]
    writeFileSync(join(own, 'nginx.conf'), nginxConfiguration(own, server))
    const child = spawn('nginx', ['-p', own, '-c', join(own, 'nginx.conf'), '-e', 'stderr'], {
      stdio: 'inherit'
    })
    process.on('exit', () => child.kill('SIGKILL'))
    await listening(port)
    return child.pid!
  }
  const origin = await start('origin', ORIGIN_PORT, `root ${contents};`)
  const proxy = await start('proxy', PROXY_PORT, `proxy_pass https://127.0.0.1:${ORIGIN_PORT};`)
  return { url: name => `https://127.0.0.1:${PROXY_PORT}/${name}`, pids: { origin, proxy } }
}

async function listening(port: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += ASK_MS) {
    const asked = spawn('curl', ['-sk', '-o', '/dev/null', `https://127.0.0.1:${port}/`], { stdio: 'ignore' })
    const [code] = await once(asked, 'exit')
    if (code === 0) return
    await delay(ASK_MS)
  }
  throw new Error(`nginx does not listen on port ${port}`)
}
