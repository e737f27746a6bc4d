import type { Connection, Libp2pEvents, PeerId } from '@libp2p/interface'
import { TypedEventEmitter } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import { SPARE_CONNECTIONS, SpareConnections } from '../../src/transport/spare-connections.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'
import { startNode } from './started-node.ts'

const { settleMs, closeMs } = SPARE_CONNECTIONS

/** A node whose connections to the peer `m` are as the test says. */
class End {
  readonly clock = new VirtualScheduler()
  readonly events = new TypedEventEmitter<Libp2pEvents>()
  readonly open: Connection[] = []
  readonly spares: SpareConnections

  constructor(own: 'a' | 'z') {
    this.spares = new SpareConnections({
      own: own as unknown as PeerId,
      events: this.events,
      scheduler: this.clock
    })
  }

  connect(direction: 'inbound' | 'outbound', streams: object[] = []): Connection {
    const connection = { direction, streams, status: 'open', remotePeer: 'm' as unknown as PeerId }
    const whole = Object.assign(connection, { close: async () => this.lose(whole) }) as unknown as Connection
    this.open.push(whole)
    this.events.safeDispatchEvent('connection:open', { detail: whole })
    return whole
  }

  lose(connection: Connection): void {
    this.open.splice(this.open.indexOf(connection), 1)
    this.events.safeDispatchEvent('connection:close', { detail: connection })
  }

  inUse(): Connection[] {
    return this.spares.inUse(this.open)
  }
}

describe('two connections between two nodes', () => {
  it.each([
    ['a', 'outbound'],
    ['z', 'inbound']
  ] as const)(
    'are used both at first, then the one that the lesser peer id has dialled: %s',
    (own, direction) => {
      const end = new End(own)
      const first = end.connect(direction === 'inbound' ? 'outbound' : 'inbound')
      const kept = end.connect(direction)
      expect(end.inUse()).toEqual([first])
      end.clock.advance(settleMs)
      expect(end.inUse()).toEqual([kept])
    }
  )

  it('become one: the end that has dialled the other one closes it', () => {
    const end = new End('z')
    end.connect('outbound')
    const kept = end.connect('inbound')
    end.clock.advance(closeMs - 1)
    expect(end.open).toHaveLength(2)
    end.clock.advance(1)
    expect(end.open).toEqual([kept])
    const other = new End('a')
    other.connect('inbound')
    other.connect('outbound')
    other.clock.advance(10 * closeMs)
    expect(other.open).toHaveLength(2)
  })

  it('are used as the younger one where one end has dialled both: the other one may be dead', () => {
    const end = new End('z')
    end.connect('inbound')
    const fresh = end.connect('inbound')
    expect(end.inUse()).toEqual([fresh])
    end.clock.advance(settleMs)
    expect(end.inUse()).toEqual([fresh])
  })

  it('stay two while streams are open on the one that is not kept', () => {
    const end = new End('z')
    const streams = [{}]
    end.connect('outbound', streams)
    end.connect('inbound')
    end.clock.advance(3 * closeMs)
    expect(end.open).toHaveLength(2)
    streams.pop()
    end.clock.advance(closeMs)
    expect(end.open).toHaveLength(1)
  })

  it('stay two where one end has dialled both', () => {
    const end = new End('z')
    end.connect('outbound')
    end.connect('outbound')
    end.clock.advance(3 * closeMs)
    expect(end.open).toHaveLength(2)
  })

  it('do not count with one that stood for a moment only', () => {
    const end = new End('z')
    const first = end.connect('outbound')
    end.lose(end.connect('inbound'))
    end.clock.advance(3 * closeMs)
    expect(end.open).toEqual([first])
    expect(end.clock.pendingDelaysMs).toEqual([])
  })
})

it('a node opens streams over the connection that it has dialled last', async () => {
  const [one, other] = await Promise.all([startNode(), startNode()])
  await one.dial(other.getMultiaddrs())
  const last = await one.dial(other.getMultiaddrs()[0]!, { force: true })
  expect(one.getConnections(other.peerId).map(({ id }) => id)).toEqual([last.id])
  expect((await one.dial(other.peerId)).id).toBe(last.id)
})
