import { type Document, isMap, LineCounter, type Node, parseDocument } from 'yaml'
import type { z } from 'zod'

const MAX_MESSAGE_CHARS = 120

/** One fault in a file, with its place. */
export interface FileProblem {
  line: number
  column: number
  /** Dotted path of the value, such as `topology.links.0.rate`. */
  path: string
  message: string
  /** The key that does not belong there, where that is the fault. */
  strangeKey?: string
}

/** A YAML text that fits its schema. */
export interface ParsedYaml<T> {
  value: T
  problems?: undefined
  /** Makes a fault of the value at `path`, or of its nearest parent that the file has. */
  locate(path: readonly PropertyKey[], message: string): FileProblem
}

/** Reads YAML by a schema; every problem found comes with its line and column. */
export function parseYaml<S extends z.ZodType>(
  text: string,
  schema: S
): ParsedYaml<z.output<S>> | { problems: FileProblem[] } {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const positionOf = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const [fault] = document.errors
  if (fault) {
    // The other faults follow from the first one.
    return { problems: [{ ...positionOf(fault.pos[0]), path: '', message: shortened(fault.message) }] }
  }
  const locate = (path: readonly PropertyKey[], message: string): FileProblem => ({
    ...positionOf(offsetOf(document.contents, path)),
    path: path.join('.'),
    message
  })
  const plain = plainValueOf(document)
  if ('fault' in plain) return { problems: [{ ...positionOf(0), path: '', message: shortened(plain.fault) }] }
  const parsed = schema.safeParse(plain.value)
  if (parsed.success) return { value: parsed.data, locate }
  const faults = parsed.error.issues.flatMap(issue => flatten(issue))
  const problems = faults.map(({ path, message, isKey }) => ({
    ...positionOf(offsetOf(document.contents, path, isKey)),
    path: path.join('.'),
    message,
    ...(isKey ? { strangeKey: String(path.at(-1)) } : {})
  }))
  return { problems }
}

/** The document as plain data, or why there is none: aliases may name nothing, or stand for too much. */
function plainValueOf(document: Document): { value: unknown } | { fault: string } {
  try {
    return { value: document.toJS() }
  } catch (error) {
    return { fault: (error as Error).message }
  }
}

/** Shortens a message of the parser, which may quote half the file. */
function shortened(message: string): string {
  return message.length > MAX_MESSAGE_CHARS ? `${message.slice(0, MAX_MESSAGE_CHARS)}...` : message
}

/** Formats a fault as `FILE:LINE:COLUMN: path message`. */
export function describeProblem(fileName: string, { line, column, path, message }: FileProblem): string {
  return `${fileName}:${line}:${column}: ${path === '' ? '' : path + ' '}${message}`
}

/** Describes the first problem in full, as one line tells a user what to do. */
export function describeProblems(fileName: string, problems: readonly FileProblem[]): string {
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
  return describeProblem(fileName, problems[0]!) + more
}

/** Offset in the text of the value at a path (or of its key), or of its nearest parent that exists. */
function offsetOf(contents: unknown, path: readonly PropertyKey[], isKey = false): number {
  let node = contents as Node | null
  let offset = node?.range?.[0] ?? 0
  for (const [index, step] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find(item => String((item.key as { value?: unknown })?.value) === String(step))
      if (pair === undefined) break
      offset = (pair.key as Node).range?.[0] ?? offset
      if (isKey && index === path.length - 1) break
      node = (pair.value as Node | null) ?? null
    } else {
      node = ((node as { items?: Node[] } | null)?.items ?? [])[Number(step)] ?? null
    }
    if (node?.range != null) offset = node.range[0]
  }
  return offset
}

interface Fault {
  path: PropertyKey[]
  message: string
  /** Whether the key is wrong, and not its value. */
  isKey?: boolean
}

/** Whether the value itself is of another type than this side of a union wants, such as text for a map. */
function isOfOtherType(issues: readonly z.core.$ZodIssue[]): boolean {
  return issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0)
}

/**
 * Turns one issue of zod into faults of path and message. Each unknown key becomes one fault; of a
 * union the issues of its likelier side count.
 */
function flatten(issue: z.core.$ZodIssue, prefix: PropertyKey[] = []): Fault[] {
  const path = [...prefix, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => ({
      path: [...path, key],
      message: 'is not a key that belongs here',
      isKey: true
    }))
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const likelier = issue.errors.toSorted(
      (a, b) => Number(isOfOtherType(a)) - Number(isOfOtherType(b)) || a.length - b.length
    )[0]!
    return likelier.flatMap(inner => flatten(inner, path))
  }
  return [{ path, message: issue.message }]
}
