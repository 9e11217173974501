import { afterAll, afterEach, expect, test } from 'vitest'
import { openAgentPlace } from '../support/agent-place.ts'
import { ask } from '../support/ask.ts'
import { answerWell, startScriptedUpstream } from '../support/scripted-upstream.ts'

const engine = await startScriptedUpstream()
const place = await openAgentPlace({
  baseUrl: engine.baseUrl,
  endpoints: ['chat/completions', 'completions', 'embeddings'],
})
const { gateway } = place

afterEach(() => {
  place.newEnds()
  engine.become(answerWell())
})
afterAll(async () => {
  await place.close()
  await engine.close()
})

/** The one receipt since it was asked last, of an answer that its contributor signed. */
async function signedWork() {
  const { receipts } = await place.newEntries()
  expect(receipts).toHaveLength(1)
  expect(receipts[0]?.contributorSignature).toMatch(/^0x[0-9a-f]{130}$/)
  return receipts[0]?.receipt.work
}

test('an answer in one piece is signed over its bytes', async () => {
  const answer = await ask(gateway)
  expect(answer).toMatchObject({ status: 200, content: 'Hello there!' })
  expect(await signedWork()).toMatchObject({
    contributor: place.operator,
    promptTokens: 5,
    completionTokens: 3,
    status: 0,
  })
  expect(engine.requests[0]?.headers['authorization']).toBeUndefined()
  expect(engine.requests[0]?.headers['x-vouch-job']).toBeUndefined()
})

test('a stream is signed over its events, and counted though its reader did not ask', async () => {
  const answer = await ask(gateway, { stream: true })
  expect(answer).toMatchObject({ status: 200, content: 'Hello there!', done: true })
  expect(answer.text).not.toContain('"usage"')
  expect(await signedWork()).toMatchObject({ promptTokens: 5, completionTokens: 3 })
  expect(engine.requests[0]?.json['stream_options']).toEqual({ include_usage: true })
  expect(place.newEnds()).toMatchObject([{ outcome: 'complete', usageSource: 'reported' }])
})
