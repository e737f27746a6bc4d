/**
 * Real players at a gateway, over the network of `topology/film-night.yaml` and while its events happen: how soon they
 * show a picture, and how often they stop. Each playing has a network of its own. Needs root, `npm run build`, and
 * Debian's ffmpeg, mpv, vlc-bin, vlc-plugin-base and chromium.
 * Usage: npm run bench:players -- [PROGRAM,... [FILM,...]]
 */
import { chmod, cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Emulation } from '../src/lab/emulation.ts'
import { LabGateway } from '../src/lab/lab-gateway.ts'
import { LabRoles } from '../src/lab/lab-roles.ts'
import { measureTransfer } from '../src/lab/measurement.ts'
import { nameOf } from '../src/topology/paths.ts'
import { loadTopology } from '../src/topology/topology-file.ts'
import { FILMS, LENGTH_MS, makeFilms } from './players/films.ts'
import type { Playing } from './players/playing.ts'
import { PROGRAMS } from './players/programs.ts'

const TOPOLOGY = new URL('../topology/film-night.yaml', import.meta.url).pathname

const [programs = Object.keys(PROGRAMS), films = FILMS] = process.argv.slice(2).map(list => list.split(','))
const unknown = [
  ...programs.filter(name => !Object.keys(PROGRAMS).includes(name)),
  ...films.filter(name => !FILMS.includes(name))
]
if (unknown.length > 0) {
  console.error(
    `unknown: ${unknown.join(', ')}; programs: ${Object.keys(PROGRAMS).join(', ')}; films: ${FILMS.join(', ')}`
  )
  process.exit(2)
}
const directory = await mkdtemp(join(tmpdir(), 'anabranch-bench-players-'))
try {
  await chmod(directory, 0o777)
  await makeFilms(join(directory, 'films'))
  console.log(
    'film         program    start-up  stops  their time  longest  late pictures     extra   idle   load'
  )
  for (const program of programs)
    for (const film of films) {
      const { playing, idleShare, failure } = await played(program, film)
      const name = `${film.padEnd(12)} ${program.padEnd(9)}`
      console.log(
        playing
          ? `${name}${row(playing)} ${percent(idleShare)}  ${loadavg()[0]!.toFixed(1)}${stopsOf(playing)}`
          : `${name} ${failure}`
      )
    }
} finally {
  await rm(directory, { recursive: true, force: true })
}

/** Brings the network up, has the program play the film in it, and takes it down. */
async function played(program: string, film: string) {
  const loaded = await loadTopology(TOPOLOGY)
  // The lab's own content is not wanted here.
  const topology = { ...loaded.topology, contentBytes: 1_000 }
  const { traces } = loaded
  const emulation = await Emulation.up(topology, loaded)
  try {
    const contents = join(emulation.workDirectory, 'content')
    await mkdir(contents)
    await cp(join(directory, 'films'), contents, { recursive: true })
    const roles = await LabRoles.start(emulation)
    const gateway = await LabGateway.start(emulation, roles.nodes)
    const client = nameOf(topology, 'client')
    let playing: Playing | undefined
    const { signal } = new AbortController()
    const changeNode: LabRoles['changeNode'] = (node, action) => roles.changeNode(node, action)
    const { idleShare, failure } = await measureTransfer(
      'anabranch',
      { emulation, traces, idealMs: LENGTH_MS, signal, changeNode },
      async () => {
        const nothing = { completionMs: 1, longestStallMs: 0, identical: true, progress: [] }
        try {
          playing = await PROGRAMS[program]!({
            url: `${gateway.url}/${film}`,
            lengthMs: LENGTH_MS,
            directory,
            inClient: argv => emulation.inNode(client, argv)
          })
          return nothing
        } catch (error) {
          return { ...nothing, failure: String(error) }
        }
      }
    )
    await gateway.stop()
    await roles.stop()
    return { playing, idleShare, failure }
  } finally {
    await emulation.down()
  }
}

function row({ startUpMs, stops, latePictures, extraMs }: Playing): string {
  const times = stops.map(({ durationMs }) => durationMs)
  const sum = times.reduce((total, time) => total + time, 0)
  return [
    seconds(startUpMs).padStart(10),
    String(stops.length).padStart(7),
    seconds(sum).padStart(12),
    seconds(Math.max(0, ...times)).padStart(9),
    String(latePictures).padStart(15),
    seconds(extraMs).padStart(10)
  ].join('')
}

function stopsOf({ stops }: Playing): string {
  return stops.length > 0 ? `  stops at ${stops.map(({ atMs }) => seconds(atMs)).join(', ')}` : ''
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}

function percent(share = 0): string {
  return `${Math.round(share * 100)} %`.padStart(6)
}
