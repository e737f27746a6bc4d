import { UsageError } from '../errors.ts'
import type { SweepMeans } from '../lab/design/design-schema.ts'
import type { Reporter } from './reporter.ts'

const KNOWN: readonly SweepMeans[] = ['anabranch', 'mptcp', 'aria2', 'static']

/** Parses names of means with commas between them, in the order in which they are measured. Throws UsageError. */
export function parseMeans(text: string): SweepMeans[] {
  const named = text.split(',').filter(Boolean)
  const strange = named.find(name => !KNOWN.some(each => each === name))
  if (strange !== undefined) throw new UsageError(`--means knows ${KNOWN.join(', ')}, not '${strange}'`)
  return KNOWN.filter(each => named.includes(each))
}

/** The means that are simulated: this program alone. Throws UsageError where others were named. */
export function simulatedMeans(
  named: readonly SweepMeans[] | undefined,
  usual: readonly SweepMeans[],
  reporter: Reporter
): SweepMeans[] {
  const others = (named ?? usual).filter(each => each !== 'anabranch').join(', ')
  if (named && others)
    throw new UsageError(`${others}: the simulator runs this program alone; leave --simulate out`)
  if (others) reporter.note(`not simulated: ${others}`)
  return ['anabranch']
}
