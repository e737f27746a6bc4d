import { formatMs, formatShare, formatTable } from '../format.ts'
import { expectationLine, verdictOf } from './expectation-words.ts'
import { type Figures, warningsOf } from './figures.ts'

/** Head and rows of the table of means, or of the clients where there are several. */
export function tableOf(figures: Figures): string[][] {
  if (figures.group) return groupTableOf(figures, figures.group)
  if (figures.kind === 'played') return playTableOf(figures)
  return figures.kind === 'live' ? liveTableOf(figures) : finishedTableOf(figures)
}

/** Of a player it is told when it began, and how often and how long it stood still. */
function playTableOf({ means }: Figures): string[][] {
  const rows = means.map(({ means, failure, play, longestStallMs, wireOverhead, identical }) => [
    failure === undefined ? means : `${means} (failed)`,
    ...(play === undefined
      ? ['', '', '']
      : [
          formatMs(play.startUpMs),
          String(play.rebuffers.length),
          formatMs(play.rebuffers.reduce((sum, { durationMs }) => sum + durationMs, 0))
        ]),
    formatMs(longestStallMs),
    wireOverhead.toFixed(3),
    contentWord(identical)
  ])
  return [['means', 'start-up', 'rebuffers', 'their time', 'longest', 'wire / content', 'content'], ...rows]
}

/** Of a live content the time is given by its rate, so that the table has other figures in place of the efficiency. */
function liveTableOf({ means, contentBytes }: Figures): string[][] {
  const rows = means.map(({ means, failure, live, longestStallMs, wireOverhead, identical }) => [
    failure === undefined ? means : `${means} (failed)`,
    live === undefined ? '' : formatShare(live.skippedBytes / contentBytes),
    ...(live === undefined ? ['', '', ''] : Object.values(live.delayMs).map(formatMs)),
    formatMs(longestStallMs),
    wireOverhead.toFixed(3),
    contentWord(identical)
  ])
  return [
    ['means', 'skipped', 'delay 50 %', '99 %', '99.9 %', 'longest stall', 'wire / content', 'content'],
    ...rows
  ]
}

function finishedTableOf(figures: Figures): string[][] {
  const rows = figures.means.map(row => [
    row.means,
    row.failure === undefined ? `${row.seconds.toFixed(2)} s` : 'failed',
    mbit(row.goodputBytesPerSecond),
    row.efficiency.toFixed(3),
    formatMs(row.longestStallMs),
    row.wireOverhead.toFixed(3),
    contentWord(row.identical)
  ])
  const { limits } = figures
  if (limits !== undefined) {
    const seconds = figures.wantedBytes / limits.iperfSumBytesPerSecond
    rows.push(['iperf3, sum', `${seconds.toFixed(2)} s`, mbit(limits.iperfSumBytesPerSecond), '', '', '', ''])
  }
  rows.push([
    'payload capacity',
    `${figures.idealSeconds.toFixed(2)} s`,
    mbit(figures.idealBytesPerSecond),
    '1.000',
    '',
    '',
    ''
  ])
  return [['means', 'time', 'Mbit/s', 'efficiency', 'longest stall', 'wire / content', 'content'], ...rows]
}

/** One row a client, and one of all: until the last one is done, with the sum of their rates and the greatest of their figures. */
function groupTableOf(
  { means, idealSeconds, idealBytesPerSecond }: Figures,
  { clients, sumBytesPerSecond, slowdown, fairness }: NonNullable<Figures['group']>
): string[][] {
  const [all] = means
  const rows = clients.map(client => [
    client.client,
    `${client.startSeconds.toFixed(2)} s`,
    client.slowdown === undefined ? 'failed' : `${client.seconds.toFixed(2)} s`,
    mbit(client.goodputBytesPerSecond),
    client.slowdown?.toFixed(2) ?? '',
    formatMs(client.longestStallMs),
    ...['', '', ''],
    contentWord(client.identical)
  ])
  rows.push([
    'all',
    '',
    all!.failure === undefined ? `${all!.seconds.toFixed(2)} s` : 'failed',
    mbit(sumBytesPerSecond),
    all!.failure === undefined ? slowdown.toFixed(2) : '',
    formatMs(all!.longestStallMs),
    fairness.toFixed(3),
    all!.efficiency.toFixed(3),
    all!.wireOverhead.toFixed(3),
    contentWord(all!.identical)
  ])
  rows.push([
    'payload capacity',
    '',
    `${idealSeconds.toFixed(2)} s`,
    mbit(idealBytesPerSecond),
    ...['', '', '', '1.000', '', '']
  ])
  return [
    [
      ...['client', 'start', 'time', 'Mbit/s', 'slowdown', 'longest stall'],
      ...['fairness', 'efficiency', 'wire / content', 'content']
    ],
    ...rows
  ]
}

function mbit(bytesPerSecond: number): string {
  return ((bytesPerSecond * 8) / 1e6).toFixed(1)
}

function contentWord(identical: boolean): string {
  return identical ? 'identical' : 'NOT IDENTICAL'
}

/** The result for a terminal, line by line. */
export function resultLines(figures: Figures): string[] {
  return [
    ...formatTable(tableOf(figures)),
    ...figures.expectations.map(expectation => expectationLine(expectation, figures)),
    ...figures.notes,
    ...warningsOf(figures)
  ]
}

/** What must be said even where the reader wants quiet: what was not met or not counted, and what failed. */
export function faultLines(figures: Figures): string[] {
  const faults = figures.expectations.filter(expectation => verdictOf(expectation, figures) !== 'met')
  return [...faults.map(expectation => expectationLine(expectation, figures)), ...warningsOf(figures)]
}
