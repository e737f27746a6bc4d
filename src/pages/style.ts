/**
 * The look of the pages of nodes. What colours say is said by shapes or words, too; the colours themselves are
 * of the palette of Okabe and Ito, which people tell apart who do not see all colours.
 */
export const BASE_STYLE = `
:root { --ground: #fbfaf7; --ink: #1d2327; --faint: #5d676d; --line: #dfdcd3; --over: #f0eee7; --edge: #8d989f;
  --source: #0072b2; --relay: #00735a; --client: #6b4f9e; --bad: #b34700; --badground: #fdf0e4; --link: #0b5d80;
  --route1: #0072b2; --route2: #b34700; --route3: #00735a; --route4: #a6467d }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14181b; --ink: #e3e7e9; --faint: #9aa6ad; --line: #2b3237; --over: #1d2327; --edge: #66737b;
    --source: #56b4e9; --relay: #3fc9a0; --client: #b9a3e3; --bad: #f5a35c; --badground: #2e2216; --link: #7cc4e4;
    --route1: #56b4e9; --route2: #f5a35c; --route3: #3fc9a0; --route4: #e594c3 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 80rem; margin: 0 auto; padding: 1.25rem 1rem 4rem }
h1 { margin: 0; font-size: 1.25rem; font-weight: 600; overflow-wrap: anywhere }
h1 span { font: 400 .875rem/1.5 ui-monospace, monospace; color: var(--faint) }
h2 { margin: 2rem 0 .5rem; font-size: 1rem; font-weight: 600 }
h3 { margin: 0 0 .25rem; font-size: 1rem; font-weight: 600; overflow-wrap: anywhere }
p { margin: 0 0 .5rem; overflow-wrap: anywhere }
.faint { color: var(--faint) }
.bad { color: var(--bad); font-weight: 600 }
#link:empty { display: none }
.problems { list-style: none; margin: 0; padding: 0; max-height: 22rem }
summary { padding: .5rem 0; cursor: pointer }
.problems li { padding: .5rem .75rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
.problems li.problem { background: var(--badground); border-left: .25rem solid var(--bad); padding-left: .75rem }
.problems .mark { color: var(--bad); font-weight: 700; margin-right: .35rem }
.problems .remedy { display: block; color: var(--faint) }
form { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end }
label { display: flex; flex-direction: column; font-size: .875rem; color: var(--faint); flex: 1 1 14rem; max-width: 24rem }
label.short { flex: 0 0 5rem }
input { font: inherit; color: var(--ink); background: var(--ground); border: 1px solid var(--edge); border-radius: .25rem;
  padding: .3rem .5rem; width: 100%; min-height: 2.25rem }
button { font: inherit; color: var(--ink); background: var(--over); border: 1px solid var(--edge); border-radius: .25rem;
  padding: .3rem .8rem; min-height: 2.25rem; cursor: pointer }
button.plain { border: 0; background: none; padding: 0; min-height: 1.5rem; color: var(--link); text-align: left;
  font: 400 .875rem/1.5 ui-monospace, monospace }
button.plain:hover { text-decoration: underline }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
.scroll { overflow-x: auto; max-height: 34rem; overflow-y: auto; border: 1px solid var(--line); border-radius: .5rem; margin-top: .5rem }
table { border-collapse: collapse; width: 100%; font-size: .875rem; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top }
thead th { position: sticky; top: 0; background: var(--over); font-weight: 600; white-space: nowrap }
tbody th { font-weight: 400; white-space: nowrap }
tbody tr:last-child > * { border-bottom: 0 }
.wraps { white-space: normal; overflow-wrap: break-word }
td.number, th.number { text-align: right; white-space: nowrap }
td { overflow-wrap: break-word; min-width: 4rem; max-width: 30rem }
tr.selected th, tr.selected td { background: var(--over) }
.detail { margin-top: .5rem; padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .5rem; font-size: .875rem; overflow-wrap: anywhere }
.detail dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .15rem 1rem; margin: 0 }
.detail dt { color: var(--faint) } .detail dd { margin: 0 }
@media (max-width: 40rem) { .wide { display: none } }
`
