import { once } from 'node:events'
import { connect } from 'node:net'

/** One answer as it came over the connection. */
export interface RawAnswer {
  status: number
  /** With names in lower case. */
  headers: Record<string, string>
  body: Buffer
}

const HEAD_END = '\r\n\r\n'
const PATIENCE_MS = 5_000

/** Sends the text as it is, and takes all that comes until the server closes the connection. */
export async function exchange(port: number, text: string): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', chunk => chunks.push(chunk)).on('error', () => {})
  socket.setTimeout(PATIENCE_MS, () => socket.destroy())
  socket.write(Buffer.from(text, 'latin1'))
  if (!socket.destroyed) await once(socket, 'close')
  return Buffer.concat(chunks)
}

/**
 * Takes the answers apart that stand one behind the other. Those to HEAD have no body, which the
 * methods tell. What was broken off comes with the body that there is.
 */
export function answersIn(bytes: Buffer, methods: readonly string[]): RawAnswer[] {
  const answers: RawAnswer[] = []
  for (let rest = bytes; rest.includes(HEAD_END); ) {
    const end = rest.indexOf(HEAD_END)
    const [first = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n')
    const status = Number(first.split(' ')[1])
    const headers = Object.fromEntries(
      lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)])
    )
    rest = rest.subarray(end + HEAD_END.length)
    if (status === 100) continue
    const isBare = methods[answers.length] === 'HEAD' || status === 204 || status === 304
    const length = isBare ? 0 : Number(headers['content-length'] ?? rest.byteLength)
    answers.push({ status, headers, body: rest.subarray(0, length) })
    rest = rest.subarray(length)
  }
  return answers
}
