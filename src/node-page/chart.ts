import type { Makers } from '../pages/page-makers.ts'

// The functions here run in browsers: a page has their texts, so that they use nothing but what they are given.

export interface ChartLine {
  name: string
  /** One value a second, the latest last; null where there is none. */
  values: (number | null)[]
  /** Place of its colour and pattern, from 0 on. */
  look: number
}

export interface ChartOptions {
  label: string
  /** How many seconds there is room for. */
  seconds: number
  /** The value at the top; without it the chart finds a round one. */
  top?: number
  format(value: number): string
}

/** Returns what draws lines over the last seconds, with their names and present values. Its text is in the page. */
export function chartDrawing({ element, drawn }: Makers) {
  const HEIGHT = 100

  /** A round number of bits a second, in bytes a second, that is no less. */
  function roundTop(most: number): number {
    const bits = most * 8
    const power = 10 ** Math.floor(Math.log10(bits))
    return ([1, 1.5, 2, 3, 4, 6, 8, 10].find(step => step * power >= bits)! * power) / 8
  }

  /** A line breaks where a value is missing. */
  function pathOf({ values }: ChartLine, seconds: number, top: number): string {
    const left = seconds - values.length
    let isOn = false
    const steps = values.map((value, at) => {
      if (value === null) {
        isOn = false
        return ''
      }
      const step = `${isOn ? 'L' : 'M'}${left + at} ${(HEIGHT - (Math.min(value, top) / top) * HEIGHT).toFixed(1)}`
      isOn = true
      return step
    })
    return steps.join('')
  }

  function sample(look: number): SVGElement {
    const line = drawn('path', { d: 'M0 5L28 5', class: `line look${look % 6}` })
    return drawn('svg', { viewBox: '0 0 28 10', class: 'sample', 'aria-hidden': 'true' }, line)
  }

  return (lines: ChartLine[], { label, seconds, top: wanted, format }: ChartOptions): HTMLElement => {
    const known = lines.map(({ values }) => values.filter(value => value !== null))
    // Where nothing comes the scale says kilobits.
    const top = wanted ?? roundTop(Math.max(125, ...known.flat()))
    const nowOf = ({ values }: ChartLine) => values.at(-1) ?? undefined
    const words = lines.map((line, at) => {
      const now = nowOf(line)
      const most = Math.max(0, ...known[at]!)
      return `${line.name} ${now === undefined ? 'not known' : format(now)} now, ${format(most)} at most`
    })
    const grid = [0.5, 1].map(share =>
      drawn('path', { d: `M0 ${HEIGHT * share}L${seconds - 1} ${HEIGHT * share}`, class: 'grid' })
    )
    const svg = drawn(
      'svg',
      {
        ...{ viewBox: `0 0 ${seconds - 1} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' },
        'aria-label': `${label} over the last ${seconds} seconds: ${words.join('; ')}`
      },
      ...grid,
      ...lines.map(line =>
        drawn('path', { d: pathOf(line, seconds, top), class: `line look${line.look % 6}` })
      )
    )
    const minutes = seconds % 60 === 0 ? `${seconds / 60} min ago` : `${seconds} s ago`
    const legend = lines.map(line => {
      const now = nowOf(line)
      const value = now === undefined ? '' : ` ${format(now)}`
      return element('li', '', sample(line.look), line.name, element('b', '', value))
    })
    return element(
      'div',
      'chart',
      element('ul', 'lines', ...legend),
      element('p', 'scale', format(top)),
      svg,
      element('p', 'scale ends', element('span', '', minutes), element('span', '', 'now'))
    )
  }
}
