import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { labsDirectory } from './lab-state.ts'

/**
 * Kernel setting, one for the whole machine. With it an htb class that may send goes on until its
 * burst is used up, and then waits until the whole burst is paid for. So packets leave in trains,
 * with one timer for each train instead of each packet.
 */
const SETTING = '/sys/module/sch_htb/parameters/htb_hysteresis'

/** File that keeps the setting's value from before the first lab until the last lab is down. */
const keptValue = () => join(labsDirectory(), '..', 'htb-hysteresis')

/**
 * Makes rate-limited links send in trains, where the kernel can; elsewhere they send packet by
 * packet, which costs more processor time.
 */
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
