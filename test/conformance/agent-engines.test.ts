/*
 * Every engine of the fixtures with an agent before it, through a tunnel and a whole gateway: what each writes in its own way
 * is signed, and claimed as it reports it.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { openAgentPlace } from '../support/agent-place.ts'
import { ask } from '../support/ask.ts'
import { engineKinds } from '../support/engine-records.ts'
import { startFixtureEngine } from '../support/fixture-engine.ts'

const messages = [
  { role: 'system', content: 'You answer in one short sentence, whatever you are asked.' },
  { role: 'user', content: 'Where does rain fall? And what is the weather in Zürich?' },
]
const tools = [
  {
    type: 'function',
    function: { name: 'get_weather', parameters: { type: 'object', properties: {} } },
  },
]

describe.each(engineKinds)('%s', async (kind) => {
  const engine = await startFixtureEngine(kind)
  const { record, baseUrl } = engine
  const place = await openAgentPlace({ baseUrl, model: record.model, dialsIn: true })
  afterAll(async () => {
    await place.close()
    await engine.close()
  })

  test.each(
    Object.entries(record.answers).flatMap(([name, said]) => [
      { name, said, stream: false, how: 'whole' },
      { name, said, stream: true, how: 'streamed' },
    ]),
  )('$name, $how', async ({ name, said, stream }) => {
    engine.answer(name)
    const answer = await ask(place.gateway, { messages, tools, stream })
    expect(answer).toMatchObject({ status: 200, content: said.content, done: stream })
    const { receipts } = await place.newEntries()
    expect(receipts).toHaveLength(1)
    expect(receipts[0]?.usage.source).toBe('reported')
    expect(receipts[0]?.contributorSignature).toMatch(/^0x[0-9a-f]{130}$/)
    const [promptTokens, cachedPromptTokens, completionTokens] = said.usage
    expect(receipts[0]?.receipt.work).toMatchObject({
      contributor: place.operator,
      promptTokens,
      cachedPromptTokens,
      completionTokens,
      status: 0,
    })
    expect(place.newEnds()).toMatchObject([{ outcome: 'complete', usageSource: 'reported' }])
  })

  test.each(Object.keys(record.failures))('%s is not signed', async (name) => {
    engine.fail(name)
    for (const stream of [false, true]) {
      place.gateway.pool.readmit('agent')
      const answer = await ask(place.gateway, { stream })
      expect(answer.error).toBeDefined()
      expect(answer.done).toBe(false)
      const { receipts } = await place.newEntries()
      for (const { contributorSignature } of receipts) expect(contributorSignature).toBe('0x')
    }
  })
})
