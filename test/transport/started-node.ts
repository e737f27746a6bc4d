import { onTestFinished } from 'vitest'
import { createNode, type Libp2pNode, type NodeOptions } from '../../src/transport/node.ts'

/** A node on loopback that ends with the test. With an empty list it listens nowhere. */
export async function startNode(
  listen = ['/ip4/127.0.0.1/tcp/0'],
  options: Omit<NodeOptions, 'listen'> = {}
): Promise<Libp2pNode> {
  const node = await createNode({ listen, ...options })
  onTestFinished(async () => await node.stop())
  return node
}
