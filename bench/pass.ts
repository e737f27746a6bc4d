import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { type Pass, signPass, verifyPass } from '../src/protocol/pass.ts'
import { signerOf, verifierOf } from '../src/transport/signatures.ts'

// What does a pass cost? Prints the milliseconds for signing one, as a director does with each
// answer, and for checking one, as each relay does with each `open`.
// Usage: npm run bench:pass -- [--relays 8] [--rounds 2000]
const { values } = parseArgs({
  options: { relays: { type: 'string', default: '8' }, rounds: { type: 'string', default: '2000' } }
})
const rounds = Number(values.rounds)
const relays = await Promise.all(Array.from({ length: Number(values.relays) }, makePeerId))
const [client, source] = await Promise.all([makePeerId(), makePeerId()])
const key = await generateKeyPair('Ed25519')
const director = peerIdFromPrivateKey(key).toString()
const signer = { director, sign: signerOf(key) }
const nowMs = Date.now()
const pass: Pass = {
  id: crypto.getRandomValues(new Uint8Array(16)),
  client,
  sources: [source],
  relays,
  maxBytes: 1e9,
  issuedAtMs: nowMs,
  expiresAtMs: nowMs + 600_000
}
const bytes = signPass(pass, signer)
const directors = new Map([[director, verifierOf(director)]])
const use = { nowMs, directors, asker: client, relay: relays.at(-1) ?? source, source }

console.log(`${cpus().length} processors, a pass for ${relays.length} relays: ${bytes.byteLength} bytes`)
console.log(`signed in  ${medianMs(() => signPass(pass, signer)).toFixed(3)} ms`)
console.log(`checked in ${medianMs(() => verifyPass(bytes, use)).toFixed(3)} ms`)

async function makePeerId(): Promise<string> {
  return peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
}

/** Median of all rounds but the first tenth, in which the code is still being compiled. */
function medianMs(task: () => void): number {
  const times = Array.from({ length: rounds }, () => {
    const startedAtMs = performance.now()
    task()
    return performance.now() - startedAtMs
  })
  const warm = times.slice(rounds / 10).sort((a, b) => a - b)
  return warm[warm.length >> 1]!
}
