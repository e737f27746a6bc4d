import { benefitFigure } from './benefit-figure.ts'
import { burstFigure } from './burst-figure.ts'
import { competitionFigure } from './competition-figure.ts'
import type { Figure } from './figure.ts'
import { handoverFigure } from './handover-figure.ts'
import { longLossyFigure } from './long-lossy-figure.ts'
import { memoryFigure } from './memory-figure.ts'
import { rateLimitedFigure } from './rate-limited-figure.ts'
import { relayDeathsFigure } from './relay-deaths-figure.ts'
import { shortTransferFigure } from './short-transfer-figure.ts'
import { tracePairFigure } from './trace-pair-figure.ts'
import { twoRatesFigure } from './two-rates-figure.ts'
import { wifiCellularFigure } from './wifi-cellular-figure.ts'

/** All figures, by their numbers. */
export const FIGURES: readonly Figure[] = [
  benefitFigure,
  shortTransferFigure,
  rateLimitedFigure,
  burstFigure,
  twoRatesFigure,
  wifiCellularFigure,
  memoryFigure,
  handoverFigure,
  competitionFigure,
  tracePairFigure,
  longLossyFigure,
  relayDeathsFigure
]
