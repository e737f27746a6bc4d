import { join } from 'node:path'
import { Command } from 'commander'
import { ExitCode, UsageError } from '../errors.ts'
import type { CliRun } from './command.ts'
import { labReporter } from './lab-reporter.ts'

const DEFAULT_SHELL = '/bin/sh'

interface LabFlags {
  json?: boolean
  lab?: string
}

/** Commands that work on a network that stays up: up, list, exec, shell, set, kill, down. */
export function addLabNetworkCommands(lab: Command, run: CliRun): void {
  lab.addCommand(
    new Command('up')
      .description('bring a topology up and leave it up')
      .argument('<FILE>', 'topology file')
      .option('--roles', 'start source, relays and director too')
      .option('--json', 'tell everything as one JSON object a line')
      .action((file: string, flags) => up(run, file, flags))
  )
  lab.addCommand(
    new Command('list').description('the labs that are up').action(async () => {
      const { listLabs } = await import('../lab/lab-state.ts')
      for (const labId of await listLabs()) run.stdout.write(labId + '\n')
    })
  )
  lab.addCommand(
    onLab('exec')
      .description('run a command in a node')
      .argument('<NODE>')
      .argument('<COMMAND...>', 'after --')
      .action((node: string, argv: string[], flags: LabFlags) => exec(run, node, argv, flags))
  )
  lab.addCommand(
    onLab('shell')
      .description('a shell in a node')
      .argument('<NODE>')
      .action((node: string, flags: LabFlags) =>
        exec(run, node, [run.environment.SHELL || DEFAULT_SHELL], flags)
      )
  )
  lab.addCommand(
    onLab('set')
      .description('change a link while it runs')
      .argument('<LINK>', 'its two nodes, as src-r1')
      .argument(
        '<CHANGE...>',
        'rate=2mbit delay=20ms jitter=2ms loss=1% queue=200, or one of down, up, reset'
      )
      .action((link: string, changes: string[], flags: LabFlags) => set(run, link, changes, flags))
  )
  lab.addCommand(
    onLab('kill')
      .description('kill every process of a node')
      .argument('<NODE>')
      .action((node: string, flags: LabFlags) => kill(run, node, flags))
  )
  lab.addCommand(
    onLab('down')
      .description('take a lab down, also one whose process was killed')
      .option('--all', 'every lab that is up')
      .action((flags: LabFlags & { all?: boolean }) => down(run, flags))
  )
}

/** Makes a command on a lab that is up. */
function onLab(name: string): Command {
  return new Command(name)
    .option('--lab <ID>', 'which lab; default: the only one')
    .option('--json', 'tell everything as one JSON object a line')
}

async function up(run: CliRun, file: string, flags: { roles?: boolean; json?: boolean }): Promise<void> {
  const reporter = labReporter(run, flags)
  const { loadTopology } = await import('../topology/topology-file.ts')
  const { Emulation } = await import('../lab/emulation.ts')
  const loaded = await loadTopology(file)
  const emulation = await Emulation.up(loaded.topology, { ...loaded, changeable: true })
  const nodes = loaded.topology.nodes.map(({ name, role, addresses }) => ({
    name,
    role,
    addresses: addresses.map(({ ip }) => ip)
  }))
  const lines = [`lab ${emulation.labId} is up, links by ${emulation.kind}`]
  lines.push(
    ...nodes.map(
      ({ name, role, addresses }) => `  ${name.padEnd(12)} ${role.padEnd(8)} ${addresses.join(' ')}`
    )
  )
  let fetches: string[][] | undefined
  if (flags.roles === true) {
    const { LabRoles } = await import('../lab/lab-roles.ts')
    const { fetchCommand } = await import('../lab/role-command.ts')
    const { clientsOf } = await import('../topology/topology.ts')
    try {
      const roles = await LabRoles.start(emulation)
      // What is served has to be a file.
      const targetOf = (name: string, serves: boolean) =>
        serves ? join(emulation.workDirectory, `fetched-${name}.bin`) : '/dev/null'
      fetches = clientsOf(loaded.topology).map(client => [
        ...[client.name, '--'],
        ...fetchCommand(roles.nodes, client, targetOf(client.name, client.serves))
      ])
      lines.push(...fetches.map(argv => `fetch with: anabranch lab exec ${argv.join(' ')}`))
    } catch (error) {
      await emulation.down()
      throw error
    }
  }
  reporter.data({ event: 'up', lab: emulation.labId, links: emulation.kind, nodes, fetches }, lines)
}

async function exec(run: CliRun, node: string, argv: string[], flags: LabFlags): Promise<void> {
  const emulation = await attach(flags)
  checkNode(emulation.topology, node)
  const [program, ...args] = emulation.inNode(node, argv)
  // SIGINT is ignored here, as Ctrl-C reaches the command by itself: both are in the terminal's
  // foreground.
  process.removeAllListeners('SIGINT').on('SIGINT', () => {})
  const { spawn } = await import('node:child_process')
  const child = spawn(program!, args, { stdio: 'inherit' })
  run.exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) =>
      resolve(signal === null ? (code ?? ExitCode.other) : ExitCode.signal)
    )
  })
}

async function set(run: CliRun, linkName: string, changes: string[], flags: LabFlags): Promise<void> {
  const reporter = labReporter(run, flags)
  const { parseLinkChange } = await import('../topology/topology.ts')
  const { linkByName } = await import('../topology/topology.ts')
  const emulation = await attach(flags)
  const link = linkByName(emulation.topology, linkName)
  await emulation.applyEvent({ atMs: 0, link, change: parseLinkChange(changes) })
  reporter.tell(
    { event: 'set', link: linkName, now: emulation.links[link] },
    `${linkName}: ${changes.join(' ')}`
  )
}

async function kill(run: CliRun, node: string, flags: LabFlags): Promise<void> {
  const reporter = labReporter(run, flags)
  const emulation = await attach(flags)
  checkNode(emulation.topology, node)
  const processes = await emulation.kill(node)
  reporter.tell({ event: 'kill', node, processes }, `killed ${processes} processes of ${node}`)
}

async function down(run: CliRun, flags: LabFlags & { all?: boolean }): Promise<void> {
  const reporter = labReporter(run, flags)
  const { takeDown } = await import('../lab/emulation.ts')
  const { chooseLab, listLabs } = await import('../lab/lab-state.ts')
  for (const labId of flags.all === true ? await listLabs() : [await chooseLab(flags.lab)]) {
    await takeDown(labId)
    reporter.tell({ event: 'down', lab: labId }, `lab ${labId} is down`)
  }
}

async function attach(flags: LabFlags) {
  const { Emulation } = await import('../lab/emulation.ts')
  const { chooseLab } = await import('../lab/lab-state.ts')
  return await Emulation.attach(await chooseLab(flags.lab))
}

function checkNode(topology: { nodes: { name: string }[] }, name: string): void {
  if (topology.nodes.some(node => node.name === name)) return
  throw new UsageError(
    `there is no node '${name}'; there are ${topology.nodes.map(node => node.name).join(', ')}`
  )
}
