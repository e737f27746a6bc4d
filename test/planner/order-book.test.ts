import { describe, expect, it } from 'vitest'
import { Pattern } from '../../src/pattern/pattern.ts'
import { OrderBook } from '../../src/planner/order-book.ts'
import { ROUTE_LIMITS } from '../../src/protocol/limits.ts'

const move = (fromRoute: number, toRoute: number) => ({
  fromRoute,
  toRoute,
  copy: false,
  ranges: [{ from: 3, to: 5 }]
})
const order = (book: OrderBook, from: number, pattern: string) =>
  book.orderPattern(from, Pattern.parse(pattern)).version
/** A book of routes to these holders. */
function bookOf(holders: Record<string, number[]>): OrderBook {
  const book = new OrderBook()
  for (const [holder, routes] of Object.entries(holders))
    for (const route of routes) book.routeAdded(route, holder)
  return book
}
const namedOf = (book: OrderBook) => [0, 1, 2, 3].filter(route => book.isNamed(route))
const versionsOf = (orders: { patterns: Array<{ version: number }> }) =>
  orders.patterns.map(({ version }) => version)

describe('OrderBook', () => {
  it('numbers patterns and reassignments, each from 1 on', () => {
    const book = bookOf({ x: [0, 1, 2, 3] })
    expect([order(book, 0, 'A'), order(book, 4, 'B')]).toEqual([1, 2])
    expect([book.orderReassignment(move(0, 1)), book.orderReassignment(move(1, 0))]).toMatchObject([
      { id: 1, fromRoute: 0 },
      { id: 2, fromRoute: 1 }
    ])
  })

  it('knows which routes standing orders name', () => {
    const book = bookOf({ x: [0, 1, 2, 3] })
    expect(namedOf(book)).toEqual([])
    order(book, 0, '[AB]')
    const { id } = book.orderReassignment(move(2, 1))
    expect(namedOf(book)).toEqual([0, 1, 2])
    book.reassigned(id, 'x')
    expect(namedOf(book)).toEqual([0, 1])
  })

  it('takes the first answer to an order alone', () => {
    const book = bookOf({ x: [0, 1, 2, 3] })
    const version = order(book, 4, 'A')
    expect(book.unansweredPattern(version, 'x')).toMatchObject({ from: 4 })
    expect(book.patternApplied(version, 'x')).toMatchObject({ version, from: 4 })
    expect(book.unansweredPattern(version, 'x')).toBeUndefined()
    expect(book.patternApplied(version, 'x')).toBeUndefined()
    expect(book.openingOrders(0).patterns).toMatchObject([{ version, from: 4 }])
    const { id } = book.orderReassignment(move(0, 1))
    expect(book.reassigned(id, 'x')).toMatchObject({ id })
    expect(book.reassigned(id, 'x')).toBeUndefined()
  })

  it('forgets a pattern of which no segment is wanted any more', () => {
    const book = bookOf({ x: [0, 1, 2, 3] })
    for (const [from, pattern] of [
      [0, 'A'],
      [5, 'B'],
      [8, 'C']
    ] as const)
      order(book, from, pattern)
    book.patternApplied(1, 'x')
    book.patternApplied(2, 'x')
    book.forgetBelow(4)
    expect([versionsOf(book.openingOrders(0)), namedOf(book)]).toEqual([
      [1, 2, 3],
      [0, 1, 2]
    ])
    book.forgetBelow(5)
    expect([versionsOf(book.openingOrders(0)), namedOf(book)]).toEqual([
      [2, 3],
      [1, 2]
    ])
    // An order says nothing: the source has not answered the third yet.
    book.forgetBelow(9)
    expect(versionsOf(book.openingOrders(0))).toEqual([2, 3])
    book.patternApplied(3, 'x')
    book.forgetBelow(9)
    expect(versionsOf(book.openingOrders(0))).toEqual([3])
  })

  it('tells open routes once what is not answered, and a route that opens all that stands', () => {
    const book = bookOf({ x: [0, 1, 2, 3] })
    order(book, 0, 'AB')
    expect(versionsOf(book.openingOrders(0))).toEqual([1])
    book.routeOpened(0, true)
    expect(book.isTold(0)).toBe(true)
    book.patternApplied(1, 'x')
    order(book, 4, 'A')
    expect([book.isTold(0), versionsOf(book.openingOrders(1))]).toEqual([false, [1, 2]])
    expect(versionsOf(book.nextOrders([0, 1]))).toEqual([2])
    expect(versionsOf(book.nextOrders([0, 1]))).toEqual([])
    book.routeClosed(1)
    expect(book.isTold(1)).toBe(false)
  })

  it('tells a source everything anew that may have forgotten it, once', () => {
    const book = bookOf({ x: [0, 1, 2, 3] })
    book.openingOrders(0)
    order(book, 0, 'A')
    book.patternApplied(1, 'x')
    book.routeOpened(0, true)
    expect(versionsOf(book.nextOrders([0]))).toEqual([1])
    order(book, 4, 'A')
    expect(versionsOf(book.nextOrders([0]))).toEqual([2])
  })

  it('has told a route nothing as long as one message cannot hold the orders', () => {
    const book = bookOf({ x: [0, 1, 2, 3] })
    for (let i = 0; i <= ROUTE_LIMITS.maxReassignmentsPerControl; i++) book.orderReassignment(move(0, 1))
    expect(book.nextOrders([0]).reassignments).toHaveLength(ROUTE_LIMITS.maxReassignmentsPerControl)
    expect(book.isTold(0)).toBe(false)
    book.reassigned(1, 'x')
    expect(book.nextOrders([0]).reassignments.at(0)).toMatchObject({ id: 2 })
    expect(book.isTold(0)).toBe(true)
  })

  it('tells each holder what it has not answered itself', () => {
    const book = bookOf({ x: [0], y: [1] })
    order(book, 0, 'AB')
    for (const route of [0, 1]) book.openingOrders(route)
    order(book, 4, 'A')
    book.patternApplied(1, 'x')
    expect([book.isAnswered(1), book.isAnswered(2)]).toEqual([true, false])
    expect(versionsOf(book.nextOrders([0]))).toEqual([2])
    expect(versionsOf(book.nextOrders([1]))).toEqual([1, 2])
  })

  it('tells reassignments to the holders of their two routes alone, which answer one by one', () => {
    const book = bookOf({ x: [0, 1], y: [2], z: [3] })
    for (const route of [0, 1, 2, 3]) book.openingOrders(route)
    const within = book.orderReassignment(move(0, 1)).id
    const between = book.orderReassignment({ ...move(0, 2), copy: true }).id
    const idsOf = (route: number) => book.nextOrders([route]).reassignments.map(({ id }) => id)
    expect([idsOf(0), idsOf(2), book.isTold(3), idsOf(3)]).toEqual([[within, between], [between], true, []])
    expect(book.reassigned(between, 'z')).toBeUndefined()
    expect(book.reassigned(between, 'y')).toMatchObject({ id: between })
    expect(book.isAwaited(between, 'x')).toBe(true)
    expect(book.reassigned(between, 'x')).toMatchObject({ id: between })
    expect([...book.unanswered.keys()]).toEqual([within])
  })

  it('waits for no answer of a holder to which no route of the reassignment leads any more', () => {
    const book = bookOf({ x: [0, 1], y: [2] })
    book.orderReassignment({ ...move(0, 2), copy: true })
    book.orderReassignment(move(0, 1))
    book.routeClosed(0)
    expect([book.isAwaited(1, 'x'), book.isAwaited(1, 'y'), book.isAwaited(2, 'x')]).toEqual([
      false,
      true,
      true
    ])
    book.routeClosed(2)
    expect([...book.unanswered.keys()]).toEqual([2])
    book.routeClosed(1)
    expect(namedOf(book)).toEqual([])
  })

  it('tells that holder everything anew which may have forgotten it', () => {
    const book = bookOf({ x: [0], y: [1] })
    book.openingOrders(0)
    order(book, 0, 'AB')
    book.openingOrders(1)
    for (const holder of ['x', 'y']) book.patternApplied(1, holder)
    for (const route of [0, 1]) book.routeOpened(route, true)
    expect([0, 1].map(route => versionsOf(book.nextOrders([route])))).toEqual([[1], []])
  })
})
