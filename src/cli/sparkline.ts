const BLOCKS = ' \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588'
const ASCII_BLOCKS = ' .:-=+*%#'

/** The latest of these figures as a row of so many cells, the last one rightmost; a full cell stands for `most`. */
export function sparkline(values: readonly number[], most: number, cells: number, isAscii: boolean): string {
  const blocks = isAscii ? ASCII_BLOCKS : BLOCKS
  const top = blocks.length - 1
  const levels = values.slice(-cells).map(value => (most > 0 ? Math.ceil((value / most) * top) : 0))
  return levels
    .map(level => blocks[Math.min(top, Math.max(0, level))])
    .join('')
    .padStart(cells)
}
