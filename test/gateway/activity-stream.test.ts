import { createHash } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Activity } from '../../src/gateway/activity.ts'
import { ActivityStream } from '../../src/gateway/activity-stream.ts'
import { ACTIVITY_LIMITS } from '../../src/gateway/limits.ts'
import { KEEP_ALIVE_MS } from '../../src/http/snapshot-stream.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'
import { MemoryContents } from './memory-contents.ts'
import { serve } from './serve.ts'

const EVENTS = '/.anabranch/events'
const FILM = { id: 'ab'.repeat(32), name: 'a\nfilm', sizeBytes: 5 }

describe('the stream of what is being fetched', () => {
  it('brings a snapshot at once', async () => {
    const activity = new Activity()
    activity.begin(FILM, 0)
    const { url } = await serve(new MemoryContents({}), { activity })
    const { headers, next } = await listen(url)
    expect(headers.get('content-type')).toBe('text/event-stream')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    const text = await next()
    expect(text).toMatch(/^data: [^\n]*\n\n$/)
    expect(JSON.parse(text.slice('data: '.length))).toEqual({
      contents: [{ ...FILM, reads: 1, rateBytesPerSecond: 0, routes: [] }],
      leftOut: 0
    })
  })

  it('is for nobody but the pages of the gateway and those who are let', async () => {
    const { url } = await serve(new MemoryContents({}), { corsOrigins: ['https://app.example'] })
    const statusOf = async (headers: Record<string, string>, method = 'GET') => {
      const { status, body } = await fetch(url + EVENTS, { headers, method })
      await body?.cancel()
      return status
    }
    const foreign = { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'empty' }
    expect(await statusOf({ ...foreign, origin: 'https://evil.example' })).toBe(403)
    expect(await statusOf({ ...foreign, origin: 'https://app.example' })).toBe(200)
    expect(await statusOf({ 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'empty' })).toBe(200)
    expect(await statusOf({}, 'HEAD')).toBe(200)
    expect(await statusOf({}, 'POST')).toBe(405)
  })

  it('has so many listeners at most, and a place again when one goes', async () => {
    const { listener } = streamOf()
    const listeners = Array.from({ length: ACTIVITY_LIMITS.maxListeners }, () => listener())
    await expect(listener().answered).rejects.toMatchObject({ code: 'ERR_TOO_MANY_LISTENERS', status: 503 })
    listeners[0]!.leave()
    await listeners[0]!.answered
    const late = listener()
    expect(late.written).toHaveLength(1)
  })

  it('tells what is new each second, and otherwise sends a comment now and then', () => {
    const { scheduler, listener, change } = streamOf()
    const { written } = listener()
    expect(written).toEqual([snapshot(0)])
    change()
    scheduler.advance(1_000)
    expect(written).toEqual([snapshot(0), snapshot(1)])
    scheduler.advance(2 * KEEP_ALIVE_MS)
    expect(written.slice(2)).toEqual([':\n\n', ':\n\n'])
  })

  it('leaves out what a slow listener has no room for, and then tells it how things are', () => {
    const { scheduler, listener, change } = streamOf()
    const [slow, quick] = [listener(), listener()]
    slow.response.writableLength = 100
    for (let second = 0; second < 5; second++) {
      change()
      scheduler.advance(1_000)
    }
    expect(slow.written).toEqual([snapshot(0)])
    expect(quick.written).toHaveLength(6)
    slow.response.writableLength = 0
    scheduler.advance(1_000)
    expect(slow.written).toEqual([snapshot(0), snapshot(5)])
  })

  it('does nothing while nobody listens', async () => {
    const { scheduler, listener } = streamOf()
    const { leave, answered } = listener()
    expect(scheduler.pendingDelaysMs).toHaveLength(1)
    leave()
    await answered
    expect(scheduler.pendingDelaysMs).toEqual([])
  })
})

it('is shown by the one script that the page lets run', async () => {
  const { url } = await serve(new MemoryContents({}))
  const response = await fetch(`${url}/`)
  const scripts = [...(await response.text()).matchAll(/<script>(.*?)<\/script>/gs)].map(([, text]) => text!)
  expect(scripts).toHaveLength(1)
  const hash = createHash('sha256').update(scripts[0]!).digest('base64')
  const policy = response.headers.get('content-security-policy')
  expect(policy).toContain(`script-src 'sha256-${hash}';`)
  expect(policy).toContain("connect-src 'self';")
  // What is called has to be in the text: nothing of a module is there where it runs.
  expect(() => new Function(scripts[0]!)).not.toThrow()
  expect(scripts[0]).not.toMatch(/innerHTML|\bimport\b|\bexports\b/)
})

function snapshot(version: number): string {
  return `data: {"version":${version}}\n\n`
}

/** A stream in virtual time of snapshots that differ when they are told to. */
function streamOf() {
  let version = 0
  const scheduler = new VirtualScheduler()
  const stream = new ActivityStream({ snapshot: () => ({ version }) as never }, scheduler)
  const listener = () => {
    const written: string[] = []
    const left = new AbortController()
    const response = Object.assign(new EventEmitter(), {
      writableLength: 0,
      writeHead: () => {},
      write: (text: string) => written.push(text)
    })
    const request = { method: 'GET' } as IncomingMessage
    const answered = stream.answer(request, response as unknown as ServerResponse, left.signal)
    return { written, response, answered, leave: () => left.abort() }
  }
  return { scheduler, listener, change: () => version++ }
}

async function listen(url: string) {
  const ended = new AbortController()
  onTestFinished(() => ended.abort())
  const { headers, body } = await fetch(url + EVENTS, { signal: ended.signal })
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
  return { headers, next: async () => (await reader.read()).value! }
}
