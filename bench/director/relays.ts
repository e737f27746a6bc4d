import { churn, LightCrowd } from './light-crowd.ts'
import { targetOf } from './light-member.ts'

// The relays of the bench of directors, all in one process. Is told what to do by messages, and tells each quarter of a second
// how far it has come.
export interface RelaysInit {
  director: string
  count: number
  atOnce: number
}
export type RelaysOrder = { order: 'start' } | { order: 'forget' } | { order: 'churn'; perSecond: number }

const REPORT_MS = 250
const AWAY_MS = 8_000
const { director, count, atOnce } = JSON.parse(process.argv[2]!) as RelaysInit
const crowd = await LightCrowd.create({
  role: 'relay',
  count,
  target: targetOf(director),
  atOnce,
  firstByte: 1
})
let endChurn = () => {}
process.on('message', (told: RelaysOrder) => {
  if (told.order === 'start') crowd.start()
  else if (told.order === 'forget') crowd.forget()
  else {
    endChurn()
    endChurn = told.perSecond > 0 ? churn(crowd, told.perSecond, AWAY_MS) : () => {}
  }
})
process.on('disconnect', () => process.exit())
process.send!({ ready: true, peerIds: crowd.members.slice(0, 1_000).map(({ identity }) => identity.peerId) })
setInterval(() => {
  const sum = (of: 'requests' | 'replies' | 'replyBytes') =>
    crowd.members.reduce((all, member) => all + member[of], 0)
  process.send!({
    reached: crowd.reached,
    attempts: crowd.attempts,
    traffic: { requests: sum('requests'), replies: sum('replies'), replyBytes: sum('replyBytes') }
  })
}, REPORT_MS)
