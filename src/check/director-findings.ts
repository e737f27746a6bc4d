import { ipOf } from '../transport/ip-ranges.ts'
import type { DirectorAddress, DirectorFacts, Finding } from './facts.ts'
import { CHECK_LIMITS } from './limits.ts'

/** What is wrong with the directors: who does not answer, or lets nobody in, or has another time. Pure. */
export function directorFindings(directors: readonly DirectorFacts[]): Finding[] {
  const isServed = directors.some(isServing)
  return directors.flatMap(facts => [
    ...silenceOf(facts, isServed),
    ...refusalOf(facts, isServed),
    ...clockOf(facts)
  ])
}

/** Whether a director answers and takes questions. */
export function isServing({ addresses }: DirectorFacts): boolean {
  return addresses.some(({ rttMs, refusal }) => rttMs !== undefined && refusal === undefined)
}

function silenceOf({ director, addresses }: DirectorFacts, isServed: boolean): Finding[] {
  const silent = addresses.filter(({ rttMs }) => rttMs === undefined)
  const answering = addresses.filter(({ rttMs }) => rttMs !== undefined)
  if (silent.length === 0) return []
  const list = silent.map(({ address, problem }) => `${address} (${problem})`).join(', ')
  if (answering.length === 0) {
    return [
      {
        kind: 'noDirector',
        severity: isServed ? 'warning' : 'problem',
        what: `the director ${director} does not answer: ${list}`,
        remedy:
          'check that it runs, that --director is right, and that firewalls on the way let TCP to its port pass'
      }
    ]
  }
  const [family] = new Set(silent.map(familyOf))
  const isFamily =
    silent.every(each => familyOf(each) === family) && !answering.some(each => familyOf(each) === family)
  return [
    {
      kind: 'directorAddress',
      severity: 'warning',
      what: `the director ${director} answers${isFamily ? `, but not over ${family}` : ''}: not at ${list}`,
      remedy: isFamily
        ? `check that this host has ${family}, and that the director listens on it; else leave these addresses out`
        : 'leave these addresses out of --director, or have its operator open them'
    }
  ]
}

function familyOf({ address }: DirectorAddress): string {
  const ip = ipOf(address)
  return ip === undefined ? 'this name' : ip.includes(':') ? 'IPv6' : 'IPv4'
}

function refusalOf({ director, addresses }: DirectorFacts, isServed: boolean): Finding[] {
  const refusal = addresses.find(each => each.refusal !== undefined)?.refusal
  if (refusal === undefined) return []
  return [
    {
      kind: 'refused',
      severity: isServed ? 'warning' : 'problem',
      what: `the director ${director} answers, and refuses: ${refusal}`,
      remedy:
        'ask its operator to let this node in, by a token (--token-file) or by its peer id (--home keeps it)'
    }
  ]
}

/** A clock is told only where it is off for sure: the round trip bounds what the measurement may be wrong by. */
function clockOf({ director, addresses }: DirectorFacts): Finding[] {
  const [sharpest] = addresses
    .filter(({ clockAheadMs }) => clockAheadMs !== undefined)
    .sort((a, b) => a.rttMs! - b.rttMs!)
  if (!sharpest) return []
  const { clockAheadMs = 0, rttMs = 0 } = sharpest
  const offMs = Math.abs(clockAheadMs)
  if (offMs - rttMs / 2 <= CHECK_LIMITS.clockTellMs) return []
  const seconds = (ms: number) => (ms / 1000).toFixed(1)
  const isTooMuch = offMs > CHECK_LIMITS.clockPassMs
  return [
    {
      kind: 'clock',
      severity: 'warning',
      what:
        `the clock of the director ${director} is ${seconds(offMs)} s ${clockAheadMs > 0 ? 'ahead of' : 'behind'} ` +
        `this host's, give or take ${seconds(rttMs / 2)} s; passes allow ${CHECK_LIMITS.clockPassMs / 1000} s between ` +
        `director and relays${isTooMuch ? ', so a relay with this clock would refuse them' : ''}`,
      remedy:
        'have both clocks set over the network (timedatectl set-ntp true), and see which of them was wrong'
    }
  ]
}
