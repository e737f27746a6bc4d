import { mkdir, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { hashOf } from './contents.ts'
import { Cluster } from './harness.ts'
import { ffmpeg, type Player, player, textOf } from './players.ts'

/** How long a film is, in seconds and in pictures. */
const SECONDS = 10
const PICTURES_A_SECOND = 25
const PICTURES = SECONDS * PICTURES_A_SECOND
/** Bits of a film a second, about. */
const FILM_RATE = 1_000_000

/** The film in the forms that players read in different ways; an MP4 has its index at the end unless told otherwise. */
const FORMS = {
  'end.mp4': '',
  'start.mp4': '-movflags +faststart',
  'film.mkv': '',
  'hls/film.m3u8': '-f hls -hls_time 4 -hls_playlist_type vod'
}
const NAMES = Object.keys(FORMS)

const MPV_FLAGS = '--no-config --msg-level=all=error --vo=null --ao=null --untimed=no --length=5'

describe('players at a gateway', () => {
  it('show every picture while one relay dies and another is squeezed', async () => {
    // All films are read at once; together the relays carry one and a half times what these need.
    const rate = Math.round((NAMES.length * FILM_RATE * 1.5) / 3 / 1000)
    const { cluster, url } = await started(`${rate}kbit`)
    const readers = NAMES.map(name => readingOf(`-i ${url}/${name}`))
    await Promise.race(readers.map(({ begun }) => begun))
    cluster.relays[0]!.kill('SIGKILL')
    await writeFile(configOf(cluster, 1), `maxRate: ${Math.round(rate / 2)}kbit\n`)
    cluster.relays[1]!.kill('SIGHUP')
    for (const { pictures } of readers) expect(await pictures).toBe(PICTURES)
  })

  it('seek, play at their pace, go on with a download and divide it', async () => {
    const { cluster, url } = await started('100mbit')
    const seen = NAMES.map(async name => {
      for (const second of [8, 2])
        expect(await readingOf(`-ss ${second} -i ${url}/${name} -frames:v 1`).pictures).toBe(1)
    })
    await Promise.all(seen)
    await Promise.all([playAtItsPace(`${url}/start.mp4`), download(cluster, url)])
  })
})

/** mpv shows five seconds, as a person would see them. */
async function playAtItsPace(url: string): Promise<void> {
  const mpv = player('mpv', [MPV_FLAGS, url])
  const said = textOf(mpv.child.stdout!)
  await done(mpv)
  expect(await said).toBe('')
}

async function download(cluster: Cluster, url: string): Promise<void> {
  const film = join(cluster.contents, 'end.mp4')
  const [whole, { size }] = [await hashOf(film), await stat(film)]
  const path = (name: string) => cluster.path(name)
  const from = `${url}/end.mp4`
  await done(player('curl', [`-sS -f -r 0-${Math.round(size / 2)}`, '-o', path('curl'), from]))
  await done(player('curl', ['-sS -f -C -', '-o', path('curl'), from]))
  await done(player('wget', ['-q', '-O', path('wget'), from]))
  await truncate(path('wget'), Math.round(size / 3))
  await done(player('wget', ['-q -c', '-O', path('wget'), from]))
  await done(player('aria2c', ['-q -x4 -s4 -k1M', '-d', cluster.directory, '-o', 'aria2c', from]))
  for (const name of ['curl', 'wget', 'aria2c']) expect(await hashOf(path(name))).toBe(whole)
}

/** The films behind three relays of this rate each, whose configuration can be changed, and a gateway. */
async function started(rate: string) {
  const cluster = await Cluster.create()
  const [director] = await Promise.all([cluster.startDirector(), makeFilms(cluster.contents)])
  cluster.director = director
  const members = [0, 1, 2].map(async index => {
    await writeFile(configOf(cluster, index), `maxRate: ${rate}\n`)
    return await cluster.startMember('relay', `relay${index}`, ['--config', configOf(cluster, index)])
  })
  const source = cluster.startMember('source', 'source', ['--dir', cluster.contents])
  cluster.relays.push(...(await Promise.all(members)))
  for (const member of [await source, ...cluster.relays]) await member.event('registered')
  const where = ['--http', '127.0.0.1:0', '--director', director.address]
  const { url } = await cluster.run(['client', 'gateway', '--json', ...where]).event('listening')
  return { cluster, url: url as string }
}

function configOf(cluster: Cluster, index: number): string {
  return cluster.path(`relay${index}.yaml`)
}

/** Makes one film, and all its forms of it. */
async function makeFilms(directory: string): Promise<void> {
  await mkdir(join(directory, 'hls'))
  const film = join(directory, 'end.mp4')
  const picture = `-f lavfi -i testsrc2=size=320x180:rate=${PICTURES_A_SECOND}`
  const tone = '-f lavfi -i sine=frequency=440:sample_rate=48000'
  const coding = `-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g ${PICTURES_A_SECOND} -c:a aac -b:a 64k`
  const pace = `-b:v ${FILM_RATE} -maxrate ${FILM_RATE} -bufsize ${FILM_RATE} -t ${SECONDS}`
  await done(ffmpeg([picture, tone, coding, pace, film]))
  for (const [name, how] of Object.entries(FORMS).slice(1))
    await done(ffmpeg(['-i', film, `-c copy ${how}`.trim(), join(directory, name)]))
}

/** Reads what is asked for to the end, and takes everything that is wrong with it for an error. */
function readingOf(what: string) {
  const reader = ffmpeg([`-xerror -err_detect explode ${what} -f null -progress pipe:1 -`])
  const begun = Promise.withResolvers<void>()
  let pictures = 0
  createInterface(reader.child.stdout!).on('line', line => {
    const [key, value] = line.split('=')
    if (key !== 'frame') return
    pictures = Number(value)
    if (pictures > 0) begun.resolve()
  })
  return { begun: begun.promise, pictures: done(reader).then(() => pictures) }
}

/** Resolves when the program has ended well and without a complaint. */
async function done({ ended, complaints }: Player): Promise<void> {
  expect(await complaints).toBe('')
  expect(await ended).toEqual([0, null])
}
