import { Socket } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'
import { expect, it } from 'vitest'
import { INTERFACE_POLL_MS } from '../../../src/transport/limits.ts'
import { AddressGoneError, SocketWatch } from '../../../src/transport/tcp/socket-watch.ts'
import { VirtualScheduler } from '../../virtual-scheduler.ts'

/** A watch of a host whose addresses are changed by `set`, and connections from some of them. */
function setUp(ips: string[]) {
  let now = ips
  const scheduler = new VirtualScheduler()
  const interfaces = () => ({ eth0: now.map(address => ({ address }) as NetworkInterfaceInfo) })
  const watch = new SocketWatch({ interfaces, scheduler })
  const connect = (localAddress: string) => {
    const socket = Object.defineProperty(new Socket(), 'localAddress', { value: localAddress })
    const errors: Error[] = []
    watch.add({
      socket,
      abort: error => {
        errors.push(error)
        socket.emit('close')
      }
    })
    return { socket, errors }
  }
  return { scheduler, connect, set: (others: string[]) => (now = others) }
}

it('ends the connections whose own address is gone, and no others', () => {
  const { scheduler, connect, set } = setUp(['8.20.1.2', '10.0.0.5', 'fe80::1'])
  const [gone, mapped, kept, onLink] = ['8.20.1.2', '::ffff:8.20.1.2', '10.0.0.5', 'fe80::1%eth0'].map(
    connect
  )
  scheduler.advance(INTERFACE_POLL_MS)
  set(['10.0.0.5', 'fe80::1'])
  scheduler.advance(INTERFACE_POLL_MS)
  for (const { errors } of [gone!, mapped!]) expect(errors).toEqual([expect.any(AddressGoneError)])
  for (const { errors } of [kept!, onLink!]) expect(errors).toEqual([])
})

it('leaves alone what never was on an interface, and all where the system tells of none', () => {
  const { scheduler, connect, set } = setUp(['8.20.1.2'])
  const [loose, known] = ['127.0.0.7', '8.20.1.2'].map(connect)
  set([])
  scheduler.advance(INTERFACE_POLL_MS)
  expect([loose!.errors, known!.errors]).toEqual([[], []])
})

it('looks no longer than there are connections', () => {
  const { scheduler, connect } = setUp(['8.20.1.2'])
  const { socket } = connect('8.20.1.2')
  expect(scheduler.pendingDelaysMs).toEqual([INTERFACE_POLL_MS])
  socket.emit('close')
  expect(scheduler.pendingDelaysMs).toEqual([])
})
