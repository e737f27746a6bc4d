import { describe, expect, it } from 'vitest'
import { DIAL_AGAIN_MS, DIAL_STAGGER_MS, raceDials } from '../../src/transport/dial-race.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'

const TIMEOUT_MS = 6_000

/** A race among addresses that answer when the test says so. */
class Race {
  readonly clock = new VirtualScheduler()
  readonly abort = new AbortController()
  readonly dialled: string[] = []
  readonly aborted: string[] = []
  readonly discarded: string[] = []
  readonly addresses: string[]
  isSlowToAbort = false
  comesLater: Promise<string> | undefined
  readonly #answers = new Map<string, PromiseWithResolvers<string>>()
  readonly outcome: Promise<string>

  constructor(...addresses: string[]) {
    this.addresses = addresses
    this.outcome = raceDials<string, string>({
      next: async () => await (this.addresses.shift() ?? this.comesLater),
      dial: (address, signal) => this.#dial(address, signal),
      discard: connection => this.discarded.push(connection),
      timeoutMs: TIMEOUT_MS,
      scheduler: this.clock,
      signal: this.abort.signal
    })
    this.outcome.catch(() => {})
  }

  static async start(...addresses: string[]): Promise<Race> {
    const race = new Race(...addresses)
    await settle()
    return race
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms)
    await settle()
  }

  async connect(address: string): Promise<void> {
    this.#answers.get(address)!.resolve(`to ${address}`)
    await settle()
  }

  async fail(address: string): Promise<void> {
    this.#answers.get(address)!.reject(new Error(`${address} refused`))
    await settle()
  }

  #dial(address: string, signal: AbortSignal): Promise<string> {
    this.dialled.push(address)
    const answer = Promise.withResolvers<string>()
    signal.addEventListener('abort', () => {
      this.aborted.push(address)
      if (!this.isSlowToAbort) answer.reject(new Error('aborted'))
    })
    this.#answers.set(address, answer)
    return answer.promise
  }
}

const settle = () => new Promise(resolve => setImmediate(resolve))

describe('raceDials', () => {
  it('tries the next address when the one before has not answered in time, not before', async () => {
    const race = await Race.start('a', 'b', 'c')
    await race.pass(DIAL_STAGGER_MS - 1)
    expect(race.dialled).toEqual(['a'])
    await race.pass(1)
    expect(race.dialled).toEqual(['a', 'b'])
    await race.pass(DIAL_STAGGER_MS)
    expect(race.dialled).toEqual(['a', 'b', 'c'])
  })

  it('tries the next address at once when one has failed', async () => {
    const race = await Race.start('a', 'b')
    await race.fail('a')
    expect(race.dialled).toEqual(['a', 'b'])
  })

  it('takes the first connection and aborts the other tries, which are followed by none', async () => {
    const race = await Race.start('a', 'b', 'c')
    await race.pass(DIAL_STAGGER_MS)
    await race.connect('b')
    await expect(race.outcome).resolves.toBe('to b')
    expect(race.aborted).toEqual(['a'])
    await race.pass(TIMEOUT_MS)
    expect(race.dialled).toEqual(['a', 'b'])
    expect(race.clock.pendingDelaysMs).toEqual([])
    race.abort.abort(new Error('too late'))
    expect(race.aborted).toEqual(['a'])
  })

  it('ends a connection that comes after the first', async () => {
    const race = await Race.start('a', 'b')
    race.isSlowToAbort = true
    await race.pass(DIAL_STAGGER_MS)
    await race.connect('b')
    await race.connect('a')
    expect(race.discarded).toEqual(['to a'])
    await expect(race.outcome).resolves.toBe('to b')
  })

  it('still takes the first address after others have failed', async () => {
    const race = await Race.start('a', 'b')
    await race.pass(DIAL_STAGGER_MS)
    await race.fail('b')
    await race.connect('a')
    await expect(race.outcome).resolves.toBe('to a')
  })

  it('tries addresses that come while it runs', async () => {
    const race = await Race.start('a')
    await race.pass(DIAL_STAGGER_MS)
    race.addresses.push('b')
    await race.pass(DIAL_STAGGER_MS)
    expect(race.dialled).toEqual(['a', 'b'])
  })

  it('fails with the failure of each address', async () => {
    const race = await Race.start('a', 'b')
    await race.fail('a')
    await race.fail('b')
    await expect(race.outcome).rejects.toMatchObject({
      failures: [
        { address: 'a', error: { message: 'a refused' } },
        { address: 'b', error: { message: 'b refused' } }
      ]
    })
  })

  it('does not wait for a further address when a connection stands', async () => {
    const race = await Race.start('a')
    race.comesLater = new Promise(() => {})
    await race.pass(DIAL_STAGGER_MS)
    await race.connect('a')
    await expect(race.outcome).resolves.toBe('to a')
  })

  it('dials an address again beside the try that waits: its first packet may be lost', async () => {
    const race = await Race.start('a')
    await race.pass(DIAL_AGAIN_MS - 1)
    expect(race.dialled).toEqual(['a'])
    await race.pass(1)
    expect(race.dialled).toEqual(['a', 'a'])
    expect(race.aborted).toEqual([])
    await race.connect('a')
    await expect(race.outcome).resolves.toBe('to a')
    expect(race.aborted).toEqual(['a'])
    expect(race.clock.pendingDelaysMs).toEqual([])
  })

  it('gives an address up that stays silent', async () => {
    const race = await Race.start('a')
    await race.pass(TIMEOUT_MS)
    await expect(race.outcome).rejects.toMatchObject({
      failures: [{ address: 'a', error: { message: 'no answer within 6 s' } }]
    })
  })

  it('fails where there is no address, with the reason of that', async () => {
    const failed = raceDials<string, string>({
      next: () => Promise.reject(new Error('unknown peer')),
      dial: async address => address,
      discard: () => {},
      timeoutMs: TIMEOUT_MS,
      scheduler: new VirtualScheduler(),
      signal: new AbortController().signal
    })
    await expect(failed).rejects.toMatchObject({
      failures: [{ address: undefined, error: { message: 'unknown peer' } }]
    })
  })

  it('ends all tries when it is aborted, and begins none', async () => {
    const race = await Race.start('a', 'b')
    race.abort.abort(new Error('not wanted any more'))
    await expect(race.outcome).rejects.toThrow('not wanted any more')
    expect(race.dialled).toEqual(['a'])
    expect(race.aborted).toEqual(['a'])
  })
})
