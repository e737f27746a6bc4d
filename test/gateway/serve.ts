import { onTestFinished } from 'vitest'
import { Activity } from '../../src/gateway/activity.ts'
import type { Contents } from '../../src/gateway/contents.ts'
import { Gateway, type GatewayOptions } from '../../src/gateway/gateway.ts'

/** Runs a gateway until the test ends. */
export async function serve(
  contents: Contents,
  options: Partial<Omit<GatewayOptions, 'contents' | 'onFailure'>> = {}
) {
  const failures: unknown[] = []
  const gateway = new Gateway({
    contents,
    activity: new Activity(),
    onFailure: error => failures.push(error),
    ...options
  })
  const url = await gateway.start({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => gateway.stop())
  return { url, port: Number(new URL(url).port), failures }
}
