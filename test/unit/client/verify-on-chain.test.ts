import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { jsonRpc } from '../../../src/chain/json-rpc.ts'
import { conclude, joinLines } from '../../../src/client/check-line.ts'
import { verifyOnChain } from '../../../src/client/verify-on-chain.ts'
import { verifyReceipt } from '../../../src/client/verify-receipt.ts'
import { signReceipt, verificationOf } from '../../support/signed-receipt.ts'

/*
 * Nodes that are none, over real sockets. What a real chain says is in test/e2e/verify-on-chain.test.ts.
 */

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const verification = verificationOf(signReceipt())
const ask = (url: string, timeoutMs?: number) =>
  verifyOnChain(jsonRpc(url, timeoutMs), verification)

/** One line, unknown, and with it no verdict but `unproven`, although everything holds offline. */
async function expectOneUnknownLine(url: string, detail: string, timeoutMs?: number) {
  const lines = await ask(url, timeoutMs)
  expect(lines.map(({ check, verdict }) => [check, verdict])).toEqual([['chain', 'unknown']])
  expect(lines[0]?.detail).toContain(detail)
  expect(lines[0]?.detail).not.toContain('\n')
  expect(conclude(verifyReceipt(verification))).toBe('holds')
  expect(conclude(joinLines(verifyReceipt(verification), lines))).toBe('unproven')
}

test('nobody listens', async () => {
  const url = await serve(() => undefined)
  for (const server of servers.splice(0)) {
    await new Promise((resolve) => server.close(resolve))
  }
  await expectOneUnknownLine(url, 'cannot reach the chain')
})

test('a server that says nothing', async () => {
  const url = await serve(() => undefined)
  await expectOneUnknownLine(url, 'did not answer eth_chainId within 50 ms', 50)
})

test('a server that answers HTML', async () => {
  const url = await serve((_, response) => response.end('<html>Not a node</html>'))
  await expectOneUnknownLine(url, 'does not answer eth_chainId as a JSON-RPC node does')
})

test('a node that refuses every call', async () => {
  const url = await serve((_, response) =>
    response.end('{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no such method"}}'),
  )
  await expectOneUnknownLine(url, 'no such method')
})

test('a node of the right chain that answers nothing further leaves the keys unknown', async () => {
  const url = await serve((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += String(chunk)
    })
    request.on('end', () => {
      const { method } = JSON.parse(body) as { method: string }
      const answer =
        method === 'eth_chainId'
          ? { result: `0x${verification.receipt.domain.chainId.toString(16)}` }
          : method === 'eth_getCode'
            ? { result: '0x01' }
            : { error: { code: -32000, message: 'not today' } }
      response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, ...answer }))
    })
  })
  const lines = await ask(url)
  expect(lines.filter(({ verdict }) => verdict === 'fails')).toEqual([])
  expect(lines.find(({ check }) => check === 'gateway-key')?.verdict).toBe('unknown')
  expect(lines.find(({ check }) => check === 'verify-call')?.detail).toContain('not today')
  expect(conclude(lines)).toBe('unproven')
})
