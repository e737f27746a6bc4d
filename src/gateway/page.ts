import type { Markup } from '../http/markup.ts'
import { pageFrame } from '../http/page-frame.ts'

/** A whole page of the gateway, with all that it needs in it. */
export function page(title: string, body: Markup): string {
  return pageFrame(title, STYLE, body)
}

const STYLE = `
:root { --ground: #fbfaf7; --ink: #1d2327; --faint: #626c72; --line: #dfdcd3; --link: #0b5d80; --over: #f0eee7; --flow: #2a7f9e; --warn: #a3480b }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14181b; --ink: #e3e7e9; --faint: #96a2a9; --line: #2b3237; --link: #7cc4e4; --over: #1d2327; --flow: #58b4d6; --warn: #f0a35e }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem }
h1 { margin: 0 0 1rem; font-size: 1.25rem; font-weight: 600; overflow-wrap: anywhere }
a { color: var(--link); text-decoration: none }
a:hover, a:focus-visible { text-decoration: underline }
p { margin: 0 0 1rem; overflow-wrap: anywhere }
.faint { color: var(--faint) }
.rows { list-style: none; margin: 0 0 1rem; padding: 0; border-top: 1px solid var(--line) }
.rows li { display: grid; grid-template-columns: minmax(0, 1fr) auto 3rem; gap: .75rem; align-items: baseline;
  padding: .55rem .25rem; border-bottom: 1px solid var(--line) }
.rows li:hover { background: var(--over) }
.rows .name { overflow-wrap: anywhere }
.rows .size { color: var(--faint); font-variant-numeric: tabular-nums; white-space: nowrap }
.rows .save { text-align: right; font-size: .875rem }
#panel { margin: 0 0 2rem }
#panel h2 { margin: 0 0 .5rem; font-size: 1rem; font-weight: 600 }
.playing { display: grid; grid-template-columns: minmax(0, 1fr) auto; column-gap: 1rem; align-items: baseline;
  margin: 0 0 1rem; padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .5rem }
.playing h3 { margin: 0; font-size: 1rem; font-weight: 600; overflow-wrap: anywhere }
.playing .sum { font-size: 1.25rem; font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap }
.playing p { grid-column: 1 / -1; margin: 0; font-size: .875rem }
.routes { grid-column: 1 / -1; list-style: none; margin: .25rem 0 0; padding: 0 }
.route { display: grid; grid-template-columns: minmax(0, 1fr) 4rem 9rem 6.5rem 6rem 14rem; column-gap: .75rem;
  grid-template-areas: "way state rtt weight rate drawing"; align-items: center; padding: .35rem 0;
  border-top: 1px solid var(--line); font-size: .875rem; font-variant-numeric: tabular-nums }
.route .way { grid-area: way; color: var(--faint); overflow-wrap: anywhere }
.route .via { color: var(--ink) }
.route .state { grid-area: state; color: var(--faint) }
.route .rtt { grid-area: rtt; color: var(--faint); text-align: right }
.route .weight { grid-area: weight; color: var(--faint); text-align: right }
.route .rate { grid-area: rate; text-align: right; white-space: nowrap }
.route .rates { grid-area: drawing; display: block; width: 100%; height: 1.75rem; color: var(--flow);
  border-bottom: 1px solid var(--line) }
.route.late .state, .route.lost .state { color: var(--warn); font-weight: 600 }
.rates polygon { fill: currentColor; opacity: .2 }
.rates polyline { fill: none; stroke: currentColor; stroke-width: 1.5; vector-effect: non-scaling-stroke }
@media (max-width: 56rem) {
  .route { grid-template-columns: auto auto minmax(0, 1fr) auto; row-gap: .125rem; padding: .5rem 0;
    grid-template-areas: "way way way rate" "state rtt weight weight" "drawing drawing drawing drawing" }
}
`
