import { describe, expect, it } from 'vitest'
import { failpoint, parseFailpoints } from '../src/failpoints.ts'

describe('failpoints', () => {
  it('are read with what they do and at which hit', () => {
    const armed = parseFailpoints(
      'client.beforeRename=exit,relay.forward=error:3,source.opened=delay(250):1,director.registered=error'
    )
    expect(Object.fromEntries(armed)).toEqual({
      'client.beforeRename': { kind: 'exit', ms: 0, hit: 0 },
      'relay.forward': { kind: 'error', ms: 0, hit: 3 },
      'source.opened': { kind: 'delay', ms: 250, hit: 1 },
      'director.registered': { kind: 'error', ms: 0, hit: 0 }
    })
  })

  it.each([
    'nobody.knows=exit',
    'relay.forward',
    'relay.forward=sleep',
    'relay.forward=exit:0',
    'relay.forward=delay',
    'relay.forward=exit(5)'
  ])('refuses %s', text => {
    expect(() => parseFailpoints(text)).toThrow(`'${text}'`)
  })

  it('do nothing where the environment arms none', () => {
    expect(() => failpoint('relay.forward')).not.toThrow()
  })
})
