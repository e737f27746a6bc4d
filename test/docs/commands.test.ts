import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { settingsOf } from '../../src/cli/command.ts'
import { addCommands, type GroupName } from '../../src/cli/commands.ts'
import { Reporter } from '../../src/cli/reporter.ts'
import { flagPlace, resolveSettings } from '../../src/cli/settings.ts'
import { ownCalls, shellBlocks } from './shell-blocks.ts'
import { WALKED } from './walked-pages.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...readdirSync(join(ROOT, 'docs'))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`)
]
/** The words of npm that are no scripts of package.json. */
const NPM_WORDS = ['ci', 'install', 'pack', 'run', 'test']
const PEER = '12D3KooWGbtF2CHq4eGsA1R4sVbWQyhnbWtYCmUBDyQmpvGAVhzi'
/** What the pages leave to their readers, and something that can stand there. */
const FILLED: [RegExp, string][] = [
  [/12D3KooW\.\.\.|\bID\b/g, PEER],
  [/\$[A-Z]\w*/g, `127.0.0.1:4001/p2p/${PEER}`],
  [/\/ip4\/ADDRESS/g, '/ip4/127.0.0.1'],
  [/\bADDRESS\b/g, '127.0.0.1:4001'],
  [/\bDIRECTOR\b/g, 'director.example'],
  // The policy that a page has its reader write.
  [/\bsoonest\b/g, 'adaptive']
]

const scripts = Object.keys(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts)
const blocks = PAGES.flatMap(page =>
  shellBlocks(readFileSync(join(ROOT, page), 'utf8')).map(block => ({ page, ...block }))
)

describe('the commands on the pages', () => {
  it.each(
    blocks.flatMap(({ page, commands, line }) =>
      commands.flatMap(command => ownCalls(command).map(call => [`${page}:${line}`, call.join(' '), call]))
    ) as [string, string, string[]][]
  )('%s: %s', (_, __, [name, ...args]) => {
    if (name === 'npm') expect(npmFault(args)).toBeUndefined()
    else expect(() => parse(name as 'anabranch' | GroupName, args)).not.toThrow()
  })

  it('are run by a test, or the page says why not', () => {
    const silent = blocks.filter(({ page, notRun }) => !WALKED.includes(page) && notRun === undefined)
    expect(silent.map(({ page, line, commands }) => `${page}:${line} ${commands[0]}`)).toEqual([])
  })

  it('are found to be wrong where they are', () => {
    expect(() => parse('client', ['fetch', 'a', '--no-such-flag'])).toThrow(/unknown option/)
    expect(() => parse('client', ['fetsh'])).toThrow(/unknown command/)
    expect(() => parse('client', ['routes'])).toThrow(/missing required argument/)
    expect(() => parse('relay', ['start', '--max-rate', '40'])).toThrow(/--max-rate/)
    expect(npmFault(['run', 'no-such-script'])).toMatch(/no-such-script/)
  })
})

/** Takes a command line as the program would, up to where it would begin to act. */
function parse(name: 'anabranch' | GroupName, args: string[]): void {
  const program = new Command(name)
  const sink = { write: () => true }
  const io = { stdout: sink, stderr: sink, environment: {} }
  addCommands(program, name, {
    ...io,
    reporter: new Reporter({ ...io, json: false, quiet: true, verbosity: 0 }),
    exitCode: 0,
    isDaemon: false,
    allFlags: () => [],
    cutShort: Promise.withResolvers<number>()
  })
  forAll(program, command => {
    command
      .exitOverride()
      .allowExcessArguments(false)
      .configureOutput({ writeErr: () => {}, outputError: () => {} })
    const settings = settingsOf(command)
    if (command.commands.length > 0) return
    command.action(() => {
      if (settings) resolveSettings(settings, [flagPlace(command.opts())])
    })
  })
  program.parse(args.map(filled), { from: 'user' })
}

function forAll(command: Command, change: (command: Command) => void): void {
  change(command)
  for (const sub of command.commands) forAll(sub, change)
}

function filled(word: string): string {
  return FILLED.reduce((text, [place, value]) => text.replace(place, value), word)
}

function npmFault([word, script]: string[]): string | undefined {
  if (word === 'run' && !scripts.includes(script!)) return `there is no script ${script}`
  return NPM_WORDS.includes(word!) ? undefined : `npm ${word} is not known here`
}
