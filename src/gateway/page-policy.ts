import { toString as asText } from 'uint8arrays/to-string'
import { sha256 } from '#sha256'
import { PANEL_SCRIPT } from './panel.ts'

const SCRIPT_HASH = asText(sha256(new TextEncoder().encode(PANEL_SCRIPT)), 'base64pad')

/** What a browser may do with a page of the gateway: of scripts, it runs the panel's alone. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `script-src 'sha256-${SCRIPT_HASH}'`,
  "connect-src 'self'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'"
].join('; ')
