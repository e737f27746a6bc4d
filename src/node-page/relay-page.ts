import { html, Markup } from '../http/markup.ts'
import { pageFrame } from '../http/page-frame.ts'
import { pageMakers } from '../pages/page-makers.ts'
import { pagePolicy } from '../pages/page-policy.ts'
import { filling, keepFocus, listen } from '../pages/page-run.ts'
import { formatBytes, formatRate } from '../units/units.ts'
import { chartDrawing } from './chart.ts'
import { NODE_PAGE_LIMITS } from './limits.ts'
import { nodeLists } from './page-lists.ts'
import { relayShow } from './relay-show.ts'
import { STYLE } from './style.ts'

/** The script of a relay's page: functions of the house as text, and their calls. */
export const RELAY_SCRIPT = `{
const makers = (${pageMakers})();
const fill = (${filling})(${keepFocus});
const tools = { formatBytes: ${formatBytes}, formatRate: ${formatRate}, seconds: ${NODE_PAGE_LIMITS.relaySlots} };
const show = (${relayShow})(makers, fill, (${nodeLists})(makers), (${chartDrawing})(makers), tools);
(${listen})('relay', show);
}`

export const RELAY_POLICY = pagePolicy(RELAY_SCRIPT)

/** A relay's page, which its script fills with what changes. */
export const RELAY_PAGE = pageFrame(
  'Relay',
  STYLE,
  html`<header>
<h1>Relay <span id="who"></span></h1>
<p id="counts"></p>
<p id="link" class="faint" role="status"></p>
</header>
<noscript><p>This page needs JavaScript; /api/view has the same as JSON.</p></noscript>
<section aria-labelledby="h-problems"><h2 id="h-problems">Problems</h2><div id="problems"></div></section>
<section aria-labelledby="h-rates"><h2 id="h-rates">What is forwarded</h2><div id="rates"></div></section>
<div class="columns">
<section aria-labelledby="h-limits"><h2 id="h-limits">Limits</h2><div id="limits"></div></section>
<section aria-labelledby="h-refused"><h2 id="h-refused">Routes not served</h2><div id="refused"></div></section>
</div>
<section aria-labelledby="h-routes"><h2 id="h-routes">Routes</h2><div id="routes"></div></section>
<script>${new Markup(RELAY_SCRIPT)}</script>`
)
