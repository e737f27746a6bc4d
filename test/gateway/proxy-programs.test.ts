import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeAptConfig, makeAptRepository } from './apt-repository.ts'
import { MemoryContents } from './memory-contents.ts'
import { contentsIn, runProgram, temporaryDirectory } from './run-program.ts'
import { serveOrigin, serveProxy } from './serve-proxy.ts'

const FILM = { bytes: Buffer.from('a film of a holiday') }
const films = () => new MemoryContents({ 'films/a.mkv': FILM })
const MAP = { 'http://films.example/': 'films/' }
const URLS = ['http://films.example/a.mkv', 'http://films.anabranch/a.mkv']

it('serves curl, in parts and through tunnels as well', async () => {
  const origin = await serveOrigin((_, response) => response.end('of somebody else'))
  const { url } = await serveProxy(films(), MAP)
  const curl = async (...args: string[]) => String(await runProgram('curl', ['-sSf', '-x', url, ...args]))
  for (const from of URLS) {
    expect(await curl(from)).toBe('a film of a holiday')
    expect(await curl('-r', '2-5', from)).toBe('film')
    expect(await curl('-p', from)).toBe('a film of a holiday')
  }
  expect(await curl(origin.url)).toBe('of somebody else')
  expect(await curl('-p', origin.url)).toBe('of somebody else')
  await expect(curl('http://films.anabranch/none')).rejects.toThrow('404')
  await expect(curl('https://films.anabranch/a.mkv')).rejects.toThrow()
})

it('serves wget, which goes on where it was', async () => {
  const { url } = await serveProxy(films(), MAP)
  const path = join(await temporaryDirectory(), 'a.mkv')
  for (const from of URLS) {
    await writeFile(path, 'a film')
    await runProgram('wget', ['-q', '-c', '-O', path, from], { http_proxy: url })
    expect(await readFile(path, 'utf8')).toBe('a film of a holiday')
  }
})

it('serves Node, whose fetch asks for tunnels, and whose http does not', async () => {
  const { url } = await serveProxy(films(), MAP)
  const program = `
    const { get } = await import('node:http')
    for (const url of ${JSON.stringify(URLS)}) {
      console.log(await (await fetch(url)).text())
      await new Promise(done => get(url, answer => answer.on('end', done).pipe(process.stdout, { end: false })))
      console.log()
    }`
  const args = ['--use-env-proxy', '--input-type=module', '-e', program]
  const said = await runProgram(process.execPath, args, { http_proxy: url })
  expect(String(said)).toBe('a film of a holiday\n'.repeat(4))
})

it('serves git, which clones a repository of plain files', async () => {
  const directory = await temporaryDirectory()
  const [work, bare, clone] = ['work', 'bare', 'clone'].map(name => join(directory, name)) as [
    string,
    string,
    string
  ]
  const me = ['-c', 'user.name=Nobody', '-c', 'user.email=nobody@example.org']
  const git = (...args: string[]) =>
    runProgram('git', [...me, ...args], { HOME: directory, GIT_CONFIG_NOSYSTEM: '1' })
  await git('init', '-q', work)
  await writeFile(join(work, 'a.txt'), 'a text')
  await git('-C', work, 'add', 'a.txt')
  await git('-C', work, 'commit', '-q', '-m', 'first')
  await git('clone', '-q', '--bare', work, bare)
  await git('-C', bare, 'update-server-info')
  const { url } = await serveProxy(new MemoryContents(await contentsIn(bare, 'code/project.git')))
  await git('-c', `http.proxy=${url}`, 'clone', '-q', 'http://code.anabranch/project.git', clone)
  expect(await readFile(join(clone, 'a.txt'), 'utf8')).toBe('a text')
})

it('serves apt, which gets from the server what nobody else has', async () => {
  const directory = await temporaryDirectory()
  const { root, key } = await makeAptRepository(directory, ['first', 'second'])
  const origin = await serveOrigin((request, response) => void sendFile(join(root, request.url!), response))
  const files = await contentsIn(root, 'mirror/debian')
  const missing = Object.keys(files).find(name => name.includes('second'))!
  delete files[missing]
  const { url, failures } = await serveProxy(new MemoryContents(files), {
    [`${origin.url}/`]: 'mirror/debian/'
  })
  const config = await makeAptConfig(directory, {
    source: `deb [arch=all signed-by=${key}] ${origin.url}/ stable main`,
    proxy: url
  })
  const apt = (...args: string[]) => runProgram('apt-get', ['-q', ...args], { APT_CONFIG: config })
  await apt('update')
  expect(origin.requests.map(request => request.url)).toEqual([])
  await apt('install', '-y', '--download-only', 'first', 'second')
  expect(origin.requests.map(request => request.url)).toEqual([
    missing.replace('mirror/debian', '').replace('+', '%2b')
  ])
  const stored = await readdir(join(directory, 'cache/archives'))
  expect(stored.filter(name => name.endsWith('.deb')).toSorted()).toEqual([
    'first_1.0+b1_all.deb',
    'second_1.0+b1_all.deb'
  ])
  expect(failures).toEqual([])
})

it('serves ffmpeg, which seeks', async () => {
  const directory = await temporaryDirectory()
  await mkdir(join(directory, 'films'))
  // Its table stands at the end, as that of cameras does.
  const film = join(directory, 'films/a.mov')
  const make = [
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=160x120:r=25:d=4',
    '-c:v',
    'rawvideo',
    '-pix_fmt',
    'yuyv422',
    film
  ]
  await runProgram('ffmpeg', ['-v', 'error', ...make])
  const contents = new MemoryContents(await contentsIn(join(directory, 'films'), 'films'))
  const { url } = await serveProxy(contents, MAP)
  const frames = async (from: string) => {
    const read = ['-v', 'error', '-ss', '2', '-i', from, '-f', 'md5', '-']
    return String(await runProgram('ffmpeg', read, { http_proxy: url }))
  }
  const expected = await frames(film)
  expect(expected).toMatch(/^MD5=/)
  for (const from of ['http://films.example/a.mov', 'http://films.anabranch/a.mov'])
    expect(await frames(from)).toBe(expected)
  expect(contents.reads.some(({ range }) => range!.start > 0)).toBe(true)
})

async function sendFile(path: string, response: ServerResponse): Promise<void> {
  const bytes = await readFile(decodeURIComponent(path)).catch(() => undefined)
  response.writeHead(bytes ? 200 : 404).end(bytes)
}
