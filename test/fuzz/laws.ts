import { FRAME_LAWS } from './frame-laws.ts'
import type { Law } from './law.ts'
import { STREAM_LAWS } from './stream-laws.ts'
import { TEXT_LAWS } from './text-laws.ts'

/** Every law, for `npm run fuzz`. */
export const LAWS: readonly Law[] = [...FRAME_LAWS, ...TEXT_LAWS, ...STREAM_LAWS]
