// Makes leo-steps.csv, the same each time: node make-leo-steps.mjs > leo-steps.csv
// Five minutes of a link in low orbit. Each 15 s it has another satellite: the one-way delay steps to
// between 15 and 45 ms, the rate to between 40 and 160 Mbit/s. Meanwhile the delay drifts by 2 ms at
// most and the rate wanders by a tenth. In the first 0.2 s of each satellite 5 % of the packets are lost.
const INTERVAL_SECONDS = 15
const INTERVALS = 20

let state = 31
/** A number from 0 to 1 (mulberry32). */
function random() {
  state = (state + 0x6d2b79f5) >>> 0
  let mixed = Math.imul(state ^ (state >>> 15), state | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

const lines = ['seconds,mbit,delay_ms,loss_percent']
for (let interval = 0; interval < INTERVALS; interval++) {
  const delayMs = 15 + 30 * random()
  const mbit = 40 + 120 * random()
  const driftMs = 4 * random() - 2
  const line = (atSeconds, loss) => {
    const rate = mbit * (0.9 + 0.2 * random())
    const delay = delayMs + (driftMs * atSeconds) / INTERVAL_SECONDS
    const seconds = interval * INTERVAL_SECONDS + atSeconds
    lines.push([seconds, rate.toFixed(1), delay.toFixed(1), loss].join())
  }
  line(0, 5)
  line(0.2, 0)
  for (let second = 1; second < INTERVAL_SECONDS; second++) line(second, 0)
}
console.log(lines.join('\n'))
