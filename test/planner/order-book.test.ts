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
const namedOf = (book: OrderBook) => [0, 1, 2, 3].filter(route => book.isNamed(route))
const versionsOf = (orders: { patterns: Array<{ version: number }> }) =>
  orders.patterns.map(({ version }) => version)

describe('OrderBook', () => {
  it('numbers patterns and reassignments, each from 1 on', () => {
    const book = new OrderBook()
    expect([order(book, 0, 'A'), order(book, 4, 'B')]).toEqual([1, 2])
    expect([book.orderReassignment(move(0, 1)), book.orderReassignment(move(1, 0))]).toMatchObject([
      { id: 1, fromRoute: 0 },
      { id: 2, fromRoute: 1 }
    ])
  })

  it('knows which routes standing orders name', () => {
    const book = new OrderBook()
    expect(namedOf(book)).toEqual([])
    order(book, 0, '[AB]')
    const { id } = book.orderReassignment(move(2, 1))
    expect(namedOf(book)).toEqual([0, 1, 2])
    book.reassigned(id)
    expect(namedOf(book)).toEqual([0, 1])
  })

  it('takes the first answer to an order alone', () => {
    const book = new OrderBook()
    const version = order(book, 4, 'A')
    expect(book.unansweredPattern(version)).toMatchObject({ from: 4 })
    expect(book.patternApplied(version, 6)?.toString()).toBe('A')
    expect(book.unansweredPattern(version)).toBeUndefined()
    expect(book.patternApplied(version, 7)).toBeUndefined()
    expect(book.openingOrders(0).patterns).toMatchObject([{ version, from: 6 }])
    const { id } = book.orderReassignment(move(0, 1))
    expect(book.reassigned(id)).toMatchObject({ id })
    expect(book.reassigned(id)).toBeUndefined()
  })

  it('forgets a pattern of which no segment is wanted any more', () => {
    const book = new OrderBook()
    for (const [from, pattern] of [
      [0, 'A'],
      [5, 'B'],
      [8, 'C']
    ] as const)
      order(book, from, pattern)
    book.patternApplied(1, 0)
    book.patternApplied(2, 5)
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
    // A prediction says nothing: the source has not answered the third yet.
    book.forgetBelow(9)
    expect(versionsOf(book.openingOrders(0))).toEqual([2, 3])
    book.patternApplied(3, 5)
    expect(versionsOf(book.openingOrders(0))).toEqual([3])
  })

  it('tells open routes once what is not answered, and a route that opens all that stands', () => {
    const book = new OrderBook()
    order(book, 0, 'AB')
    expect(versionsOf(book.openingOrders(0))).toEqual([1])
    book.routeOpened(0, true)
    expect(book.isTold(0)).toBe(true)
    book.patternApplied(1, 0)
    order(book, 4, 'A')
    expect([book.isTold(0), versionsOf(book.openingOrders(1))]).toEqual([false, [1, 2]])
    expect(versionsOf(book.nextOrders([0, 1]))).toEqual([2])
    expect(versionsOf(book.nextOrders([0, 1]))).toEqual([])
    book.routeClosed(1)
    expect(book.isTold(1)).toBe(false)
  })

  it('tells a source everything anew that may have forgotten it, once', () => {
    const book = new OrderBook()
    book.openingOrders(0)
    order(book, 0, 'A')
    book.patternApplied(1, 0)
    book.routeOpened(0, true)
    expect(versionsOf(book.nextOrders([0]))).toEqual([1])
    order(book, 4, 'A')
    expect(versionsOf(book.nextOrders([0]))).toEqual([2])
  })

  it('has told a route nothing as long as one message cannot hold the orders', () => {
    const book = new OrderBook()
    for (let i = 0; i <= ROUTE_LIMITS.maxReassignmentsPerControl; i++) book.orderReassignment(move(0, 1))
    expect(book.nextOrders([0]).reassignments).toHaveLength(ROUTE_LIMITS.maxReassignmentsPerControl)
    expect(book.isTold(0)).toBe(false)
    book.reassigned(1)
    expect(book.nextOrders([0]).reassignments.at(0)).toMatchObject({ id: 2 })
    expect(book.isTold(0)).toBe(true)
  })
})
