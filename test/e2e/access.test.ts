import { writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { makeContent } from './contents.ts'
import { Cluster } from './harness.ts'

const LOOPBACK = '/ip4/127.0.0.1/tcp/0'
const [OURS, THEIRS] = ['the-token-of-this-house', 'a-token-of-another-house']

describe('a director with access rules', () => {
  it('lets in and answers those whom its rules name, and tells all others what to do', async () => {
    const cluster = await Cluster.create()
    await makeContent(`${cluster.contents}/film`, 100_000)
    await makeContent(`${cluster.contents}/private`, 1_000)
    const rules = `
sources:
  studio: { token: ${OURS}, names: [film*] }
relays:
  house: { token: ${OURS} }
clients:
  house: { token: ${OURS} }
`
    await writeFile(cluster.path('access.yaml'), rules)
    await writeFile(cluster.path('token'), `${OURS}\n`)
    const token = ['--token-file', cluster.path('token')]
    cluster.director = await cluster.startDirector(LOOPBACK, ['--access', cluster.path('access.yaml')])
    const source = await cluster.startMember('source', 'source', ['--dir', cluster.contents, ...token])
    const relay = await cluster.startMember('relay', 'relay', token)
    const stranger = await cluster.startMember('relay', 'stranger')
    const told = async (program: typeof relay) => (await program.event('problem')).message
    expect(await told(stranger)).toMatch(/refused: it admits no such relay: give its token/)
    expect(await told(source)).toMatch(/the name "private" was left out: the director's rule studio/)
    await Promise.all([source.event('registered'), relay.event('registered')])

    const refused = cluster.fetch('film', cluster.path('refused'))
    expect((await refused.outcome('error')).message).toMatch(/it admits no such client: give its token/)
    expect((await refused.ended).code).toBe(10)
    const ask = ['client', 'routes', 'film', '--json', '--director', cluster.director.address]
    const routes = cluster.run(ask, { environment: { ANABRANCH_TOKEN: OURS } })
    expect(await routes.outcome('route')).toMatchObject({ relays: [relay.peerId], vouchedBy: ['house'] })
    const fetch = cluster.fetch('film', cluster.path('film'), token)
    expect((await fetch.outcome('done')).bytes).toBe(100_000)
    expect(stranger.isRunning).toBe(true)

    await writeFile(cluster.path('access.yaml'), 'relays: { house: { token: short } }\n')
    cluster.director.kill('SIGHUP')
    expect((await cluster.director.event('error')).message).toMatch(/access\.yaml:1:27: relays\.house\.token/)
    await writeFile(cluster.path('access.yaml'), `relays: { house: { token: ${THEIRS} } }\n`)
    cluster.director.kill('SIGHUP')
    await cluster.director.event('left', ({ peerId }) => peerId === relay.peerId)
    await relay.event('problem', ({ message }) => message.includes('is not one of its tokens'))
  })

  it('takes one token for all, and no second set of rules besides it', async () => {
    const cluster = await Cluster.create()
    await writeFile(cluster.path('token'), OURS)
    const token = ['--token-file', cluster.path('token')]
    cluster.director = await cluster.startDirector(LOOPBACK, token)
    const environment = { ANABRANCH_TOKEN: THEIRS }
    const fetch = cluster.fetch('film', cluster.path('film'), [], { environment })
    expect((await fetch.outcome('error')).message).toMatch(/is not one of its tokens/)
    expect((await cluster.fetch('film', cluster.path('film'), token).ended).code).toBe(4)

    const both = cluster.run(['director', 'start', '--access', cluster.path('access.yaml'), ...token])
    expect(await both.ended).toEqual({ code: 2, signal: null })
    expect(both.complaints).toMatch(/exclude each other/)
    const unnamed = cluster.run(['relay', 'start', '--director', '/ip4/127.0.0.1/tcp/1', ...token])
    expect(await unnamed.ended).toEqual({ code: 2, signal: null })
    expect(unnamed.complaints).toMatch(/The token would go to whoever answers at/)
  })
})
