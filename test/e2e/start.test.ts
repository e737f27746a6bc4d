import { writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { Cluster } from './harness.ts'

describe('a command', () => {
  it("loads none of Node's own modules that it does not need", async () => {
    const cluster = await Cluster.create()
    const { address } = await cluster.startDirector()
    const script = cluster.path('loaded.cjs')
    await writeFile(script, "process.on('exit', () => console.error(process.moduleLoadList.join('\\n')))")
    const environment = { NODE_OPTIONS: `--require ${script}` }
    const fetch = cluster.run(['client', 'fetch', 'missing', '--director', address], { environment })
    await fetch.ended
    const loaded = fetch.complaints.split('\n')
    expect(loaded).toContain('NativeModule crypto')
    for (const name of ['child_process', 'cluster', 'internal/util/diff', 'readline', 'worker_threads']) {
      expect(loaded).not.toContain(`NativeModule ${name}`)
    }
  })
})
