import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { AccountStore, AccountsError, dayName } from '../../src/relay/account-store.ts'
import { RelayAccounts } from '../../src/relay/accounts.ts'
import { ACCOUNT_LIMITS } from '../../src/relay/limits.ts'
import { dayNumber } from '../../src/relay/usage-tally.ts'
import { ManualScheduler } from './harness.ts'

const NOON = Date.UTC(2026, 6, 31, 12)
const DAY_MS = 86_400_000
const MIDNIGHT = NOON - DAY_MS / 2
const CARRIED = { sessionId: 'ab', peerId: 'peer', bytes: 100 }

function temporaryFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'anabranch-accounts-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return join(directory, 'accounts.db')
}

/** Accounts in a file, with the time in the test's hand. */
function accountsIn(path: string) {
  const scheduler = new ManualScheduler()
  const problems: Error[] = []
  const accounts = new RelayAccounts({
    path,
    scheduler,
    utcMs: () => NOON + scheduler.nowMs(),
    onProblem: error => problems.push(error)
  })
  accounts.start()
  onTestFinished(() => accounts.stop())
  const carry = (changes: Partial<typeof CARRIED> = {}) => {
    const { bytes, peerId, sessionId } = { ...CARRIED, ...changes }
    accounts.add(bytes, peerId, sessionId, NOON + scheduler.nowMs())
  }
  const receive = (bytes: number, signed: number) =>
    accounts.received(
      { client: 'c', relay: 'r', sessionId: Uint8Array.of(0xab), route: 0, opening: 1, bytes, atMs: 0 },
      Uint8Array.of(signed)
    )
  return { accounts, scheduler, problems, carry, receive }
}

function read<T>(path: string, action: (store: AccountStore) => T): T {
  const store = AccountStore.read(path)
  try {
    return action(store)
  } finally {
    store.close()
  }
}

const usageIn = (path: string) => read(path, store => store.usageByDay(''))

it('are written every few seconds, and can be read meanwhile', () => {
  const path = temporaryFile()
  const { scheduler, carry } = accountsIn(path)
  carry()
  carry({ peerId: 'other', bytes: 11 })
  scheduler.advance(ACCOUNT_LIMITS.writeIntervalMs)
  expect(usageIn(path)).toEqual([{ day: '2026-07-31', sessions: 1, peers: 2, bytes: 111 }])
  carry({ sessionId: 'cd' })
  expect(usageIn(path)[0]?.bytes).toBe(111)
  scheduler.advance(ACCOUNT_LIMITS.writeIntervalMs)
  expect(usageIn(path)).toEqual([{ day: '2026-07-31', sessions: 2, peers: 2, bytes: 211 }])
})

it('outlive the process, and can be read when it is gone', () => {
  const path = temporaryFile()
  for (let run = 0; run < 3; run++) {
    const { accounts, carry } = accountsIn(path)
    carry()
    accounts.stop()
  }
  expect(usageIn(path)).toEqual([{ day: '2026-07-31', sessions: 1, peers: 1, bytes: 300 }])
})

it('know what was used since a day, with what waits to be written', () => {
  const path = temporaryFile()
  const before = accountsIn(path)
  before.carry()
  before.scheduler.advance(DAY_MS)
  before.carry({ bytes: 20 })
  before.accounts.stop()
  const { accounts, carry } = accountsIn(path)
  carry({ bytes: 3 })
  expect(accounts.usedSince(MIDNIGHT)).toBe(123)
  expect(accounts.usedSince(MIDNIGHT + DAY_MS)).toBe(20)
  expect(accounts.usedSince(MIDNIGHT + 2 * DAY_MS)).toBe(0)
})

it('keep the latest receipt of each stream', () => {
  const path = temporaryFile()
  const { accounts, receive } = accountsIn(path)
  receive(10, 1)
  receive(20, 2)
  accounts.write()
  receive(30, 3)
  accounts.write()
  // Of the streams in clear that one number has named, the one counts that carried most.
  receive(5, 4)
  accounts.write()
  expect(read(path, store => store.receipts())).toEqual([Uint8Array.of(3)])
})

it('forget what is too old', () => {
  const path = temporaryFile()
  const store = AccountStore.create(path)
  const today = dayNumber(NOON)
  const receipt = { sessionId: 'ab', route: 0, opening: 1, client: 'c', bytes: 1, signed: Uint8Array.of(1) }
  store.write([{ ...CARRIED, day: today }], [receipt], today)
  const later = today + ACCOUNT_LIMITS.keptDays + 1
  store.write([{ ...CARRIED, day: later }], [], later)
  expect(store.usageByDay('').map(({ day }) => day)).toEqual([dayName(later)])
  expect(store.receipts()).toEqual([])
  store.close()
})

it('of which the disk had room for nothing but a name are told apart', () => {
  const path = temporaryFile()
  writeFileSync(path, '')
  expect(read(path, store => store.isUnused)).toBe(true)
  const { accounts, carry } = accountsIn(path)
  carry()
  accounts.write()
  expect(read(path, store => store.isUnused)).toBe(false)
})

it('in a file that is full are an error, and keep what they have', () => {
  const path = temporaryFile()
  const store = AccountStore.create(path, 64 * 1024)
  const sessions = (count: number, name: string) =>
    Array.from({ length: count }, (_, at) => ({ ...CARRIED, day: 0, sessionId: `${name}${at}` }))
  store.write(sessions(10, 'few'), [], 0)
  expect(() => store.write(sessions(10_000, 'many'), [], 0)).toThrow('database or disk is full')
  store.close()
  expect(usageIn(path)[0]?.sessions).toBe(10)
})

it('in a file that is no database are told of once, left alone, and written when it is gone', () => {
  const path = temporaryFile()
  writeFileSync(path, 'not a database, but long enough to be taken for one. '.repeat(100))
  const before = readFileSync(path)
  const { scheduler, problems, carry } = accountsIn(path)
  carry()
  scheduler.advance(5 * ACCOUNT_LIMITS.writeIntervalMs)
  expect(problems).toHaveLength(1)
  expect(problems[0]).toBeInstanceOf(AccountsError)
  expect(problems[0]?.message).toContain('file is not a database')
  expect(readFileSync(path)).toEqual(before)
  rmSync(path)
  scheduler.advance(ACCOUNT_LIMITS.writeIntervalMs)
  expect(usageIn(path)[0]?.bytes).toBe(100)
})

it('in a file that somebody else holds are told of once, and written when it is free', () => {
  const path = temporaryFile()
  const { accounts, problems, carry } = accountsIn(path)
  carry()
  accounts.write()
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  carry()
  accounts.write()
  accounts.write()
  other.exec('ROLLBACK')
  other.close()
  accounts.write()
  expect(usageIn(path)[0]?.bytes).toBe(200)
  expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining('database is locked')])
})

it('whose directory is moved away or removed are told of once, and written when it is back', () => {
  const path = temporaryFile()
  const directory = dirname(path)
  const { accounts, problems, carry } = accountsIn(path)
  for (const takeAway of [
    () => renameSync(directory, `${directory}.away`),
    () => rmSync(directory, { recursive: true })
  ]) {
    carry()
    accounts.write()
    takeAway()
    carry()
    accounts.write()
    accounts.write()
    if (existsSync(`${directory}.away`)) renameSync(`${directory}.away`, directory)
    else mkdirSync(directory)
    accounts.write()
  }
  // What was in the directory that was removed is gone.
  expect(usageIn(path)[0]?.bytes).toBe(100)
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringContaining('its directory is missing'),
    expect.stringContaining('its directory is missing')
  ])
})

it('in a directory that is not there stop nothing, and keep a bounded number of rows', () => {
  const { accounts, problems, carry } = accountsIn('/nowhere/at/all/accounts.db')
  for (let at = 0; at <= ACCOUNT_LIMITS.maxWaitingRows; at++) {
    carry({ sessionId: String(at) })
  }
  expect(accounts.usedSince(MIDNIGHT)).toBe(100 * (ACCOUNT_LIMITS.maxWaitingRows + 1))
  accounts.write()
  expect(accounts.usedSince(MIDNIGHT)).toBe(0)
  expect(problems).toHaveLength(1)
})
