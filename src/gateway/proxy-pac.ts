/**
 * The file that tells browsers which URLs to ask the proxy for: those of http whose host names are
 * among these, or `anabranch`, or below it. `proxy` is the proxy's `HOST:PORT`.
 */
export function proxyPac(hostNames: readonly string[], proxy: string): string {
  const [only, first] = [`PROXY ${proxy}`, `PROXY ${proxy}; DIRECT`].map(way => JSON.stringify(way))
  const mapped = JSON.stringify(Object.fromEntries(hostNames.map(name => [name, true])), undefined, 2)
  return `var mapped = ${mapped};

function FindProxyForURL(url, host) {
  if (url.substring(0, 5) !== 'http:') return 'DIRECT';
  host = host.toLowerCase();
  if (host === 'anabranch' || /\\.anabranch$/.test(host)) return ${only};
  return mapped.hasOwnProperty(host) ? ${first} : 'DIRECT';
}
`
}
