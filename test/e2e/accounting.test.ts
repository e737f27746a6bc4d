import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeContent } from './contents.ts'
import { Cluster } from './harness.ts'
import type { Told } from './program.ts'

const CONTENT_BYTES = 60_000_000

/** What a command of a relay's home tells, and its exit code. */
async function told(cluster: Cluster, command: string, home: string, flags: string[] = []) {
  const program = cluster.run(['relay', command, '--json', '--home', cluster.path(home), ...flags])
  const { code } = await program.ended
  const rows = program.events.filter(({ event }) => event !== 'total')
  return { code, rows, total: program.events.at(-1) as Told }
}

/** The receipts of a running relay, once there are any: it writes them every few seconds. */
async function someReceipts(cluster: Cluster, home: string): Promise<Told[]> {
  for (;;) {
    const { rows } = await told(cluster, 'receipts', home)
    if (rows[0]?.event === 'receipt') return rows
  }
}

describe('a fetch over a relay and over two in a row, all of which require receipts', () => {
  it('is accounted for by each of them, in bytes and in receipts that anybody can check', async () => {
    const cluster = await Cluster.create()
    await makeContent(join(cluster.contents, 'a.bin'), CONTENT_BYTES)
    const source = await cluster.startMember('source', 'source', ['--dir', cluster.contents])
    await source.event('catalog', ({ change }) => change === 'added')
    const names = ['alone', 'near', 'far']
    const start = (name: string) => cluster.startMember('relay', name, ['--receipts', 'required'])
    const [alone, near, far] = await Promise.all(names.map(start))
    const routes = ['--route', alone!.address, '--route', `${near!.address},${far!.address}`]
    const output = ['-o', cluster.path('a.bin')]
    const fetch = cluster.run([
      ...['client', 'fetch', 'a.bin', '--json', '--source', source.address],
      ...routes,
      ...output
    ])
    expect(await fetch.ended).toMatchObject({ code: 0 })

    // The relays run: their accounts are read meanwhile.
    const receipts = await Promise.all(names.map(name => someReceipts(cluster, name)))
    const [one, first, second] = receipts.map(([receipt]) => receipt!)
    expect(one).toMatchObject({ event: 'receipt', relay: alone!.peerId })
    expect(first).toMatchObject({ relay: near!.peerId, client: one!.client })
    expect(second).toMatchObject({ relay: far!.peerId, client: one!.client })

    for (const relay of [alone, near, far]) {
      relay!.kill('SIGTERM')
      expect(await relay!.ended).toMatchObject({ code: 0 })
    }
    // The relays have ended: all is written.
    const sums = await Promise.all(
      names.map(async name => (await told(cluster, 'receipts', name)).total.bytes)
    )
    expect(sums[1]).toBe(sums[2])
    expect(sums[0] + sums[1]).toBeGreaterThanOrEqual(CONTENT_BYTES)
    for (const [at, name] of names.entries()) {
      const usage = await told(cluster, 'usage', name)
      const signed = sums[at]
      // The client has asked for the content's record in a session of its own.
      const sessions = [alone, near, far][at]!.events.filter(({ event }) => event === 'routeAdmitted').length
      expect(sessions).toBeGreaterThan(1)
      expect(usage.rows).toMatchObject([{ event: 'usage', sessions, peers: 1 }])
      expect(usage.total).toMatchObject({ sessions, peers: 1, bytes: usage.rows[0]!.bytes })
      expect(usage.total.bytes, name).toBeGreaterThan(signed)
      expect(usage.total.bytes, name).toBeLessThan(1.05 * signed + 1_000_000)
      const { rows } = await told(cluster, 'receipts', name)
      const file = cluster.path(`${at}.receipts`)
      await writeFile(file, rows.map(row => `${JSON.stringify(row)}\n`).join(''))
      const checked = await told(cluster, 'receipts', name, ['--verify', file])
      expect(checked).toMatchObject({ code: 0, total: { bytes: signed } })
      await writeFile(file, rows.map(row => `${JSON.stringify({ ...row, bytes: row.bytes + 1 })}\n`).join(''))
      const forged = await told(cluster, 'receipts', name, ['--verify', file])
      expect(forged).toMatchObject({ code: 6, total: { bytes: 0 }, rows: [{ event: 'invalid', line: 1 }] })
    }
    const later = await told(cluster, 'usage', 'alone', ['--since', '2999-01-01'])
    expect(later).toMatchObject({ code: 0, rows: [], total: { bytes: 0 } })

    // A relay that comes back knows what it has carried before.
    const again = await cluster.startMember('relay', 'near', ['--max-bytes-per-day', '1MB'])
    await again.event('allowanceUsed')
    expect(again.events[0]!.event).toBe('listening')
  })
})

describe("the commands for a relay's accounts", () => {
  it('say what is wrong', async () => {
    const cluster = await Cluster.create()
    const none = await told(cluster, 'usage', 'nobody')
    expect(none).toMatchObject({ code: 4, total: { code: 'ERR_NO_ACCOUNTS' } })
    const day = await told(cluster, 'usage', 'nobody', ['--since', '2026-02-30'])
    expect(day).toMatchObject({ code: 2, total: { message: expect.stringContaining('is no day such as') } })
    const file = await told(cluster, 'receipts', 'nobody', ['--verify', '/nowhere'])
    expect(file).toMatchObject({ code: 3, total: { message: expect.stringContaining('ENOENT') } })
    await writeFile(cluster.path('letter'), 'Dear reader,\n')
    const letter = await told(cluster, 'receipts', 'nobody', ['--verify', cluster.path('letter')])
    expect(letter).toMatchObject({
      code: 6,
      rows: [{ message: expect.stringContaining("no 'signed' in it") }]
    })
  })

  it('read the configuration file of the relay', async () => {
    const cluster = await Cluster.create()
    const config = cluster.path('relay.yaml')
    await writeFile(config, `home: ${cluster.path('elsewhere')}\nmaxRate: 40mbit\nreceipts: required\n`)
    const usage = cluster.run(['relay', 'usage', '--config', config])
    expect(await usage.ended).toMatchObject({ code: 4 })
    expect(usage.complaints).toContain(`no relay has kept accounts in ${cluster.path('elsewhere')}`)
  })
})
