import { BASE_STYLE } from '../pages/style.ts'

/** The look of a director's page. */
export const STYLE = `${BASE_STYLE}
#mapnote:empty { display: none }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1rem; font-size: .875rem }
.legend svg { width: 1.1rem; height: 1.1rem; vertical-align: -.2rem; margin-right: .3rem }
#map { border: 1px solid var(--line); border-radius: .5rem; overflow: hidden }
#map svg { display: block; width: 100% }
.node { cursor: pointer }
.node .body { fill: var(--ground); stroke-width: 2 }
.node.source .body, .node.source .level { stroke: var(--source) } .node.source .level { fill: var(--source) }
.node.relay .body { stroke: var(--relay) } .node.relay .level { fill: var(--relay) }
.node.client .body { stroke: var(--client) }
.node .level { stroke: none; opacity: .55 }
.node.away .body { stroke-dasharray: 3 3 }
.node .ring { fill: none; stroke: var(--bad); stroke-width: 2.5 }
.node .chosen { fill: none; stroke: var(--ink); stroke-width: 2 }
.node .mark { fill: var(--bad); font: 700 13px system-ui, sans-serif; text-anchor: middle }
.map text { fill: var(--ink); font: 11px system-ui, sans-serif; text-anchor: middle; paint-order: stroke;
  stroke: var(--ground); stroke-width: 3px; stroke-linejoin: round }
.map .rtt { fill: var(--faint); font-size: 10px }
.map .head { font-weight: 600; font-size: 12px; fill: var(--faint) }
.map .shared { fill: var(--bad); font-weight: 700 }
.edge { fill: none; stroke: var(--edge); stroke-width: 1; opacity: .55 }
.edge.strong { stroke: var(--ink); stroke-width: 1.75; opacity: 1 }
.edge.told { stroke: var(--client); stroke-dasharray: 2 4; opacity: .8; stroke-width: 1.5 }
.edge.route { stroke-width: 3.5; opacity: 1 }
.edge.r1 { stroke: var(--route1) } .edge.r2 { stroke: var(--route2); stroke-dasharray: 9 4 }
.edge.r3 { stroke: var(--route3); stroke-dasharray: 3 4 } .edge.r0 { stroke: var(--route4); stroke-dasharray: 12 3 3 3 }
.faded { opacity: .25 }
#routes { margin-top: .75rem } #routes ol { margin: .25rem 0; padding-left: 1.5rem }
.swatch { display: inline-block; width: 2rem; height: .7rem; margin-right: .4rem; vertical-align: middle }
`
