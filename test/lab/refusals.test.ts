import { expect, test } from 'vitest'
import { ConfigurationError } from '../../src/errors.ts'
import { runLab } from '../../src/lab/lab-run.ts'
import { loadTopology } from '../../src/topology/topology-file.ts'

test.each([
  ['crowd', 'there are several clients'],
  ['range', 'client.range is set'],
  ['nat-source', 'has a NAT']
])('what the other means cannot do is refused before a network is up: %s', async (name, message) => {
  const loaded = await loadTopology(`topology/${name}.yaml`)
  const comparing = runLab(loaded, {
    peers: ['single'],
    signal: new AbortController().signal,
    log: line => expect.unreachable(line)
  })
  await expect(comparing).rejects.toThrow(ConfigurationError)
  await expect(comparing).rejects.toThrow(message)
})
