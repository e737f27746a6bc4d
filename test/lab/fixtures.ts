import { parseTopology, type Topology } from '../../src/topology/topology.ts'

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

/** Relays r1 and r2 behind a router with one link of 30 Mbit/s to the source, and r3 with 20 Mbit/s of its own. */
export function behindRouter(rest = ''): Topology {
  return parseTopology(
    `name: test
topology:
  nodes:
    src: {role: source}
    hub: {role: router}
    r1: {role: relay}
    r2: {role: relay}
    r3: {role: relay}
    dir: {role: director}
    cli: {role: client}
  links:
    - {endpoints: [src, hub], rate: 30mbit, delay: 10ms}
    - {endpoints: [hub, r1], rate: 40mbit, delay: 4ms}
    - {endpoints: [hub, r2], rate: 40mbit, delay: 5ms}
    - {endpoints: [r1, cli], rate: 40mbit, delay: 5ms}
    - {endpoints: [r2, cli], rate: 40mbit, delay: 5ms}
    - {endpoints: [src, r3], rate: 20mbit, delay: 10ms}
    - {endpoints: [r3, cli], rate: 20mbit, delay: 10ms}
    - {endpoints: [dir, cli], rate: 1gbit, delay: 1ms}
content: {size: 60MB}
${rest}`,
    'test.yaml'
  )
}

/** One router in the middle of source, client and relays: each route passes it twice. 30 Mbit/s over relays in all. */
export function aroundRouter(): Topology {
  return parseTopology(
    `name: star
topology:
  nodes: {src: {role: source}, hub: {role: router}, r1: {role: relay}, r2: {role: relay}, dir: {role: director}, cli: {role: client}}
  links:
    - {endpoints: [src, hub], rate: 90mbit, delay: 5ms}
    - {endpoints: [hub, r1], rate: 20mbit, delay: 5ms}
    - {endpoints: [hub, r2], down: {rate: 80mbit}, up: {rate: 10mbit}, delay: 6ms}
    - {endpoints: [hub, cli], rate: 60mbit, delay: 5ms}
    - {endpoints: [dir, cli]}
content: {size: 20MB}
`,
    'star.yaml'
  )
}
