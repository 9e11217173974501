import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { commitmentOpeningBytesMax } from '../../../src/base/limits.ts'
import { address, bytes32 } from '../../../src/domain/units.ts'
import { askOpening } from '../../../src/upstream/ask-opening.ts'
import { UpstreamPools } from '../../../src/upstream/upstream-pools.ts'

const job = {
  jobId: bytes32(`0x${'1'.repeat(64)}`),
  gateway: address(`0x${'2'.repeat(40)}`),
}
let server: Server
let pools: UpstreamPools
let answer: (request: IncomingMessage, response: ServerResponse) => void

beforeEach(async () => {
  pools = new UpstreamPools()
  server = createServer((request, response) => answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(async () => {
  await pools.close()
  server.closeAllConnections()
  server.close()
})

const ask = () => {
  const { port } = server.address() as AddressInfo
  const place = { baseUrl: `http://127.0.0.1:${port}/v1`, authorization: 'Bearer shown' }
  return askOpening(pools, place, job)
}

test('asks where contributors answer it, in the name of the gateway', async () => {
  let asked: unknown
  answer = ({ method, url, headers }, response) => {
    const gateway = headers['x-vouch-gateway']
    asked = { method, url, gateway, authorization: headers.authorization }
    response.end('{"object":"vouch.tokens","choices":[]}')
  }
  expect(await ask()).toBe('{"object":"vouch.tokens","choices":[]}')
  expect(asked).toEqual({
    method: 'GET',
    url: `/v1/vouch/openings/${job.jobId}`,
    gateway: job.gateway,
    authorization: 'Bearer shown',
  })
})

test.each<[string, typeof answer]>([
  ['does not know it', (_, response) => response.writeHead(404).end('{}')],
  ['says too much', (_, response) => response.end(Buffer.alloc(commitmentOpeningBytesMax + 1, 32))],
  ['says no text', (_, response) => response.end(Buffer.from([0xff, 0xfe]))],
  ['hangs up', (_, response) => void response.destroy()],
])('a contributor that %s has nothing to say', async (_what, script) => {
  answer = script
  expect(await ask()).toBeUndefined()
})
