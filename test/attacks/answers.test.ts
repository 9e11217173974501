/*
 * What can be tried by whoever answers: a contributor, or the service behind a key that somebody lent. It is not believed and
 * not paid, and others are served meanwhile.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { upstreamBodyBytesMax } from '../../src/base/limits.ts'
import { startGatewayOnLedger, type TestGateway } from '../support/gateway-on-ledger.ts'
import {
  completion,
  type ScriptedUpstream,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts'

let hostile: ScriptedUpstream
let honest: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  hostile = await startScriptedUpstream()
  honest = await startScriptedUpstream()
  gateway = await startGatewayOnLedger({
    upstreams: [
      { id: 'hostile', baseUrl: hostile.baseUrl },
      { id: 'honest', baseUrl: honest.baseUrl },
    ],
  })
})

afterAll(async () => {
  await gateway.stop()
  await hostile.close()
  await honest.close()
})

const ask = () =>
  fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.apiKey}` },
    body: JSON.stringify({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
      routing: { order: ['hostile', 'honest'] },
    }),
  })

test('an answer of millions of objects is none, however good it is besides', async () => {
  const brackets = '[],'.repeat(upstreamBodyBytesMax / 3 - 1_000)
  const good = JSON.stringify(completion('Hello there!')).slice(0, -1)
  hostile.become((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(`${good},"x":[${brackets}[]]}`)
  })
  const answer = await ask()
  expect(answer.status).toBe(200)
  expect(hostile.requests).toHaveLength(1)
  expect(answer.headers.get('x-vouch-contributor')).toBe('honest')
})
