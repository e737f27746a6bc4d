import { CLIENT_LAWS } from './client-laws.ts'
import { DIRECTOR_LAWS } from './director-laws.ts'
import { FRAME_LAWS } from './frame-laws.ts'
import { GATEWAY_LAWS } from './gateway-laws.ts'
import type { Law } from './law.ts'
import { RECORD_LAWS } from './record-laws.ts'
import { RELAY_LAWS } from './relay-laws.ts'
import { SOURCE_LAWS } from './source-laws.ts'
import { STREAM_LAWS } from './stream-laws.ts'
import { TEXT_LAWS } from './text-laws.ts'

/** Every law, for `npm run fuzz`. */
export const LAWS: readonly Law[] = [
  ...FRAME_LAWS,
  ...TEXT_LAWS,
  ...STREAM_LAWS,
  ...RECORD_LAWS,
  ...SOURCE_LAWS,
  ...RELAY_LAWS,
  ...DIRECTOR_LAWS,
  ...CLIENT_LAWS,
  ...GATEWAY_LAWS
]
