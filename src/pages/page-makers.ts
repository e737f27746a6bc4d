// The functions of the page's script run in browsers: the page has their texts, so that they use nothing
// but what they are given. All that nodes and clients say is put in as text.

/** What makes the parts of the page. */
export type Makers = ReturnType<typeof pageMakers>

export interface Column {
  head: string
  /** `number` stands to the right, `wide` is left out on small screens. */
  kind?: string
}

export function pageMakers() {
  type Child = Node | string

  function element(tag: string, className: string, ...children: Child[]): HTMLElement {
    const made = document.createElement(tag)
    if (className !== '') made.className = className
    made.append(...children)
    return made
  }

  function drawn(tag: string, attributes: Record<string, string | number>, ...children: Child[]): SVGElement {
    const made = document.createElementNS('http://www.w3.org/2000/svg', tag)
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value))
    made.append(...children)
    return made
  }

  /** A peer id as people tell them apart, by its tail. */
  function short(peerId: string): string {
    return peerId.length > 8 ? `..${peerId.slice(-6)}` : peerId
  }

  /** The time of day, with the date where that is another. */
  function timeOf(iso: string): string {
    const at = new Date(iso)
    const time = at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    return at.toDateString() === new Date().toDateString() ? time : `${at.toLocaleDateString()} ${time}`
  }

  /** A table that scrolls by itself; `rows` begin with the cell that names the row. */
  function table(label: string, columns: Column[], rows: (Child[] & { chosen?: boolean })[]): HTMLElement {
    if (rows.length === 0) return element('p', 'faint', 'None.')
    const heads = columns.map(({ head, kind = '' }) => {
      const made = element('th', kind, head)
      made.setAttribute('scope', 'col')
      return made
    })
    const body = rows.map(cells => {
      const made = cells.map((cell, at) => element(at === 0 ? 'th' : 'td', columns[at]!.kind ?? '', cell))
      made[0]!.setAttribute('scope', 'row')
      return element('tr', cells.chosen ? 'selected' : '', ...made)
    })
    const whole = element(
      'table',
      '',
      element('thead', '', element('tr', '', ...heads)),
      element('tbody', '', ...body)
    )
    const scroll = element('div', 'scroll', whole)
    scroll.tabIndex = 0
    // No landmark of its own: it has the name of the section around it.
    scroll.setAttribute('role', 'group')
    scroll.setAttribute('aria-label', label)
    return scroll
  }

  return { element, drawn, short, timeOf, table }
}
