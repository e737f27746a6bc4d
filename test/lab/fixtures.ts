import { parseTopology, type Topology } from '../../src/lab/topology.ts'

/** A topology of parallel routes src - rN - cli with the given link settings (YAML flow syntax), plus a director. */
export function parallelRoutes(routes: string[], rest = ''): Topology {
  const relays = routes.map((_, i) => `    r${i + 1}: {role: relay}`).join('\n')
  const links = routes
    .map(
      (settings, i) =>
        `    - {endpoints: [src, r${i + 1}], ${settings}}\n    - {endpoints: [r${i + 1}, cli], ${settings}}`
    )
    .join('\n')
  return parseTopology(
    `name: test
topology:
  nodes:
    src: {role: source}
    dir: {role: director}
    cli: {role: client}
${relays}
  links:
    - {endpoints: [dir, cli], rate: 1gbit, delay: 1ms}
${links}
content: {size: 10MB}
${rest}`,
    'test.yaml'
  )
}
