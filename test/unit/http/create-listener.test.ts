import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { zeroAddress } from '../../../src/domain/units.ts'
import type { GatewayDoor } from '../../../src/gateway/gateway-door.ts'
import { createListener } from '../../../src/http/create-listener.ts'
import { Entrance } from '../../../src/http/entrance.ts'
import { callerLimits } from '../../support/caller-limits.ts'

const unused = () => {
  throw new Error('nobody is let in')
}

/** A door that lets nobody in: a refusal says that the request came to its handler. */
const closedDoor: GatewayDoor = {
  nowMs: () => 0,
  authenticate: async () => ({ ok: false, error: { reason: 'missing_api_key' } }),
  complete: unused,
  models: unused,
  priced: unused,
  receipt: unused,
  request: unused,
  metrics: unused,
  evidence: {
    aciHeaders: () => ({}),
    signature: unused,
    signatureOfReceipt: unused,
    signatureOf: unused,
    plainlySigned: unused,
    report: unused,
    keyset: unused,
    aciAttestation: unused,
    aciReceipt: unused,
    aciSession: unused,
    aciSessions: unused,
  },
  limits: callerLimits(),
  billing: {
    terms: {
      gateway: zeroAddress,
      registry: { chainId: 1, verifyingContract: zeroAddress },
      receiptVerifier: zeroAddress,
      accepts: [],
    },
    pricing: unused,
    reader: unused,
    channel: unused,
    acceptVoucher: unused,
    grantKey: unused,
    revokeKey: unused,
    keys: unused,
    key: unused,
    receipts: unused,
    refund: unused,
    deposit: unused,
    depositRecord: unused,
  },
  payouts: { payout: unused, show: unused },
  readiness: () => ({ ok: true, value: undefined }),
  failed: unused,
}

let server: Server
let origin: string

beforeEach(async () => {
  server = createServer(
    createListener({ door: closedDoor, stallMs: 1000, entrance: new Entrance(closedDoor.nowMs) }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const ask = async (method: string, path: string) => {
  const body = method === 'POST' ? '{}' : null
  const answer = await fetch(origin + path, { method, body })
  const { error } = (await answer.json()) as { error?: { code: string } }
  return [answer.status, error?.code]
}

test.each(['/v1/chat/completions', '/v1/chat/completions?api-version=1'])(
  'POST %s comes to its handler, past the route table or through it',
  async (path) => {
    expect(await ask('POST', path)).toEqual([401, 'invalid_api_key'])
  },
)

test('every other request goes to the route table', async () => {
  expect(await ask('GET', '/v1/chat/completions')).toEqual([405, 'method_not_allowed'])
  expect(await ask('POST', '/v1/chat/completions/')).toEqual([404, 'unknown_url'])
  expect(await ask('GET', '/health/live')).toEqual([200, undefined])
})
