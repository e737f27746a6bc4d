import { pageMakers } from '../pages/page-makers.ts'
import { filling, keepFocus, listen } from '../pages/page-run.ts'
import { formatRate } from '../units/units.ts'
import { itemDrawing, legendOf, lineDrawing, mapDrawing } from './map-drawing.ts'
import { clientItems, itemAt, mapLines, mapPicture, nodeItems } from './map-items.ts'
import { mapLayout } from './map-layout.ts'
import { nodeDetail, nodesList, nodeWords, otherLists, problemsPart } from './page-lists.ts'
import { attend, listsPart, mapPart, pageState } from './page-run.ts'

/** The script of the page: functions of the house as text, and their calls. */
export const PAGE_SCRIPT = `{
${[itemAt, nodeItems, clientItems, mapLines, mapPicture].join('\n')}
let page;
const choose = peerId => page.choose(peerId);
const makers = (${pageMakers})();
const words = (${nodeWords})(makers, choose);
const lists = {
  ...(${otherLists})(makers, words),
  problemsList: (${problemsPart})(makers, words),
  nodesTable: (${nodesList})(makers, words, ${formatRate}),
  detailOf: (${nodeDetail})(makers, words, choose)
};
const itemOf = (${itemDrawing})(makers);
const draw = (${mapDrawing})(makers, ${mapLayout}, itemOf, (${lineDrawing})(makers));
document.getElementById('legend').append(...(${legendOf})(makers, itemOf));
const fill = (${filling})(${keepFocus});
const parts = [(${listsPart})(makers, fill, lists), (${mapPart})(makers, fill, mapPicture, draw, lists)];
page = (${pageState})(parts, fill, lists);
(${listen})('director', page.view);
(${attend})(page);
}`
