import type { Socket } from 'node:net'

/** Longest line in characters: routes and snapshots are far shorter. */
const MAX_LINE = 1024 ** 2

/** Calls back with each whole line that comes. A line without an end ends the connection. */
export function readLines(socket: Socket, onLine: (line: string) => void): void {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    for (const line of lines) if (line.trim() !== '') onLine(line)
    if (rest.length > MAX_LINE) socket.destroy()
  })
}
