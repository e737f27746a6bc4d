import { fileURLToPath } from 'node:url'
import vm from 'node:vm'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { rolldown } from 'rolldown'
import { beforeAll, describe, expect, it } from 'vitest'
import { createPlanner } from '../src/planner/policies/index.ts'
import { signContentRecord } from '../src/protocol/content-record.ts'
import { type Scenario, simulate } from '../src/simulation/index.ts'

type Core = typeof import('../src/core.ts')
type Bundled = Core & { simulate: typeof simulate }

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** The core's entry; what acts for it, save outputs; and the core with the simulator, which runs all of a client but its streams. */
const ENTRIES: Record<string, string> = {
  core: "export * from './src/core.ts'",
  shell: `
    export * from './src/transport/make-node.ts'
    export * from './src/client/transfer-runner.ts'
    export * from './src/discovery/director-client.ts'
    export * from './src/discovery/route-watch.ts'`,
  simulated: "export * from './src/core.ts'; export { simulate } from './src/simulation/index.ts'"
}
const SCENARIO: Omit<Scenario, 'createPlanner'> = {
  sizeBytes: 3_000_000,
  segmentBytes: 16_384,
  routes: [
    { hops: [{ rateBytesPerSecond: 1_000_000, delayMs: 20 }] },
    { hops: [{ rateBytesPerSecond: 500_000, delayMs: 40 }] }
  ]
}

describe('the core in a browser', () => {
  let core: Bundled

  beforeAll(async () => {
    const context = vm.createContext({ TextEncoder, TextDecoder, crypto })
    core = vm.runInContext(`${await bundle('simulated')}; bundled`, context)
  })

  it('has nothing of Node in it, and neither timers nor clocks', async () => {
    const code = await bundle('core')
    expect(nodeWords(code)).toEqual([])
    expect(code.match(/\b(performance|setTimeout|setInterval|setImmediate)\b/g)).toBeNull()
  })

  it('has what acts for it without anything of Node: the node, the routes, the questions to directors', async () => {
    expect(nodeWords(await bundle('shell'))).toEqual([])
  })

  it('verifies segments, and sees a single wrong bit', () => {
    expect(verifySegments(core)).toEqual({ learnt: true, right: true, wrong: false })
  })

  it('verifies a record that a source has signed with Node', async () => {
    const privateKey = await generateKeyPair('Ed25519')
    const record = {
      name: 'films/für dich.mkv',
      sizeBytes: 2 ** 40 + 1,
      segmentBytes: 32_768,
      rootHash: new Uint8Array(32).fill(7),
      sourcePeerId: peerIdFromPrivateKey(privateKey).toString()
    }
    const bytes = await signContentRecord(record, privateKey)
    const { rootHash, ...verified } = await core.verifyContentRecord(bytes)
    expect({ ...verified, rootHash: Uint8Array.from(rootHash) }).toEqual(record)
    bytes[bytes.length - 1]! ^= 1
    await expect(core.verifyContentRecord(bytes)).rejects.toMatchObject({ code: 'ERR_CONTENT_RECORD' })
  })

  it('reads patterns, and messages that it has written', () => {
    expect(core.Pattern.parse('AABAC').toString()).toBe('AABAC')
    const message = { kind: 'status', status: 300, message: 'voll ✓', peerId: '' } as const
    const frame = core.concatBytes(core.encodeRouteMessage(message))
    expect(core.decodeRouteMessage(frame)).toMatchObject(message)
  })

  it.each(['adaptive', 'proportional'])(
    'fetches a whole content over two routes under %s, as in Node',
    policy => {
      const inBrowser = core.simulate({
        ...SCENARIO,
        createPlanner: init => core.createPlanner(policy, init)
      })
      const inNode = simulate({ ...SCENARIO, createPlanner: init => createPlanner(policy, init) })
      expect(JSON.stringify(inBrowser)).toBe(JSON.stringify(inNode))
      expect(inNode.efficiency).toBeGreaterThan(0.5)
    }
  )
})

/** What only Node has, but for texts; packages may look whether there is a global Buffer and do without. */
function nodeWords(code: string): string[] {
  const words =
    /node:\w+|\brequire\(|(?<!globalThis\.)\bBuffer\b(?=[.(])|(?<![.#\w$])process\s*[.[]|setImmediate/g
  return code.match(words) ?? []
}

/** Hashes and verifies a content of three groups of segments. */
function verifySegments(core: Core) {
  const segmentBytes = 1000
  const segments = Array.from({ length: 130 }, (_, seq) => new Uint8Array(segmentBytes).fill(seq))
  const leaves = core.concatBytes(segments.map(core.hashSegment))
  const verifier = new core.SegmentVerifier({
    name: 'a',
    sizeBytes: segments.length * segmentBytes,
    segmentBytes,
    rootHash: core.merkleRoot(leaves),
    sourcePeerId: ''
  })
  const tree = new core.MerkleTree(leaves)
  const learnt = verifier.learn(1, tree.groupLeaves(1), tree.groupProof(1))
  const right = verifier.verify(70, segments[70]!)
  segments[70]![999]! ^= 1
  return { learnt, right, wrong: verifier.verify(70, segments[70]!) }
}

/** A script that leaves the entry's exports in `bundled`. Comments, which may name anything, are left out. */
async function bundle(name: string): Promise<string> {
  const entry = `${ROOT}${name}.js`
  const build = await rolldown({
    input: entry,
    cwd: ROOT,
    platform: 'browser',
    onLog: (level, log) => {
      throw new Error(`${level}: ${log.message}`)
    },
    plugins: [
      {
        name: 'entry',
        resolveId: id => (id === entry ? id : undefined),
        load: id => (id === entry ? ENTRIES[name] : undefined)
      }
    ]
  })
  const { output } = await build.generate({
    format: 'iife',
    name: 'bundled',
    minify: { compress: false, mangle: false }
  })
  return output[0].code
}
