/** Where the nodes of one kind stand on the map. */
export interface MapBlock {
  /** The middle of the block, for its head. */
  x: number
  /** Radius of a node. */
  radius: number
  /** Whether there is room for each node's name. */
  isLabelled: boolean
  places: { x: number; y: number }[]
}

export interface MapLayout {
  height: number
  /** Sources, relays and clients, from left to right as the stream flows. */
  blocks: [MapBlock, MapBlock, MapBlock]
}

/** Places so many sources, relays and clients on a map of this width; all in pixels. Its text is in the page. */
export function mapLayout(counts: [number, number, number], width: number): MapLayout {
  const TOP = 40
  const LEAST_HEIGHT = 150
  const MOST_HEIGHT = 560
  const LABELLED = { x: 76, y: 50, radius: 12 }
  const ONE_COLUMN = 6
  const SPANS = [
    [0.02, 0.24],
    [0.3, 0.7],
    [0.76, 0.98]
  ]

  function gridOf(count: number, room: number) {
    const labelled = count <= ONE_COLUMN ? 1 : Math.max(1, Math.floor(room / LABELLED.x))
    const rows = Math.ceil(count / labelled)
    if (rows * LABELLED.y <= MOST_HEIGHT)
      return {
        columns: labelled,
        rows,
        stepX: room / labelled,
        stepY: LABELLED.y,
        isLabelled: true,
        radius: LABELLED.radius
      }
    const step = Math.max(7, Math.min(40, Math.sqrt((room * MOST_HEIGHT) / count)))
    const columns = Math.max(1, Math.floor(room / step))
    const radius = Math.max(2.5, Math.min(11, step * 0.36))
    return {
      columns,
      rows: Math.ceil(count / columns),
      stepX: room / columns,
      stepY: step,
      isLabelled: false,
      radius
    }
  }

  const grids = counts.map((count, at) => gridOf(count, (SPANS[at]![1]! - SPANS[at]![0]!) * width))
  const height = Math.max(LEAST_HEIGHT, ...grids.map(({ rows, stepY }) => rows * stepY)) + TOP + 8
  const blocks = grids.map(({ columns, rows, stepX, stepY, isLabelled, radius }, at) => {
    const left = SPANS[at]![0]! * width
    const top = TOP + (height - TOP - 8 - rows * stepY) / 2
    const places = Array.from({ length: counts[at]! }, (_, index) => {
      const row = Math.floor(index / columns)
      // Every second row stands apart, so that lines from row to row do not lie upon one another.
      const aside = columns > 1 ? ((row % 2) - 0.5) * stepX * 0.3 : 0
      return {
        x: left + ((index % columns) + 0.5) * stepX + aside,
        y: top + (row + 0.5) * stepY - (isLabelled ? 6 : 0)
      }
    })
    return { x: ((SPANS[at]![0]! + SPANS[at]![1]!) / 2) * width, radius, isLabelled, places }
  })
  return { height, blocks: blocks as MapLayout['blocks'] }
}
