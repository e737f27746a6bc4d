import { html, Markup } from '../http/markup.ts'
import { formatBytes, formatRate } from '../units/units.ts'
import { ACTIVITY_LIMITS } from './limits.ts'
import { contentView, nodeMakers, runPanel } from './panel-script.ts'

/** The script that fills the panel: functions of the house as text, and their calls. */
export const PANEL_SCRIPT = `{
const makers = (${nodeMakers})();
const view = (${contentView})(makers, {
  formatBytes: ${formatBytes},
  formatRate: ${formatRate},
  seconds: ${ACTIVITY_LIMITS.historySlots}
});
(${runPanel})(document.getElementById('panel'), makers, view);
}`

/** Where a page shows what is being fetched; without scripts there is nothing to see of it. */
export const PANEL = html`<section id="panel" aria-label="Being fetched" hidden></section>
<script>${new Markup(PANEL_SCRIPT)}</script>`
