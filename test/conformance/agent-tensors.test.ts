/*
 * An agent before an engine that serves a provable model and signs nothing: its Work is of the very tensors that passed, whichever
 * way the gateway reaches it.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { encodeTensor } from '../../src/base/wire-tensor.ts'
import { keccak256 } from '../../src/chain/keccak.ts'
import { openAgentPlace } from '../support/agent-place.ts'
import { askPath } from '../support/ask.ts'
import { startScriptedUpstream } from '../support/scripted-upstream.ts'
import { answerUnsigned, tinyAnswer, tinyOffer } from '../support/tensor-upstream.ts'

describe.each([false, true])('that dials in: %s', async (dialsIn) => {
  const engine = await startScriptedUpstream(answerUnsigned)
  const place = await openAgentPlace({
    baseUrl: engine.baseUrl,
    model: 'tiny/v1',
    endpoints: ['inference'],
    offer: { ...tinyOffer, upstreamModelName: 'tiny/v1' },
    dialsIn,
  })
  afterAll(async () => {
    await place.close()
    await engine.close()
  })

  const input = [1, -2, 6.25]
  const output = tinyAnswer([16, -32, 100])
  const ask = (fields: Readonly<Record<string, unknown>>) =>
    askPath(place.gateway, '/v1/inference/tiny', fields)

  test('what is delivered is signed, and counted in values', async () => {
    const answer = await ask({ input })
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text).integers.output).toEqual([...output])
    expect(engine.requests[0]?.path).toBe('/v1/inference/tiny%2Fv1')
    const [{ receipt } = expect.fail('no receipt')] = (await place.newEntries()).receipts
    expect(receipt).toMatchObject({
      tiers: 3,
      work: {
        contributor: place.operator,
        contentHash: keccak256(encodeTensor(output)),
        promptTokens: 3,
        completionTokens: 2,
        status: 0,
      },
    })
  })

  test('an answer that is no tensor is not signed', async () => {
    engine.become((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      response.end('something else')
    })
    expect((await ask({ input })).status).toBeGreaterThanOrEqual(500)
    expect((await place.newEntries()).chargedAmount).toBe(0n)
    place.gateway.pool.readmit('agent')
    engine.become(answerUnsigned)
  })
})
