import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { runCli } from '../../src/cli/main.ts'
import { ALL_METRICS } from '../../src/cli/metrics/all-metrics.ts'

const run = promisify(execFile)
const ROLES = ['director', 'relay', 'source']
/** What /metrics may hold: histograms have three names each. */
const METRIC_NAMES = new Set(
  Object.values(ALL_METRICS).flatMap(infos =>
    Object.entries(infos).flatMap(([name, { type }]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]
    )
  )
)

describe('a command that starts a node in deploy/', () => {
  const units = ROLES.map(role => [`anabranch-${role}.service`, read(`anabranch-${role}.service`)])
  it.each([...units, ['Dockerfile', read('Dockerfile')], ['compose.yaml', composeCommands().join('\n')]])(
    'has flags that there are: %s',
    async (_, text) => {
      const commands = [...text!.matchAll(/(director|relay|source) start((?:[^\n]*\\\n)*[^\n]*)/g)]
      expect(commands.length).toBeGreaterThan(0)
      for (const [, role, flags] of commands) {
        const help = await helpOf(role!, 'start')
        const used = flags!.match(/--[a-z-]+/g) ?? []
        expect(used.length).toBeGreaterThan(0)
        for (const flag of used) expect(help).toContain(`${flag} <`)
      }
    }
  )

  it('reads a token from where the unit puts it', async () => {
    for (const role of ROLES) {
      expect(read(`anabranch-${role}.service`)).toContain('#Environment=ANABRANCH_TOKEN_FILE=%d/token')
      expect(await helpOf(role, 'start')).toContain('ANABRANCH_TOKEN_FILE')
    }
  })
})

describe('the units', () => {
  it.each(ROLES)('of a %s lets Node list the addresses of the host, and make machine code', role => {
    const unit = read(`anabranch-${role}.service`)
    expect(unit).toMatch(/^RestrictAddressFamilies=.*\bAF_NETLINK\b/m)
    expect(unit).not.toMatch(/^MemoryDenyWriteExecute/m)
    expect(unit).toMatch(/^ExecReload=.*-HUP/m)
  })

  it.each(ROLES)('of a %s leaves little of the host in reach', async role => {
    const { stdout } = await run('systemd-analyze', [
      'security',
      '--offline=true',
      path(`anabranch-${role}.service`)
    ])
    const exposure = Number(/Overall exposure level for .*: ([\d.]+)/.exec(stdout)![1])
    expect(exposure).toBeLessThan(3)
  })
})

describe('the compose file', () => {
  const { services, volumes } = compose()

  it('gives every node ports and a home of its own', () => {
    const texts = Object.values(services).map(({ command }) => command)
    const ports = texts.map(command => /--listen \S+\/tcp\/(\d+)/.exec(command)![1])
    const metrics = Object.values(services).map(({ environment }) => environment.ANABRANCH_METRICS)
    const homes = Object.values(services).map(service => service.volumes[0]!.split(':'))
    expect(
      Object.keys(services)
        .map(name => name.replace(/\d/, ''))
        .sort()
    ).toEqual(['director', 'relay', 'relay', 'relay', 'source'])
    for (const all of [ports, metrics, homes.map(([name]) => name)]) expect(new Set(all).size).toBe(5)
    expect(homes.map(([name]) => name).sort()).toEqual(Object.keys(volumes).sort())
    const home = /XDG_STATE_HOME=(\S+)/.exec(read('Dockerfile'))![1]
    for (const [, at] of homes) expect(at).toBe(home)
  })

  it('has all others register with the director, and the source offer what is mounted', () => {
    const { director, source, ...relays } = services
    const port = /--listen \S+\/tcp\/(\d+)/.exec(director!.command)![1]
    for (const { command } of [source!, ...Object.values(relays)])
      expect(command).toContain(`--director /ip4/127.0.0.1/tcp/${port}`)
    const dir = /--dir (\S+)/.exec(source!.command)![1]
    expect(source!.volumes[1]!.split(':')[1]).toBe(dir)
  })

  it('builds from a Dockerfile that is there', () => {
    for (const { build } of Object.values(services))
      expect(
        existsSync(
          fileURLToPath(new URL(`../../deploy/${build.context}/${build.dockerfile}`, import.meta.url))
        )
      ).toBe(true)
  })
})

describe('the image', () => {
  it('runs as no root, and asks for its health where it serves it', () => {
    const text = read('Dockerfile')
    expect(text).toMatch(/^USER node$/m)
    expect(text).toMatch(/\bANABRANCH_METRICS=127\.0\.0\.1:\d+/)
    expect(text).toMatch(/^HEALTHCHECK [\s\S]*process\.env\.ANABRANCH_METRICS\}\/healthz/m)
  })
})

describe('alerts and dashboard', () => {
  it.each(['alerts.yaml', 'grafana-dashboard.json'])('ask for metrics that there are: %s', file => {
    const used = metricsIn(expressionsIn(file.endsWith('.json') ? JSON.parse(read(file)) : parse(read(file))))
    expect(used.length).toBeGreaterThan(10)
    expect(used.filter(name => !METRIC_NAMES.has(name))).toEqual([])
  })

  it('has a case that fires and one that does not for each alert', () => {
    const names = parse(read('alerts.yaml')).groups.flatMap(({ rules }: Group) =>
      rules.map(({ alert }) => alert)
    )
    const cases: Case[] = parse(read('alerts-test.yaml')).tests.flatMap((test: Test) => test.alert_rule_test)
    const those = (fires: boolean) =>
      cases.filter(({ exp_alerts }) => exp_alerts.length > 0 === fires).map(({ alertname }) => alertname)
    expect(those(true).sort()).toEqual([...names].sort())
    expect(those(false).sort()).toEqual([...names].sort())
  })

  it('are rules that Prometheus takes, and fire when they have to', async () => {
    await run('promtool', ['check', 'rules', path('alerts.yaml')])
    await run('promtool', ['test', 'rules', path('alerts-test.yaml')])
  })
})

interface Service {
  command: string
  environment: Record<string, string>
  volumes: string[]
  build: { context: string; dockerfile: string }
}
interface Group {
  rules: { alert: string }[]
}
interface Case {
  alertname: string
  exp_alerts: unknown[]
}
interface Test {
  alert_rule_test: Case[]
}

function compose(): { services: Record<string, Service>; volumes: Record<string, unknown> } {
  return parse(read('compose.yaml'), { merge: true })
}

function composeCommands(): string[] {
  return Object.values(compose().services).map(({ command }) => command)
}

/** All values of the key `expr`, at any depth. */
function expressionsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'expr' ? [String(inner)] : expressionsIn(inner)
  )
}

/** The metrics in expressions: besides `up`, all have one of our prefixes. */
function metricsIn(expressions: readonly string[]): string[] {
  return expressions.flatMap(each => each.match(/\b(?:anabranch|process|nodejs)_\w+/g) ?? [])
}

function path(file: string): string {
  return fileURLToPath(new URL(`../../deploy/${file}`, import.meta.url))
}

function read(file: string): string {
  return readFileSync(path(file), 'utf8')
}

async function helpOf(...command: string[]): Promise<string> {
  let text = ''
  const sink = { write: (part: string) => (text += part) }
  await runCli('anabranch', [...command, '--help'], { stdout: sink, stderr: sink, environment: {} })
  return text
}
