import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { GatewayMeter } from '../../src/gateway/meter.ts'

function exchange() {
  const socket = { bytesWritten: 100 }
  const response = { headersSent: false, statusCode: 200 }
  return { socket, response, request: { socket } as unknown as IncomingMessage }
}

it('counts what goes out while an answer runs, and keeps it when it is over', () => {
  const meter = new GatewayMeter()
  const { socket, response, request } = exchange()
  const over = meter.begin(request, response as unknown as ServerResponse)
  socket.bytesWritten += 40
  expect([meter.open, meter.sentBytes]).toEqual([1, 40])
  Object.assign(response, { headersSent: true, statusCode: 206 })
  over()
  socket.bytesWritten += 999
  expect([meter.open, meter.sentBytes, ...meter.requests]).toEqual([0, 40, [206, 1]])
})

it('counts a request without an answer as 0', () => {
  const meter = new GatewayMeter()
  const { response, request } = exchange()
  meter.begin(request, response as unknown as ServerResponse)()
  expect([...meter.requests]).toEqual([[0, 1]])
})
