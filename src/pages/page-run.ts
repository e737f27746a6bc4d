// The functions here run in browsers: a page has their texts, so that they use nothing but what they are given.

/** Changes a part of the page, and gives the focus back to the button of the node that had it. Its text is in the page. */
export function keepFocus(host: HTMLElement, change: () => void): void {
  const focused = document.activeElement
  const isInside = focused instanceof HTMLElement && host.contains(focused)
  const peer = isInside ? focused.dataset.peer : undefined
  const isTable = isInside && focused.classList.contains('scroll')
  const { scrollTop = 0, scrollLeft = 0 } = host.querySelector('.scroll') ?? {}
  change()
  const scroll = host.querySelector<HTMLElement>('.scroll')
  scroll?.scrollTo(scrollLeft, scrollTop)
  if (isTable) scroll?.focus({ preventScroll: true })
  if (peer === undefined) return
  const again = [...host.querySelectorAll<HTMLElement>('button')].find(({ dataset }) => dataset.peer === peer)
  again?.focus({ preventScroll: true })
}

/** Fills a part of the page, by its id. */
export type Fill = ReturnType<typeof filling>

/** Returns what fills a part of the page where what it shows has changed: what is being read stays as it is. */
export function filling(keep: typeof keepFocus) {
  const shown = new Map<string, string>()
  return (id: string, from: unknown, make: () => (Node | string)[]): void => {
    const host = document.getElementById(id)!
    const text = JSON.stringify([from]) + new Date().toDateString()
    if (shown.get(id) === text) return
    shown.set(id, text)
    keep(host, () => host.replaceChildren(...make()))
  }
}

/** Hears what changes for as long as the page is looked at. `who` answers. Its text is in the page. */
export function listen<View>(who: string, show: (view: View) => void): void {
  let events: EventSource | undefined
  const link = document.getElementById('link')!

  /** A page that nobody looks at holds no connection: browsers have few for each host. */
  function begin(): void {
    events?.close()
    events = undefined
    if (document.hidden) return
    events = new EventSource('/api/events')
    events.onmessage = ({ data }) => {
      link.textContent = ''
      show(JSON.parse(data))
    }
    events.onerror = () => {
      link.textContent = `The ${who} does not answer; what is shown may be old.`
      // A browser gives up where the answer is a refusal.
      if (events?.readyState === EventSource.CLOSED) setTimeout(begin, 5_000)
    }
  }

  document.addEventListener('visibilitychange', begin)
  begin()
}
