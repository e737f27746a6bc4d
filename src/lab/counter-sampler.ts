import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import type { Direction } from '../topology/topology.ts'
import { namespaces, wireDevice } from './wiring.ts'

/** Time between two samples, in milliseconds. */
export const SAMPLE_MS = 100

/** The bytes, of whole Ethernet frames, that had left each link's far end by one time. */
export interface CounterSample {
  /** Milliseconds since the epoch. */
  epochMs: number
  links: Record<Direction, number>[]
}

/** Shell script that prints, again and again, the time and the bytes that each wire device has sent. */
const SCRIPT = `
use Time::HiRes qw(time sleep);
$| = 1;
my $next = time;
while (1) {
  open my $file, '<', '/proc/net/dev' or die;
  printf '%.1f', time * 1000;
  while (<$file>) { print " $1 $2" if /^\\s*(w\\d+[ab]):\\s*(?:\\d+\\s+){8}(\\d+)/ }
  print "\\n";
  close $file;
  $next += ${SAMPLE_MS / 1000};
  my $left = $next - time;
  sleep($left) if $left > 0;
}
`

/** Reads the counters of a lab's links all the time, to know what really travelled over them. */
export class CounterSampler {
  readonly samples: CounterSample[] = []
  readonly #child: ChildProcess
  readonly #lines: Interface
  readonly #ended: Promise<void>

  constructor(labId: string, linkCount: number) {
    this.#child = spawn('ip', ['netns', 'exec', namespaces.wires(labId), 'perl', '-e', SCRIPT], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true
    })
    this.#lines = createInterface(this.#child.stdout!)
    this.#lines.on('line', line => this.samples.push(parseSample(line, linkCount)))
    this.#ended = new Promise(resolve => {
      this.#child.once('error', () => resolve())
      this.#child.once('close', () => resolve())
    })
  }

  /** Resolves once there is one more sample, or can be no more. */
  async another(): Promise<void> {
    await Promise.race([once(this.#lines, 'line'), this.#ended])
  }

  async stop(): Promise<CounterSample[]> {
    this.#child.kill('SIGKILL')
    await this.#ended
    return this.samples
  }
}

/** Reads one line of the sampler. */
export function parseSample(line: string, linkCount: number): CounterSample {
  const [epochMs, ...words] = line.split(' ')
  const bytes = new Map<string, number>()
  for (let i = 0; i + 1 < words.length; i += 2) bytes.set(words[i]!, Number(words[i + 1]))
  return {
    epochMs: Number(epochMs),
    links: Array.from({ length: linkCount }, (_, link) => ({
      down: bytes.get(wireDevice(link, 1)) ?? 0,
      up: bytes.get(wireDevice(link, 0)) ?? 0
    }))
  }
}
