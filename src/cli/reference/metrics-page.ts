import type { MetricInfos } from '../metrics/metric.ts'

const INTRODUCTION = `# All metrics

This page is made by \`npm run reference\` from the source. \`--metrics ADDRESS:PORT\` makes a daemon, a
gateway or a proxy serve three paths over HTTP:

- \`/metrics\`: what follows, in the text format of Prometheus. Units are seconds and bytes, counters
  end in \`_total\` and begin at 0 with the process.
- \`/healthz\`: 200 while the process lives.
- \`/readyz\`: 200 while clients may be sent here, else 503 with the reason. A director is ready when
  it answers; a relay or source when a director has it, or when it has none; a source not before it
  has looked through its directory; none of them while it stops, and no relay whose allowance is
  used up.

Whoever can reach the address can read all of it: keep it on loopback or in a network of your own.
No name of a content and no peer id is in it. With \`--workers N\` each worker has the next port, and
its port says which one it is. A metric without a value, such as a limit that is not set, is left
out. [operate](operate.md) tells how to use them, [deploy/alerts.yaml](../deploy/alerts.yaml) and
[deploy/grafana-dashboard.json](../deploy/grafana-dashboard.json) do so.
`

/** Makes the page in Markdown that lists all metrics, in sections by who tells them. */
export function metricsPage(groups: Readonly<Record<string, MetricInfos>>): string {
  const sections = Object.entries(groups).map(([title, infos]) => {
    const rows = Object.entries(infos).map(([name, { type, help, labels }]) => {
      const label = labels.map(each => `\`${each}\``).join(', ')
      return `| \`${name}\` | ${type} | ${label} | ${help} |`
    })
    return `\n## ${title}\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`
  })
  return INTRODUCTION + sections.join('')
}
