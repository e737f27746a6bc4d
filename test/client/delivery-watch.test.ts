import { describe, expect, it } from 'vitest'
import { DeliveryWatch } from '../../src/client/delivery-watch.ts'

/** A watch of one open route that owes something and is late; `segmentMs` is what a segment takes. */
function lateRoute(segmentMs: () => number) {
  const watch = new DeliveryWatch({ isFit: () => false, owes: () => true, segmentMs }, 0)
  watch.began(0)
  watch.opened(0)
  let nowMs = 0
  /** Lets time pass until the route is lost; returns how much that took. */
  const untilLost = () => {
    const fromMs = nowMs
    while (!watch.lost.has(0)) {
      nowMs += 20
      watch.step(nowMs)
    }
    return nowMs - fromMs
  }
  return { watch, untilLost }
}

describe('DeliveryWatch', () => {
  it('holds a late route for lost 0.4 s after two of its segments should have come', () => {
    const { watch, untilLost } = lateRoute(() => 50)
    watch.brought(0)
    expect(untilLost()).toBe(480)
  })

  it('has patience with a thin route, over which a segment takes seconds', () => {
    const { watch, untilLost } = lateRoute(() => 5_200)
    watch.brought(0)
    expect(untilLost()).toBe(10_780)
  })

  it('has no patience with a route whose rate falls because nothing comes', () => {
    let segmentMs = 50
    const { watch, untilLost } = lateRoute(() => segmentMs)
    watch.brought(0)
    watch.step(20)
    segmentMs = 60_000
    expect(untilLost()).toBe(480)
  })

  it('has some patience with a route that has brought nothing yet', () => {
    expect(lateRoute(() => 50).untilLost()).toBe(3_380)
  })

  it('counts no time in which the process stood still', () => {
    const { watch } = lateRoute(() => 50)
    watch.brought(0)
    watch.step(20)
    watch.step(600_000)
    expect(watch.lost.has(0)).toBe(false)
  })
})
