import { Command, Option } from 'commander'
import { describe, expect, it } from 'vitest'
import {
  environmentPlace,
  flagOf,
  flagPlace,
  list,
  one,
  oneOr,
  resolveSettings,
  tally,
  toggle,
  variableOf
} from '../../src/cli/settings.ts'
import { UsageError } from '../../src/errors.ts'
import { parseRate } from '../../src/units/units.ts'

const SETTINGS = {
  maxRate: oneOr({ value: 'RATE', help: '', parse: parseRate, fallback: 1 }),
  name: one({ value: 'NAME', help: '', parse: text => text }),
  route: list({ value: 'ROUTE', help: '', parse: text => text }),
  force: toggle(''),
  verbose: tally('', 'v')
}

function resolve(flags: Record<string, unknown>, environment: NodeJS.ProcessEnv = {}) {
  return resolveSettings(SETTINGS, [flagPlace(flags), environmentPlace(SETTINGS, environment)])
}

describe('settings', () => {
  it('have flag and variable named after their key', () => {
    expect(flagOf('maxSessionsPerPeer')).toBe('--max-sessions-per-peer')
    expect(variableOf('maxSessionsPerPeer')).toBe('ANABRANCH_MAX_SESSIONS_PER_PEER')
  })

  it('have their defaults where nobody says anything', () => {
    expect(resolve({})).toEqual({ maxRate: 1, name: undefined, route: [], force: false, verbose: 0 })
  })

  it('come from the first place that has them', () => {
    const environment = { ANABRANCH_MAX_RATE: '16bit', ANABRANCH_NAME: 'variable' }
    expect(resolve({ name: 'flag' }, environment)).toMatchObject({ name: 'flag', maxRate: 2 })
  })

  it('take several values from repeated flags, and from a variable separated by spaces', () => {
    expect(resolve({ route: ['a,b', 'c'] }).route).toEqual(['a,b', 'c'])
    expect(resolve({}, { ANABRANCH_ROUTE: ' a,b  c ' }).route).toEqual(['a,b', 'c'])
  })

  it('do not take what is empty for an answer', () => {
    expect(resolve({}, { ANABRANCH_NAME: '' }).name).toBeUndefined()
  })

  it.each([
    ['1', true],
    ['true', true],
    ['0', false],
    ['off', false]
  ])('that are switches are %s in the environment for %s', (text, value) => {
    expect(resolve({}, { ANABRANCH_FORCE: text }).force).toBe(value)
  })

  it('that count take a number or a switch', () => {
    expect(resolve({ verbose: 2 }).verbose).toBe(2)
    expect(resolve({}, { ANABRANCH_VERBOSE: 'true' }).verbose).toBe(1)
  })

  it.each(['', ' '])('refuse an empty text: "%s"', text => {
    expect(() => resolve({ name: text })).toThrow(new UsageError('--name: is empty; give NAME'))
    expect(() => resolve({ route: ['a', text] })).toThrow(new UsageError('--route: is empty; give ROUTE'))
  })

  it('take the last of several, where there is one value', () => {
    const program = new Command().addOption(new Option('--name <NAME>'))
    program.parse(['--name', 'first', '--name', 'last'], { from: 'user' })
    expect(resolve(program.opts()).name).toBe('last')
  })

  it('name the place of what is wrong', () => {
    expect(() => resolve({ maxRate: '40' })).toThrow(
      new UsageError("--max-rate: '40' is not a rate such as 40mbit; the unit is required")
    )
    expect(() => resolve({}, { ANABRANCH_FORCE: 'perhaps' })).toThrow(
      new UsageError("ANABRANCH_FORCE: 'perhaps' is neither true nor false")
    )
  })
})
