import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { ok } from '../../../src/base/result.ts'
import type { JsonRpc } from '../../../src/chain/json-rpc.ts'
import { checkChain } from '../../../src/cli/check-chain.ts'
import type { GatewayConfig } from '../../../src/config.ts'
import { zeroAddress } from '../../../src/domain/units.ts'

const servers: { close(): void }[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A node of the chain with that id; answers nothing else. */
async function nodeOf(chainId: number): Promise<string> {
  const server = createServer((_request, response) => {
    response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: `0x${chainId.toString(16)}` }))
  })
  servers.push(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The right chain without any contract on it: what comes after the ids fails with that. */
const first: JsonRpc = {
  origin: 'first',
  call: async (method) => ok(method === 'eth_chainId' ? '0x7a69' : '0x'),
}
const check = (secondRpcUrl: string | undefined) => {
  const chain = {
    chainId: 31337,
    secondRpcUrl,
    settlement: zeroAddress,
    receiptVerifier: zeroAddress,
    gatewayRegistry: zeroAddress,
    contributorRegistry: zeroAddress,
    asset: zeroAddress,
  }
  return checkChain(first, { chain } as GatewayConfig, 0)
}

test('a second node of another chain is told', async () => {
  await expect(check(await nodeOf(1))).rejects.toThrow(/has id 1, but 31337 is configured/)
})

test('a second node of the same chain, or one that is gone now, is taken', async () => {
  const afterTheIds = /there is no contract at 0x0000/
  await expect(check(await nodeOf(31337))).rejects.toThrow(afterTheIds)
  await expect(check('http://127.0.0.1:9')).rejects.toThrow(afterTheIds)
  await expect(check(undefined)).rejects.toThrow(afterTheIds)
})
