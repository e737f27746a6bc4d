import { html, Markup } from '../http/markup.ts'
import { pageFrame } from '../http/page-frame.ts'
import { pagePolicy } from '../pages/page-policy.ts'
import { PAGE_SCRIPT } from './page-script.ts'
import { STYLE } from './style.ts'

/** What a browser may do with the page. */
export const POLICY = pagePolicy(PAGE_SCRIPT)

/** The page, which its script fills with what changes. */
export const LIVE_PAGE = pageFrame(
  'Director',
  STYLE,
  html`<header>
<h1>Director <span id="who"></span></h1>
<p id="counts" role="status"></p>
<p id="link" class="faint" role="status"></p>
</header>
<noscript><p>This page needs JavaScript; /api/view has the same as JSON.</p></noscript>
<section aria-labelledby="h-problems"><h2 id="h-problems">Problems</h2><div id="problems"></div></section>
<section aria-labelledby="h-map"><h2 id="h-map">Map</h2>
<p id="legend" class="legend faint"></p>
<div id="map"></div>
<p id="mapnote" class="faint"></p>
<div id="detail" class="detail" role="region" aria-label="Selected node" hidden></div></section>
<section aria-labelledby="h-ask"><h2 id="h-ask">Which routes would a client get?</h2>
<form id="ask">
<label>Content <input name="name" required list="names" autocomplete="off" spellcheck="false"></label>
<datalist id="names"></datalist>
<label class="short">Routes <input name="routes" type="number" min="1" max="16" value="3"></label>
<label>IP address of the client <input name="client" placeholder="any" autocomplete="off" spellcheck="false"></label>
<button>Show routes</button>
<button type="button" id="forget" hidden>Clear</button>
</form>
<div id="routes" aria-live="polite"></div></section>
<section aria-labelledby="h-nodes"><h2 id="h-nodes">Nodes</h2>
<label>Find <input id="find" type="search" placeholder="peer id, label, voucher or address" spellcheck="false"></label>
<div id="nodes"></div></section>
<section aria-labelledby="h-contents"><h2 id="h-contents">Contents</h2><div id="contents"></div></section>
<section aria-labelledby="h-watches"><h2 id="h-watches">What clients want</h2><div id="watches"></div></section>
<section aria-labelledby="h-lately"><h2 id="h-lately">Lately</h2><div id="lately"></div></section>
<script>${new Markup(PAGE_SCRIPT)}</script>`
)
