import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { describeChainFailure } from '../../../src/chain/chain-failure.ts'
import { type JsonRpc, jsonRpc } from '../../../src/chain/json-rpc.ts'

let server: Server | undefined

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** A node whose URL holds a key, as those of providers do. */
async function nodeThat(answers: RequestListener, timeoutMs?: number): Promise<JsonRpc> {
  const listening = createServer(answers)
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const { port } = listening.address() as AddressInfo
  return jsonRpc(`http://127.0.0.1:${port}/v3/secret?key=secret`, timeoutMs)
}

const body =
  (text: string, status = 200): RequestListener =>
  (_request, response) => {
    response.writeHead(status).end(text)
  }

test('a call is one POST of JSON-RPC 2.0, and its result is the answer', async () => {
  let received: unknown
  const rpc = await nodeThat((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      received = JSON.parse(Buffer.concat(chunks).toString())
      response.end('{"jsonrpc":"2.0","id":1,"result":"0x2a"}')
    })
  })
  expect(await rpc.call('eth_blockNumber', ['x'])).toEqual({ ok: true, value: '0x2a' })
  expect(received).toEqual({ jsonrpc: '2.0', id: 1, method: 'eth_blockNumber', params: ['x'] })
})

test('null is a result', async () => {
  const rpc = await nodeThat(body('{"jsonrpc":"2.0","id":1,"result":null}'))
  expect(await rpc.call('m', [])).toEqual({ ok: true, value: null })
})

test.each([
  ['plain', '"0x08c379a0"', '0x08c379a0'],
  ['nested', '{"data":"0x08c379a0"}', '0x08c379a0'],
  ['absent', 'null', undefined],
  ['text', '"Reverted"', undefined],
])('an error keeps code, message and revert data that is %s', async (_kind, data, expected) => {
  const error = `{"code":3,"message":"execution reverted","data":${data}}`
  const rpc = await nodeThat(body(`{"jsonrpc":"2.0","id":1,"error":${error}}`))
  expect(await rpc.call('eth_call', [])).toEqual({
    ok: false,
    error: {
      reason: 'chain_error',
      method: 'eth_call',
      code: 3,
      message: 'execution reverted',
      data: expected,
    },
  })
})

test.each([
  ['<html>502 Bad Gateway</html>', 'no JSON'],
  ['', 'no JSON'],
  ['null', 'no JSON object'],
  ['"0x1"', 'no JSON object'],
  ['{"jsonrpc":"2.0","id":1}', 'neither result nor error'],
])('%j is no answer', async (text, detail) => {
  const rpc = await nodeThat(body(text, 502))
  expect(await rpc.call('eth_call', [])).toMatchObject({
    ok: false,
    error: { reason: 'chain_bad_answer', method: 'eth_call', detail },
  })
})

test('a node that says nothing is given up', async () => {
  const rpc = await nodeThat(() => undefined, 50)
  expect(await rpc.call('eth_call', [])).toEqual({
    ok: false,
    error: { reason: 'chain_timeout', origin: rpc.origin, method: 'eth_call', timeoutMs: 50 },
  })
})

test('a node that stops in the middle of an answer is given up', async () => {
  const rpc = await nodeThat((_request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('{"jsonrpc"')
  }, 50)
  expect(await rpc.call('eth_call', [])).toMatchObject({ error: { reason: 'chain_timeout' } })
})

test('a node that hangs up is unreachable, and the URL’s key is in no message', async () => {
  const rpc = await nodeThat((request) => request.socket.destroy())
  const answer = await rpc.call('eth_call', [])
  if (answer.ok) throw new Error('answered')
  expect(answer.error.reason).toBe('chain_unreachable')
  expect(describeChainFailure(answer.error)).not.toContain('secret')
  expect(JSON.stringify(answer.error)).not.toContain('secret')
})
