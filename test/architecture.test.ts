import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../src', import.meta.url))

/** Which rooms each room may import, besides `errors.ts`, `units/` and `scheduler.ts`, which stand below all. */
const ARROWS: Record<string, string[]> = {
  units: [],
  pattern: [],
  paths: [],
  files: [],
  http: [],
  topology: ['paths'],
  protocol: ['pattern'],
  planner: ['pattern', 'protocol'],
  transport: ['protocol'],
  discovery: ['protocol', 'transport'],
  client: ['pattern', 'protocol', 'planner', 'files', 'transport', 'discovery'],
  source: ['pattern', 'protocol', 'transport'],
  relay: ['pattern', 'protocol', 'transport'],
  director: ['paths', 'protocol', 'transport'],
  simulation: [
    'pattern',
    'paths',
    'protocol',
    'planner',
    'topology',
    'client',
    'source',
    'relay',
    'director'
  ],
  lab: ['pattern', 'paths', 'protocol', 'planner', 'topology', 'transport', 'client', 'simulation'],
  cli: [
    ...['pattern', 'protocol', 'planner', 'files', 'http', 'topology', 'transport', 'discovery'],
    ...['client', 'source', 'relay', 'director', 'lab']
  ]
}
const BELOW_ALL = ['errors.ts', 'scheduler.ts', 'units']
/** For other programs: everything but what only this one needs. */
const LIBRARY = { file: 'index.ts', not: ['cli', 'lab', 'simulation', 'files'] }

/** Made by a generator: neither read nor written by people. */
const GENERATED = ['protocol/director.ts', 'protocol/route.ts']
const MAX_CODE_LINES = 400

interface SourceFile {
  path: string
  room: string
  text: string
  imports: string[]
}

const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.ts'))
  .map(readSource)

describe('the house', () => {
  it('has no arrow between rooms but those that are drawn', () => {
    const wrong = files.flatMap(({ path, room, imports }) =>
      imports.filter(target => !isAllowed(path, room, roomOf(target))).map(target => `${path} -> ${target}`)
    )
    expect(wrong).toEqual([])
  })

  it('has no circles, those of types alone included', () => {
    expect(circles()).toEqual([])
  })

  it('has no file that is too long to be read at once', () => {
    const long = files.filter(
      ({ path, text }) => !GENERATED.includes(path) && codeLines(text) > MAX_CODE_LINES
    )
    expect(long.map(({ path }) => path)).toEqual([])
  })
})

function readSource(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)]
  return {
    path,
    room: roomOf(path),
    text,
    imports: imports.map(([, target]) => normalize(join(dirname(path), target!)))
  }
}

function roomOf(path: string): string {
  return path.split('/')[0]!
}

function isAllowed(path: string, from: string, to: string): boolean {
  if (from === to || BELOW_ALL.includes(to)) return true
  if (path === LIBRARY.file) return !LIBRARY.not.includes(to)
  return ARROWS[from]?.includes(to) ?? false
}

/** Each group of files that lead to one another, by Tarjan's algorithm. */
function circles(): string[][] {
  const importsOf = new Map(files.map(({ path, imports }) => [path, imports]))
  const found: string[][] = []
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const stack: string[] = []
  const visit = (path: string): void => {
    order.set(path, order.size)
    lowest.set(path, order.get(path)!)
    stack.push(path)
    for (const target of importsOf.get(path) ?? []) {
      if (!order.has(target)) visit(target)
      if (stack.includes(target)) lowest.set(path, Math.min(lowest.get(path)!, lowest.get(target)!))
    }
    if (lowest.get(path) !== order.get(path)) return
    const group = stack.splice(stack.indexOf(path))
    if (group.length > 1) found.push(group.sort())
  }
  for (const { path } of files) if (!order.has(path)) visit(path)
  return found
}

/** Lines that are neither empty nor comments. */
function codeLines(text: string): number {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '')
  return code.split('\n').filter(line => line.trim() !== '' && !line.trim().startsWith('//')).length
}
