import { describe, expect, it } from 'vitest'
import { configFilePlace, parseConfig } from '../../src/cli/config-file.ts'
import { list, one, resolveSettings, toggle } from '../../src/cli/settings.ts'
import { ConfigurationError } from '../../src/errors.ts'
import { parseRate } from '../../src/units/units.ts'

const SETTINGS = {
  config: one({ value: 'FILE', help: '', parse: text => text }),
  maxRate: one({ value: 'RATE', help: '', parse: parseRate }),
  listen: list({ value: 'MULTIADDR', help: '', parse: text => text }),
  json: toggle('')
}

function resolve(text: string) {
  return resolveSettings(SETTINGS, [parseConfig(text, 'c.yaml', SETTINGS)])
}

describe('a configuration file', () => {
  it('gives settings by their keys', () => {
    expect(resolve('maxRate: 16bit\nlisten: [a, b]\njson: true\n')).toMatchObject({
      maxRate: 2,
      listen: ['a', 'b'],
      json: true
    })
  })

  it('may give one value where a list could stand', () => {
    expect(resolve('listen: a\n').listen).toEqual(['a'])
  })

  it('may be empty', () => {
    expect(resolve('# nothing yet\n').listen).toEqual([])
  })

  it.each([
    [
      'json: true\nmaxrate: 4mbit\n',
      'c.yaml:2:1: maxrate is not a key that belongs here; did you mean maxRate?'
    ],
    ['config: other.yaml\n', 'c.yaml:1:1: config is not a key that belongs here'],
    ['\nmaxRate: 40\n', "c.yaml:2:10: maxRate '40' is not a rate such as 40mbit; the unit is required"],
    ['json: perhaps\n', /^c\.yaml:1:7: json /],
    ['maxRate: [1mbit]\n', 'c.yaml:1:10: maxRate is a list; one RATE belongs here'],
    ['maxRate: {a: 1mbit}\n', 'c.yaml:1:10: maxRate is a group of keys; one RATE belongs here'],
    ['maxRate: yes\n', "c.yaml:1:10: maxRate 'yes' is not a rate"],
    ['maxRate: true\n', 'c.yaml:1:10: maxRate is true, which is no text; one RATE belongs here'],
    ['maxRate:\n', 'maxRate is empty; one RATE belongs here'],
    ["maxRate: ''\n", 'c.yaml:1:10: maxRate is empty; give RATE'],
    [
      'listen: {a: b}\n',
      'c.yaml:1:9: listen is a group of keys; one MULTIADDR, or a list of them, belongs here'
    ],
    ['listen: [a, [b]]\n', 'c.yaml:1:13: listen.1 is a list; one MULTIADDR belongs here'],
    ['json: [true]\n', 'c.yaml:1:7: json is a list; true or false belongs here'],
    ['a: 1\nb: 2\n', 'c.yaml:1:1: a is not a key that belongs here (and 1 more)'],
    ['maxRate: 5 constructor\n', "c.yaml:1:10: maxRate '5 constructor' is not a rate such as 40mbit"],
    ['maxRate: *missing\n', /^c\.yaml:1:1: Unresolved alias/],
    [
      `a: &a [x, x]\nb: &b [${'*a, '.repeat(20)}]\nc: [${'*b, '.repeat(20)}]\n`,
      /^c\.yaml:1:1: Excessive alias/
    ],
    ['maxRate: "4\n', /^c\.yaml:\d+:\d+: /],
    [`json: true\nNo YAML at all. ${'It goes on and on. '.repeat(50)}\n- a: b: c`, /^c\.yaml:2:1: .{1,130}$/]
  ])('tells where %j is wrong', (text, message) => {
    expect(() => resolve(text)).toThrow(ConfigurationError)
    expect(() => resolve(text)).toThrow(message)
  })

  it('that is not there is an error of configuration', async () => {
    await expect(configFilePlace('/nowhere/c.yaml', SETTINGS)).rejects.toThrow(
      new ConfigurationError('Cannot read the configuration file /nowhere/c.yaml (ENOENT); check --config')
    )
  })
})
