import { BASE_STYLE } from '../pages/style.ts'

/** The look of the pages of a relay and of a fetch. Each line of a chart has a pattern besides its colour. */
export const STYLE = `${BASE_STYLE}
:root { --look4: #6b4f9e; --look5: #5d676d }
@media (prefers-color-scheme: dark) { :root { --look4: #b9a3e3; --look5: #9aa6ad } }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 0 2rem }
.columns > section { min-width: 0 }
.chart { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem; margin-top: .5rem }
.chart > svg { display: block; width: 100%; height: 9rem; overflow: visible }
.lines { list-style: none; display: flex; flex-wrap: wrap; gap: .1rem 1.25rem; margin: 0; padding: 0; font-size: .875rem;
  font-variant-numeric: tabular-nums }
.lines b { font-weight: 600 }
.sample { width: 1.75rem; height: .6rem; margin-right: .4rem; vertical-align: .05rem }
.scale { margin: .25rem 0 0; font-size: .75rem; color: var(--faint) }
.ends { display: flex; justify-content: space-between }
.grid { stroke: var(--line); fill: none; vector-effect: non-scaling-stroke }
.line { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke }
.look0 { stroke: var(--route1) } .look1 { stroke: var(--route2); stroke-dasharray: 7 3 }
.look2 { stroke: var(--route3); stroke-dasharray: 2 3 } .look3 { stroke: var(--route4); stroke-dasharray: 10 3 2 3 }
.look4 { stroke: var(--look4); stroke-dasharray: 5 5 } .look5 { stroke: var(--look5); stroke-dasharray: 1 5 }
dl.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .15rem 1rem; margin: .5rem 0 0; font-size: .875rem;
  font-variant-numeric: tabular-nums }
.facts dt { color: var(--faint) } .facts dd { margin: 0; overflow-wrap: anywhere }
.progress { display: block; width: 100%; height: .75rem; margin: .25rem 0 .5rem; accent-color: var(--route1) }
article { margin-top: 1.5rem; padding-top: .75rem; border-top: 1px solid var(--line) }
article h2 { margin-top: 0; overflow-wrap: anywhere } article h3 { margin-top: 1rem }
`
