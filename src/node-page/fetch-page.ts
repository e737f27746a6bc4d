import { html, Markup } from '../http/markup.ts'
import { pageFrame } from '../http/page-frame.ts'
import { pageMakers } from '../pages/page-makers.ts'
import { pagePolicy } from '../pages/page-policy.ts'
import { filling, keepFocus, listen } from '../pages/page-run.ts'
import { formatBytes, formatDuration, formatRate } from '../units/units.ts'
import { wholePercents } from '../units/whole-percents.ts'
import { chartDrawing } from './chart.ts'
import { contentFacts, contentRoutes, fetchShow } from './fetch-show.ts'
import { NODE_PAGE_LIMITS } from './limits.ts'
import { nodeLists } from './page-lists.ts'
import { STYLE } from './style.ts'

/** The script of a fetch's page: functions of the house as text, and their calls. */
export const FETCH_SCRIPT = `{
const makers = (${pageMakers})();
const fill = (${filling})(${keepFocus});
const lists = (${nodeLists})(makers);
const tools = {
  formatBytes: ${formatBytes}, formatRate: ${formatRate}, formatDuration: ${formatDuration},
  wholePercents: ${wholePercents}, seconds: ${NODE_PAGE_LIMITS.fetchSlots}
};
const chart = (${chartDrawing})(makers);
const parts = { ...(${contentFacts})(makers, lists, tools), ...(${contentRoutes})(makers, chart, tools) };
(${listen})('fetch', (${fetchShow})(makers, fill, lists, parts, tools));
}`

export const FETCH_POLICY = pagePolicy(FETCH_SCRIPT)

/** The page of a fetch, which its script fills with what changes. */
export const FETCH_PAGE = pageFrame(
  'Fetch',
  STYLE,
  html`<header>
<h1>Fetch</h1>
<p id="counts"></p>
<p id="link" class="faint" role="status"></p>
</header>
<noscript><p>This page needs JavaScript; /api/view has the same as JSON.</p></noscript>
<section aria-labelledby="h-problems"><h2 id="h-problems">Problems</h2><div id="problems"></div></section>
<div id="contents"></div>
<p id="more" class="faint"></p>
<script>${new Markup(FETCH_SCRIPT)}</script>`
)
