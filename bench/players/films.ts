import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../../src/lab/command.ts'

export const LENGTH_MS = 60_000

/** Bits of picture a second, which leaves room for the sound and the packets of MPEG-TS: it needs 8 Mbit/s in all. */
const PICTURE_RATE = 7_400_000

/** One film as programs read it in different ways. An MP4 has its index at the end unless told otherwise. */
const FORMS = {
  'end.mp4': '',
  'film.mkv': '',
  'hls/film.m3u8': '-f hls -hls_time 4 -hls_playlist_type vod'
}
export const FILMS = Object.keys(FORMS)

/** Makes a film of moving noise with a tone, with a key picture each second and the same rate all along. */
export async function makeFilms(directory: string): Promise<void> {
  await mkdir(join(directory, 'hls'), { recursive: true })
  const film = join(directory, 'end.mp4')
  const input = '-f lavfi -i testsrc2=size=640x360:rate=25 -f lavfi -i sine=frequency=440:sample_rate=48000'
  const picture = '-vf noise=alls=40:allf=t -c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 25'
  const rate = `-b:v ${PICTURE_RATE} -minrate ${PICTURE_RATE} -maxrate ${PICTURE_RATE} -bufsize ${PICTURE_RATE}`
  const end = `-c:a aac -b:a 64k -t ${LENGTH_MS / 1000}`
  await ffmpeg(`${input} ${picture} ${rate} ${end}`, film)
  for (const [name, how] of Object.entries(FORMS).slice(1))
    await ffmpeg(`-i ${film} -c copy ${how}`.trim(), join(directory, name))
}

async function ffmpeg(flags: string, output: string): Promise<void> {
  await runCommand(['ffmpeg', '-nostdin', '-nostats', '-loglevel', 'error', ...flags.split(' '), output])
}
