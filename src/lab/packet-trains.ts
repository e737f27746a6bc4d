import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { labsDirectory } from './lab-state.ts'

/**
 * Kernel setting, one for the whole machine, by which an htb class that may send goes on until its burst is used up, and
 * then waits until all of it is paid for: packets leave in trains, with one timer for each train instead of each packet.
 */
const SETTING = '/sys/module/sch_htb/parameters/htb_hysteresis'

/** Where the setting's value from before the first lab is kept until the last one is down. */
const keptValue = () => join(labsDirectory(), '..', 'htb-hysteresis')

/** Lets rate-limited links send in trains, where the kernel can; else they send packet by packet, which costs more. */
export async function sendInTrains(setting = SETTING): Promise<void> {
  const value = await readFile(setting, 'utf8').catch(() => '1')
  if (value.trim() !== '0') return
  await mkdir(labsDirectory(), { recursive: true, mode: 0o700 })
  await writeFile(keptValue(), value)
  await writeFile(setting, '1').catch(() => {})
}

/** Puts the setting back to what it was before the first lab. */
export async function sendAsBefore(setting = SETTING): Promise<void> {
  const value = await readFile(keptValue(), 'utf8').catch(() => undefined)
  if (value === undefined) return
  await writeFile(setting, value).catch(() => {})
  await rm(keptValue(), { force: true })
}
