import { Activity } from '../../src/gateway/activity.ts'
import { Gateway } from '../../src/gateway/gateway.ts'
import { CONFORMANCE, type ConformanceRow } from './conformance-table.ts'
import { type MemoryContent, MemoryContents } from './memory-contents.ts'
import { startNginx } from './nginx.ts'
import { answersIn, exchange } from './raw-request.ts'
import { summaryOf } from './summary.ts'

const FILM = Buffer.from(Array.from({ length: 1000 }, (_, at) => at % 251))
const MODIFIED_AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5)

/** What both servers have. */
const CONTENTS: Record<string, MemoryContent> = {
  'film.mkv': { bytes: FILM, modifiedAtMs: MODIFIED_AT_MS },
  'holiday film/ä+b.mkv': { bytes: FILM, modifiedAtMs: MODIFIED_AT_MS },
  'empty.bin': { bytes: Buffer.alloc(0), modifiedAtMs: MODIFIED_AT_MS }
}

/** What our gateway answers to each request of the table. */
export async function ourAnswers(): Promise<string[]> {
  const gateway = new Gateway({ contents: new MemoryContents(CONTENTS), activity: new Activity() })
  const url = await gateway.start({ host: '127.0.0.1', port: 0 })
  try {
    return await answersOf(Number(new URL(url).port))
  } finally {
    await gateway.stop()
  }
}

/** What nginx answers to each request of the table. */
export async function nginxAnswers(): Promise<string[]> {
  const { port, stop } = await startNginx(CONTENTS)
  try {
    return await answersOf(port)
  } finally {
    await stop()
  }
}

async function answersOf(port: number): Promise<string[]> {
  const answers: string[] = []
  const etag = await etagOf(port)
  for (const { request } of CONFORMANCE) answers.push(await answerTo(port, request, etag))
  return answers
}

async function answerTo(port: number, request: ConformanceRow['request'], etag: string): Promise<string> {
  const text = wholeRequest(request)
    .replaceAll('{etag}', etag)
    .replaceAll('{modified}', new Date(MODIFIED_AT_MS).toUTCString())
  const methods = [...text.matchAll(/^(\S+) \S+ HTTP\/1\.[01]\r$/gm)].map(([, method]) => method!)
  const answers = answersIn(await exchange(port, text), methods)
  const summaries = answers.map((answer, at) => summaryOf(answer, methods[at] ?? '', FILM))
  return summaries.length === 0 ? 'closed' : summaries.join(' - ')
}

async function etagOf(port: number): Promise<string> {
  const answer = await exchange(port, wholeRequest('HEAD /film.mkv HTTP/1.1'))
  return answersIn(answer, ['HEAD'])[0]!.headers.etag!
}

/** Adds what every request has: its host, and that it is the last one. One that ends with an empty line is whole. */
function wholeRequest(request: string): string {
  const lines = request.split('\n')
  if (lines.at(-1) !== '') lines.push('Host: localhost', 'Connection: close', '')
  return `${lines.join('\r\n')}\r\n`
}

/** The table as docs/gateway.md has it. */
export function conformanceTable(): string {
  const rows = CONFORMANCE.map(({ request, ours, nginx, why = '' }) =>
    [code(shortRequest(request)), ours, nginx === ours ? 'the same' : nginx, why].join(' | ')
  )
  return ['| request | gateway | nginx | why |', '|---|---|---|---|', ...rows.map(row => `| ${row} |`)].join(
    '\n'
  )
}

/** A request in one line; one that was sent as it stands is shown so. */
function shortRequest(request: string): string {
  const added = request.endsWith('\n') ? request : request.replace(/ HTTP\/1.1$/m, '')
  return added
    .replace(/^GET \/film.mkv\n/, '')
    .replace(/a{50,}/, 'aaa...')
    .replace(/(\d+-\d+,){20,}/, '0-0,2-2,...,')
    .split('\n')
    .filter(line => line !== '')
    .join('; ')
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``
}
