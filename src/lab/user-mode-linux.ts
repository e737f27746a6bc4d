import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { AnabranchError } from '../errors.ts'
import type { LinkNow } from '../topology/timeline.ts'
import type { Direction } from '../topology/topology.ts'
import { runCommand, runIp, runTc } from './command.ts'
import type { DelayBox } from './delay-box.ts'
import { lastWords } from './kernel-words.ts'
import { UML_ENVIRONMENT, UML_INIT, UML_LAUNCHER } from './uml-scripts.ts'
import { doorLines, netemArguments, redirectLines, wireDevice } from './wiring.ts'

const LINUX = '/usr/bin/linux.uml'
/** Time in milliseconds for booting, which takes 2 s on an idle machine. */
const BOOT_TIMEOUT_MS = 60_000
/**
 * Time in milliseconds to wait for a command's answer, which usually takes a few ms. A command
 * without an answer was missed, and is sent again.
 */
const ANSWER_TIMEOUT_MS = 500
const ATTEMPTS = 20
const POLL_MS = 2

/** The user-mode Linux that carries the links does not start or does not answer. */
export class UserModeLinuxError extends AnabranchError {
  constructor(message: string) {
    super('ERR_USER_MODE_LINUX', message)
  }
}

/**
 * Delay box of a user-mode Linux, whose netem works on network devices that are the wire devices of
 * the links.
 */
export class UserModeLinux implements DelayBox {
  readonly kind = 'user-mode Linux'
  readonly #wires: string
  readonly #directory: string
  readonly #links: number[]
  #sequence = 0

  /**
   * `directory` is the lab's own and holds console and scripts; `links` are the links that go
   * through the box.
   */
  constructor(wiresNamespace: string, directory: string, links: number[]) {
    this.#wires = wiresNamespace
    this.#directory = directory
    this.#links = links
  }

  async start(initial: readonly LinkNow[]): Promise<void> {
    if (!existsSync(LINUX)) {
      throw new UserModeLinuxError(
        `this kernel has no sch_netem and ${LINUX} is missing: run scripts/install-debian-packages.sh`
      )
    }
    await mkdir(join(this.#directory, 'uml'), { recursive: true })
    await writeFile(this.#path('init'), UML_INIT, { mode: 0o755 })
    await writeFile(this.#path('launch.pl'), UML_LAUNCHER)
    await writeFile(this.#path('setup'), this.#setup(initial).join('\n') + '\n')
    await runCommand(['mkfifo', this.#path('input')])
    await this.#makeDoors()
    await this.#boot()
  }

  async apply(link: number, now: LinkNow): Promise<void> {
    await this.#command(batch('tc', this.#netem(link, now)))
  }

  async statistics(link: number, direction: Direction): Promise<string> {
    const device = this.#device(link, direction === 'down' ? 1 : 0)
    return await this.#command([`tc -s qdisc show dev ${device}`])
  }

  async lostFrames(): Promise<number> {
    const sockets = await runCommand(['ip', 'netns', 'exec', this.#wires, 'ss', '-0', '-a', '-n', '-m'])
    const unread = [...sockets.matchAll(/skmem:\(.*?,d(\d+)\)/g)].reduce(
      (sum, match) => sum + Number(match[1]),
      0
    )
    const answer = await this.#command(['cat /sys/class/net/vec*/statistics/[rt]x_dropped'])
    return answer.split(/\s+/).reduce((sum, count) => sum + Number(count), unread)
  }

  /**
   * Makes a device before each wire device, to which the box's socket is bound. A socket that sends
   * into a full queue is told so, and the box would send the frame again until there is room: no
   * frame would ever be lost. Through a mirror the socket never hears of it, and the queue is a
   * drop-tail queue.
   */
  async #makeDoors(): Promise<void> {
    const ends = this.#links.flatMap(link => [[link, 0] as const, [link, 1] as const])
    await runIp(
      this.#wires,
      ends.flatMap(([link, end]) => [
        `link add ${door(link, end)} type ifb`,
        `link set ${door(link, end)} up`
      ])
    )
    await runTc(
      this.#wires,
      ends.flatMap(([link, end]) => doorLines(door(link, end), wireDevice(link, end)))
    )
  }

  async #boot(): Promise<void> {
    const output = await open(this.#path('output'), 'a')
    const devices = this.#links.flatMap(link => [door(link, 0), door(link, 1)])
    const linux = [
      ...[
        LINUX,
        'mem=256M',
        'rootfstype=hostfs',
        'rootflags=/',
        'ro',
        `init=${this.#path('init')}`,
        `labdir=${this.#path('')}`,
        UML_ENVIRONMENT,
        'quiet'
      ],
      ...['con=null', 'con0=fd:0,fd:1', 'umid=box', `uml_dir=${this.#path('')}`]
    ]
    const launch = [
      'nice',
      '-n',
      '-10',
      'perl',
      this.#path('launch.pl'),
      this.#path('input'),
      ...devices,
      '--',
      ...linux
    ]
    // The box runs at a raised priority: the links must keep their pace whatever the nodes do.
    // The console wants a pipe to write to. `cat` turns the pipe into a file, which outlives this
    // process.
    const child = spawn(
      'ip',
      ['netns', 'exec', this.#wires, 'sh', '-c', '"$@" 2>&1 | cat', 'sh', ...launch],
      {
        detached: true,
        stdio: ['ignore', output.fd, output.fd]
      }
    )
    child.unref()
    child.on('error', () => {})
    await output.close()
    for (let waitedMs = 0; ; waitedMs += 20) {
      const text = await readFile(this.#path('output'), 'utf8')
      if (text.includes('FAILED') || child.exitCode !== null || waitedMs > BOOT_TIMEOUT_MS) {
        const isSlow = waitedMs > BOOT_TIMEOUT_MS
        const what = isSlow ? `is not up after ${BOOT_TIMEOUT_MS / 1000} s` : 'does not start'
        throw new UserModeLinuxError(`user-mode Linux ${what}; it said: ${lastWords(text)}`)
      }
      if (text.includes('READY')) return
      await delay(20)
    }
  }

  /**
   * The commands that are run before all others: one run of `ip` and one of `tc` for all links, as
   * starting a program takes a user-mode Linux long.
   */
  #setup(initial: readonly LinkNow[]): string[] {
    const pairs = this.#links.map(link => [this.#device(link, 0), this.#device(link, 1)] as const)
    return [
      ...batch(
        'ip',
        pairs.flat().map(device => `link set ${device} up promisc on`)
      ),
      ...batch('tc', [
        ...pairs.flatMap(([a, b]) => [...redirectLines(a, b), ...redirectLines(b, a)]),
        ...this.#links.flatMap(link => this.#netem(link, initial[link]!))
      ])
    ]
  }

  /** Lines of `tc`. */
  #netem(link: number, now: LinkNow): string[] {
    return [
      `qdisc replace dev ${this.#device(link, 1)} root netem ${netemArguments(now.down)}`,
      `qdisc replace dev ${this.#device(link, 0)} root netem ${netemArguments(now.up)}`
    ]
  }

  /** Runs shell commands in the box; the first one that fails ends the sequence. */
  async #command(lines: string[]): Promise<string> {
    const id = `${process.pid}-${randomBytes(2).toString('hex')}-${this.#sequence++}`
    await writeFile(this.#path(`command-${id}`), lines.join('\n') + '\n')
    const output = this.#path('output')
    const answers = new RegExp(`^ANSWER ${id} (\\d+) (.*)\\n`, 'm')
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      await this.#send(`\n${id}\n`)
      for (let waitedMs = 0; waitedMs < ANSWER_TIMEOUT_MS; waitedMs += POLL_MS) {
        const [, code, text] = answers.exec(await readFile(output, 'utf8')) ?? []
        if (code === '0') return text!.trim()
        if (code !== undefined)
          throw new UserModeLinuxError(`'${lines.join('; ')}' failed in user-mode Linux: ${text}`)
        await delay(POLL_MS)
      }
    }
    throw new UserModeLinuxError(`user-mode Linux does not answer; take the lab down and up again`)
  }

  async #send(text: string): Promise<void> {
    // Without O_NONBLOCK this open would wait for ever where the user-mode Linux is gone.
    const input = await open(this.#path('input'), constants.O_WRONLY | constants.O_NONBLOCK).catch(
      async () => {
        const said = await readFile(this.#path('output'), 'utf8').catch(() => '')
        throw new UserModeLinuxError(
          `the user-mode Linux of the links is gone; take the lab down and up again. It said: ${lastWords(said)}`
        )
      }
    )
    try {
      await input.write(text)
    } finally {
      await input.close()
    }
  }

  #device(link: number, end: 0 | 1): string {
    return `vec${this.#links.indexOf(link) * 2 + end}`
  }

  #path(name: string): string {
    return join(this.#directory, 'uml', name)
  }
}

/** Shell lines that have one run of a program carry out these lines; it ends at the first that fails. */
function batch(program: 'ip' | 'tc', lines: string[]): string[] {
  return [`${program} -batch - <<'end'`, ...lines, 'end']
}

/** The box's device for one end of a link. */
function door(link: number, end: 0 | 1): string {
  return wireDevice(link, end).replace('w', 'b')
}
