import { describe, expect, it } from 'vitest'
import { problemText, readRouting } from '../../src/transport/uplink-routing.ts'

const CONNECTION = { device: 'wwan0', from: '10.9.0.2', to: '8.8.8.8' }
const FACTS = { index: 3, gateway: '10.9.0.1', hasDefault: true }

describe("the system's routing of an uplink", () => {
  it('is read from what ip says', () => {
    const said =
      '[{"dst":"8.8.8.8","from":"10.9.0.2","gateway":"10.1.0.1","dev":"eth0","uid":0,"flags":[],"cache":[]}]'
    expect(readRouting(said)).toEqual({ leavesBy: 'eth0' })
    for (const other of ['', '[]', '{}', '[{}]', 'Usage: ip']) expect(readRouting(other)).toBeUndefined()
  })

  it('is told with the commands that put it right', () => {
    expect(problemText(CONNECTION, { leavesBy: 'eth0' }, FACTS)).toBe(
      'what comes from 10.9.0.2 leaves by eth0 and not by wwan0; run as root: ' +
        'ip route replace default via 10.9.0.1 dev wwan0 table 1003 && ip rule add from 10.9.0.2 lookup 1003'
    )
  })

  it('is told of IPv6, where nothing gets out, and where there is no next hop', () => {
    const connection = { ...CONNECTION, from: '2a01::2' }
    expect(problemText(connection, { leavesBy: undefined }, { ...FACTS, gateway: undefined })).toBe(
      'nothing that comes from 2a01::2 gets out; run as root: ' +
        'ip -6 route replace default dev wwan0 table 1003 && ip -6 rule add from 2a01::2 lookup 1003'
    )
  })

  it('is told where the next hop is not known', () => {
    const facts = { index: 3, gateway: undefined, hasDefault: false }
    expect(problemText(CONNECTION, { leavesBy: 'eth0' }, facts)).toMatch(
      / via GATEWAY dev wwan0 .*, where GATEWAY is the router of wwan0's network$/
    )
  })
})
