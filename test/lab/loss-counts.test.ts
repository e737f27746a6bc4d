import { expect, test } from 'vitest'
import { countLosses, lossesBetween, lossNotes, lossyDirections } from '../../src/lab/loss-counts.ts'
import { parallelRoutes } from './fixtures.ts'

test('directions that ever lose are found, by their links, events and traces', () => {
  const topology = parallelRoutes(
    ['down: {loss: 1%}', 'delay: 1ms', 'trace: t.csv'],
    'events: [{at: 1s, link: [src, r2], set: {up: {loss: {toBad: 1%, toGood: 10%}}}}]'
  )
  const trace = { beganMs: 0, steps: 1, losses: [0.1] }
  const found = lossyDirections(topology, new Map([['t.csv', trace]]))
  expect(found.map(({ link, direction }) => `${link} ${direction}`)).toEqual([
    ...['1 down', '2 down', '3 up'],
    ...['5 down', '5 up', '6 down', '6 up']
  ])
  expect(lossyDirections(topology, new Map())).toHaveLength(3)
})

test('what entered a link and was not passed is lost, however netem counts its drops', () => {
  const text = `qdisc netem 8001: root refcnt 2 limit 1000000 delay 10ms loss 1%
 Sent 151400 bytes 990 pkt (dropped 4, overlimits 0 requeues 0)`
  const after = { link: 'src-r1', direction: 'down' as const, ...countLosses(1000, text) }
  const before = { ...after, passed: 590, lost: 5 }
  expect(lossNotes(lossesBetween([before], [after]))).toEqual(['src-r1 down lost 5 of 405 packets: 1.23 %'])
  expect(countLosses(0, '')).toEqual({ passed: 0, lost: 0 })
  // A packet that is read between the two counters is not lost.
  expect(countLosses(989, text)).toEqual({ passed: 990, lost: 0 })
})

test('what lost nothing is told, too', () => {
  expect(lossNotes([{ link: 'a-b', direction: 'up', passed: 0, lost: 0 }])).toEqual([
    'a-b up lost 0 of 0 packets: 0 %'
  ])
})
