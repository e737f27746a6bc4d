import { describe, expect, test } from 'vitest'
import { lastWords } from '../../src/lab/kernel-words.ts'

const BOOT = `SELinux: CONFIG_SECURITY_SELINUX_CHECKREQPROT_VALUE is non-zero.  This is deprecated.
mmapper_init - find_iomem failed
Failed to initialize ubd device 0 :Couldn't determine size of device's file
`

describe('the last words of a kernel', () => {
  test('are its panic, without the stack', () => {
    const panic = 'Kernel panic - not syncing: Requested init /init failed (error -2).'
    expect(lastWords(`${BOOT}${panic}\nCPU: 0 PID: 1 Comm: swapper\nStack:\n 606944ba`)).toBe(panic)
  })

  test('are what it said last, where it did not panic', () => {
    expect(lastWords(`${BOOT}one\ntwo\nthree\nFAILED: Cannot find device "vec0"\n`)).toBe(
      'two; three; FAILED: Cannot find device "vec0"'
    )
  })

  test('are nothing where it said what every boot says', () => {
    expect(lastWords(BOOT)).toBe('nothing')
  })
})
