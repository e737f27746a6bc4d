import { expect, it } from 'vitest'
import {
  FILE_LIMITS,
  INBOUND_LIMITS,
  inboundLimitsWithin,
  inboundSocketsWithin
} from '../../src/transport/limits.ts'

it.each([
  [FILE_LIMITS.enough, INBOUND_LIMITS],
  [Number.POSITIVE_INFINITY, INBOUND_LIMITS],
  [1_024, { maxConnections: 549, placesForKnown: 68, maxHandshakes: 183, connectionsPerHost: 256 }],
  [64, { maxConnections: 9, placesForKnown: 1, maxHandshakes: 3, connectionsPerHost: 5 }]
])('of %d open files, those who dial get no more than leaves some for others', (files, limits) => {
  const sockets = inboundSocketsWithin(files)
  const found = inboundLimitsWithin(sockets)
  expect(found).toMatchObject(limits)
  expect(found.maxConnections + found.maxHandshakes).toBeLessThanOrEqual(sockets)
  expect(sockets + FILE_LIMITS.own).toBeLessThanOrEqual(files)
})
