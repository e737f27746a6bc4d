import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { MemoryContent } from './memory-contents.ts'

/** The server of Debian that conformance is held against. */
export const NGINX = '/usr/sbin/nginx'
export const hasNginx = existsSync(NGINX)

/** Runs nginx with these files. Returns its port and what ends it. */
export async function startNginx(
  contents: Record<string, MemoryContent>
): Promise<{ port: number; stop: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'nginx-'))
  const root = join(directory, 'root')
  for (const [name, { bytes, modifiedAtMs = 0 }] of Object.entries(contents)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), bytes)
    await utimes(join(root, name), modifiedAtMs / 1000, modifiedAtMs / 1000)
  }
  const port = await freePort()
  await writeFile(join(directory, 'nginx.conf'), configuration(directory, root, port))
  const child = spawn(NGINX, ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', 'stderr'])
  const ended = once(child, 'exit')
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error('nginx does not start')
    await delay(10)
  }
  return {
    port,
    stop: async () => {
      child.kill('SIGKILL')
      await ended
      await rm(directory, { recursive: true })
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const answers = await once(socket, 'connect').then(
    () => true,
    () => false
  )
  socket.destroy()
  return answers
}

function configuration(directory: string, root: string, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  return `daemon off;
master_process off;
${user}
pid ${directory}/nginx.pid;
error_log /dev/null crit;
events { worker_connections 64; }
http {
  access_log off;
${temporary.map(name => `  ${name}_temp_path ${directory}/${name};`).join('\n')}
  server {
    listen 127.0.0.1:${port};
    root ${root};
  }
}
`
}
