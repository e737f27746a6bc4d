import { expect, it } from 'vitest'
import { ConfigurationError } from '../../src/errors.ts'
import { parseAuthority } from '../../src/gateway/proxy-target.ts'
import { parseUrlMap } from '../../src/gateway/url-map.ts'
import { splitTarget } from '../../src/http/request-target.ts'

/** The content that a URL is by the lines of a map file. */
function nameBy(lines: string[], url: string): string | undefined {
  const { authority, path } = splitTarget(url)
  return parseUrlMap(lines.join('\n'), 'map.yaml').nameOf(parseAuthority(authority!), path)
}

it('takes all below a URL for the contents of a folder, and a single URL for a single content', () => {
  const lines = [
    'http://deb.example/debian/: mirror/debian/',
    'http://Films.example:8080/a%20b.mkv: "films/a b.mkv"'
  ]
  const names = {
    'http://deb.example/debian/dists/stable/InRelease': 'mirror/debian/dists/stable/InRelease',
    'http://DEB.example:80/debian/x?y=z': 'mirror/debian/x',
    'http://deb.example./debian/pool/g%2b%2b.deb': 'mirror/debian/pool/g++.deb',
    'http://deb.example/debian/./InRelease': 'mirror/debian/InRelease',
    'http://films.example:8080/a%20b.mkv': 'films/a b.mkv'
  }
  for (const [url, name] of Object.entries(names)) expect([url, nameBy(lines, url)]).toEqual([url, name])
})

it('takes no other URL for a content, and none that stands for no name', () => {
  const others = [
    ...['http://deb.example/debian', 'http://deb.example/debian/', 'http://deb.example/debian/dists/'],
    ...['http://deb.example/debian-security/x', 'http://deb.example/', 'http://deb.example:8080/debian/x'],
    ...[
      'http://deb.example/debian/../x',
      'http://deb.example/debian/%2e%2e/x',
      'http://deb.example/debian/%00'
    ],
    ...['http://deb.example/debian//x', 'http://deb.example/debian/%FF', 'http://evil-deb.example/debian/x']
  ]
  const lines = ['http://deb.example/debian/: mirror/debian/', 'http://deb.example/a.mkv: a.mkv']
  for (const url of [...others, 'http://deb.example/a.mkv/b'])
    expect([url, nameBy(lines, url)]).toEqual([url, undefined])
})

it('goes by the longest mapping that fits', () => {
  const lines = ['http://a.example/: all/', 'http://a.example/b/c: one', 'http://a.example/b/: some/']
  expect(nameBy(lines, 'http://a.example/x')).toBe('all/x')
  expect(nameBy(lines, 'http://a.example/b/x')).toBe('some/x')
  expect(nameBy(lines, 'http://a.example/b/c')).toBe('one')
})

it('knows the names of its hosts', () => {
  const map = parseUrlMap(
    '{"http://a.example/": a/, "http://a.example:81/": b/, "http://B.example/x": x}',
    ''
  )
  expect(map.hostNames.toSorted()).toEqual(['a.example', 'b.example'])
  expect(map.hasHost(parseAuthority('a.example:81'))).toBe(true)
  expect(map.hasHost(parseAuthority('a.example:82'))).toBe(false)
})

it('says where a map is wrong, and why', () => {
  const wrong = {
    'https://a.example/: a/': 'is no URL such as http://deb.example/debian/',
    'a.example/: a/': 'is no URL',
    'http://a.example/?x: a': 'is no URL',
    'http://me@a.example/: a/': 'The address names no server',
    'http://films.anabranch/: films/': 'stands for contents already',
    'http://a.example/b/: a': 'is a folder on one side only',
    'http://a.example/b: a/': 'is a folder on one side only',
    'http://a.example/: ../': "has a part '.' or '..'",
    'http://a.example/: /': 'is empty',
    'http://a.example/: [a]': 'is no name',
    '- http://a.example/': 'is no map of URLs to contents'
  }
  for (const [line, reason] of Object.entries(wrong)) {
    const read = () => parseUrlMap(`# a map\n${line}\n`, 'map.yaml')
    expect(read).toThrow(ConfigurationError)
    expect(read).toThrow(/^map.yaml:2:\d+: /)
    expect(read).toThrow(reason)
  }
  const twice = 'http://a.example/: a/\nhttp://A.example:80/: b/\n'
  expect(() => parseUrlMap(twice, 'map.yaml')).toThrow('map.yaml:2:')
})
