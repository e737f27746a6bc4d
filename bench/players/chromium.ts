import type { Readable, Writable } from 'node:stream'
import { type Playing, Watch } from './playing.ts'
import type { Play } from './programs.ts'

const FLAGS = [
  ...['--headless=new', '--no-sandbox', '--remote-debugging-pipe', '--mute-audio', '--disable-gpu'],
  ...['--autoplay-policy=no-user-gesture-required', '--no-first-run', '--disable-background-networking']
]

/** What the debugger says: an answer, or an event. */
type Message =
  | { id: number; result: Record<string, string> }
  | { id?: undefined; method: string; params: { payload: string } }

/** Tells of the page's film through a function of the debugger; run in the page. */
const WATCHED = `(async () => {
  while (!document.querySelector('video')) await new Promise(resolve => setTimeout(resolve, 10))
  const video = document.querySelector('video')
  const late = () => video.getVideoPlaybackQuality().droppedVideoFrames
  const say = what => tell(JSON.stringify({ what, late: late(), fault: video.error?.message }))
  for (const what of ['waiting', 'playing', 'ended', 'error']) video.addEventListener(what, () => say(what))
  video.requestVideoFrameCallback(() => say('picture'))
  if (video.error) say('error')
  else await video.play()
})()`

/** The browser opens the film's own address and plays it in its \`<video>\`; it is steered through its debugging pipe. */
export async function playInChromium({ url, lengthMs, directory, inClient }: Play): Promise<Playing> {
  const argv = ['chromium', ...FLAGS, `--user-data-dir=${directory}/chromium`, 'about:blank']
  const watch = new Watch(inClient(argv), 5)
  const [, , , input, output] = watch.child.stdio as unknown as [never, never, never, Writable, Readable]
  const answers = new Map<number, (result: Record<string, string>) => void>()
  const over = Promise.withResolvers<Playing>()
  const send = (method: string, params: object, sessionId?: string) => {
    const id = answers.size + 1
    input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    return new Promise<Record<string, string>>(resolve => answers.set(id, resolve))
  }
  const told = ({ what, late, fault }: { what: string; late: number; fault?: string }) => {
    watch.latePictures = late
    if (what === 'picture') watch.picture()
    if (what === 'waiting') watch.stopped()
    if (what === 'playing') watch.goesOn()
    if (what === 'ended') over.resolve(watch.playing(lengthMs))
    if (what === 'error') over.reject(new Error(`Chromium: ${fault}`))
  }
  void readMessages(output, message => {
    if (message.id !== undefined) answers.get(message.id)!(message.result)
    else if (message.method === 'Runtime.bindingCalled') told(JSON.parse(message.params.payload))
  })
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true })
  await send('Runtime.enable', {}, sessionId)
  await send('Runtime.addBinding', { name: 'tell' }, sessionId)
  watch.asks()
  await send('Page.navigate', { url }, sessionId)
  await send('Runtime.evaluate', { expression: WATCHED }, sessionId)
  try {
    return await over.promise
  } finally {
    watch.child.kill('SIGKILL')
    await watch.ended
  }
}

/** Messages on the pipe end with a byte 0. */
async function readMessages(output: Readable, take: (message: Message) => void): Promise<void> {
  let rest = ''
  for await (const chunk of output.setEncoding('utf8')) {
    const messages = (rest + chunk).split('\0')
    rest = messages.pop()!
    for (const message of messages) take(JSON.parse(message))
  }
}
