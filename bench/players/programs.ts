import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { playInChromium } from './chromium.ts'
import { type Playing, Watch } from './playing.ts'

/** Longest time in ms between two pictures that is no stop. */
const LEAST_STOP_MS = 500
/** Time in ms for mpv to take commands. */
const IPC_TIMEOUT_MS = 30_000

export interface Play {
  url: string
  lengthMs: number
  /** A directory that the program may write to. */
  directory: string
  /** Makes a command line run in the client's node. */
  inClient(argv: string[]): string[]
}

/** The programs, each with how it is usually started, but for mpv with a cache as small as that of the lab's player. */
export const PROGRAMS: Record<string, (play: Play) => Promise<Playing>> = {
  ffmpeg: playInFfmpeg,
  mpv: play => playInMpv(play, []),
  'mpv-2s': play => playInMpv(play, ['--cache-secs=2']),
  vlc: playInVlc,
  chromium: playInChromium
}

/** ffmpeg reads no further ahead than its decoders need, so it feels each stall. */
async function playInFfmpeg({ url, lengthMs, inClient }: Play): Promise<Playing> {
  const flags = '-nostdin -nostats -loglevel error -xerror -re'.split(' ')
  const out = '-f null -stats_period 0.1 -progress pipe:1 -'.split(' ')
  const watch = new Watch(inClient(['ffmpeg', ...flags, '-i', url, ...out]))
  let lastMs = 0
  let frame = 0
  for await (const line of linesOf(watch.child.stdout!)) {
    const [key, value] = line.split('=')
    if (key !== 'frame' || Number(value) === frame) continue
    frame = Number(value)
    watch.picture()
    if (lastMs > 0 && watch.nowMs - lastMs > LEAST_STOP_MS) watch.stopped(lastMs)
    watch.goesOn()
    lastMs = watch.nowMs
  }
  await watch.ended
  return watch.playing(lengthMs)
}

/** mpv tells when it waits for its cache, by the JSON of its own socket. */
async function playInMpv({ url, lengthMs, directory, inClient }: Play, more: string[]): Promise<Playing> {
  const socketPath = `${directory}/mpv.sock`
  const flags = ['--no-config', '--vo=null', '--ao=null', `--input-ipc-server=${socketPath}`, ...more]
  const watch = new Watch(inClient(['mpv', ...flags, url]))
  const socket = await connected(socketPath)
  const observed = ['paused-for-cache', 'frame-drop-count', 'decoder-frame-drop-count']
  for (const [id, name] of observed.entries())
    socket.write(`${JSON.stringify({ command: ['observe_property', id, name] })}\n`)
  const late = new Map<string, number>()
  for await (const line of linesOf(socket)) {
    const { event, name, data } = JSON.parse(line)
    if (event === 'playback-restart') watch.picture()
    if (event === 'end-file') break
    if (event !== 'property-change') continue
    if (name === 'paused-for-cache') data === true ? watch.stopped() : watch.goesOn()
    else if (typeof data === 'number') late.set(name, data)
  }
  watch.latePictures = [...late.values()].reduce((sum, count) => sum + count, 0)
  const playing = watch.playing(lengthMs)
  await watch.ended
  return playing
}

/** VLC runs as nobody, since it refuses root. Its log tells when its clock ran dry and which pictures came late. */
async function playInVlc({ url, lengthMs, directory, inClient }: Play): Promise<Playing> {
  const as = 'setpriv --reuid=nobody --regid=nogroup --clear-groups'.split(' ')
  const flags = '-I dummy -vv --no-color --vout=dummy --aout=adummy --play-and-exit'.split(' ')
  const watch = new Watch(inClient([...as, 'env', `HOME=${directory}`, 'cvlc', ...flags, url]))
  for await (const line of linesOf(watch.child.stderr!)) {
    if (/Received first picture/.test(line)) watch.picture()
    if (/PCR +is called .*late/.test(line)) watch.stopped()
    if (/Stream buffering done/.test(line)) watch.goesOn()
    if (/picture is too late|picture might be displayed late/.test(line)) watch.latePictures++
  }
  await watch.ended
  return watch.playing(lengthMs)
}

async function connected(path: string) {
  const giveUpAtMs = performance.now() + IPC_TIMEOUT_MS
  for (;;) {
    const socket = connect(path)
    const opened = await new Promise<boolean>(resolve => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    if (opened) return socket
    if (performance.now() > giveUpAtMs) throw new Error('mpv takes no commands')
    await delay(10)
  }
}

function linesOf(input: Readable) {
  return createInterface({ input })
}
