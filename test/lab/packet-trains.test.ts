import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { sendAsBefore, sendInTrains } from '../../src/lab/packet-trains.ts'

let directory: string
let setting: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anabranch-trains-'))
  setting = join(directory, 'htb_hysteresis')
  vi.stubEnv('XDG_RUNTIME_DIR', directory)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(directory, { recursive: true })
})

const value = async () => (await readFile(setting, 'utf8')).trim()

describe('packet trains', () => {
  it('are on while a lab is up, and what was set before is set again after the last one', async () => {
    await writeFile(setting, '0\n')
    await sendInTrains(setting)
    expect(await value()).toBe('1')
    await sendInTrains(setting)
    await sendAsBefore(setting)
    expect(await value()).toBe('0')
  })

  it('stay on where they were on before', async () => {
    await writeFile(setting, '1\n')
    await sendInTrains(setting)
    await sendAsBefore(setting)
    expect(await value()).toBe('1')
  })

  it('change nothing later on, when somebody has set it meanwhile', async () => {
    await writeFile(setting, '0\n')
    await sendInTrains(setting)
    await sendAsBefore(setting)
    await writeFile(setting, '1\n')
    await sendAsBefore(setting)
    expect(await value()).toBe('1')
  })

  it('are done without where the kernel has no such setting', async () => {
    await sendInTrains(setting)
    await sendAsBefore(setting)
    await expect(value()).rejects.toThrow('ENOENT')
  })
})
