import { describe, expect, it } from 'vitest'
import { ownCalls, shellBlocks } from './shell-blocks.ts'

describe('the shell blocks of a page', () => {
  it('are indented or fenced, with what stands before them', () => {
    const page = [
      'Text:',
      '',
      '    relay start --director $D \\',
      '      --max-rate 40mbit   # squeezed',
      '',
      '    # a comment',
      '    client fetch a | mpv -',
      '',
      '<!-- not run: needs two machines -->',
      '',
      '    npm run demo',
      '',
      '```sh',
      'anabranch status',
      '```',
      '',
      '```ts',
      'npm(1)',
      '```',
      '',
      '    name: a topology',
      '',
      '1. In a list:',
      '',
      '       relay start --director $D \\',
      '         --max-rate 40mbit',
      '       client fetch a',
      '',
      '   More of it:',
      '',
      '       director: [DIRECTOR:4001]',
      '',
      '   ```sh',
      '   anabranch top',
      '   ```'
    ].join('\n')
    expect(shellBlocks(page).map(({ line, commands, notRun }) => [line, commands, notRun])).toEqual([
      [3, ['relay start --director $D --max-rate 40mbit', 'client fetch a | mpv -'], undefined],
      [11, ['npm run demo'], 'needs two machines'],
      [14, ['anabranch status'], undefined],
      [25, ['relay start --director $D --max-rate 40mbit', 'client fetch a'], undefined],
      [34, ['anabranch top'], undefined]
    ])
  })

  it('call this program in pipes, chains and under other words', () => {
    expect(ownCalls("ffmpeg -i x - | anabranch source publish 'a b' - > log &")).toEqual([
      ['anabranch', 'source', 'publish', 'a b', '-']
    ])
    expect(ownCalls('npm ci && npm run demo')).toEqual([
      ['npm', 'ci'],
      ['npm', 'run', 'demo']
    ])
    expect(ownCalls('sudo npx --no anabranch lab down')).toEqual([['anabranch', 'lab', 'down']])
    expect(ownCalls('curl http://127.0.0.1/relay')).toEqual([])
  })
})
