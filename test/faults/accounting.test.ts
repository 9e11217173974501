/*
 * What an answer costs when something about it is wrong. docs/faults.md lists the faults. Prompt tokens cost 1, cached ones
 * half of that, completion tokens 2.
 */
import { afterAll, expect, test } from 'vitest'
import { startFaultPlace, streamed, unary } from '../support/fault-place.ts'
import {
  answerStatus,
  chunk,
  completion,
  type Script,
  sse,
  sseDone,
  streamBytes,
  usageChunk,
  usageObject,
} from '../support/scripted-upstream.ts'

const place = await startFaultPlace()
afterAll(place.stop)

const words = ['one ', 'two ', 'three']

/** The same answer, by the way it was asked for. */
const answerWith =
  (usage: unknown, said: readonly string[] = words): Script =>
  (request, response) => {
    if (request.json['stream'] !== true) {
      return answerStatus(200, JSON.stringify(completion(said.join(''), usage)))(request, response)
    }
    const events = [
      chunk({ role: 'assistant', content: '' }),
      ...said.map((content) => chunk({ content })),
      chunk({}, 'stop'),
      usageChunk(usage),
    ]
    return streamBytes([...events.map(sse), sseDone])(request, response)
  }

/** Asks both ways: what is streamed costs what it costs in one piece. */
async function expectCost(script: Script, cost: bigint, source?: string): Promise<void> {
  for (const asked of [unary, streamed]) {
    await place.askAlone(script, asked)
    const { chargedAmount, receipts } = await place.newEntries()
    expect(chargedAmount).toBe(cost)
    if (source !== undefined) expect(receipts.map(({ usage }) => usage.source)).toEqual([source])
  }
}

test('an answer costs the same streamed and in one piece', () =>
  expectCost(answerWith(usageObject(5, 3)), 11n, 'reported'))

test('cached tokens are a part of the prompt, at their own price', () =>
  expectCost(
    answerWith({ ...usageObject(4, 3), prompt_tokens_details: { cached_tokens: 2 } }),
    9n,
    'reported',
  ))

test('more cached tokens than the prompt has are as many as it has', () =>
  expectCost(
    answerWith({ ...usageObject(4, 3), prompt_tokens_details: { cached_tokens: 400 } }),
    8n,
    'reported',
  ))

test('more tokens than the text can have are not believed', () =>
  expectCost(answerWith(usageObject(5, 900)), 13n, 'corrected'))

test('usage that is no usage is counted instead', async () => {
  await expectCost(answerWith({ prompt_tokens: '5', completion_tokens: -3 }), 15n, 'counted')
  await expectCost(answerWith(null), 15n, 'counted')
})

test('many small chunks of a stream cost no more than few large ones', () =>
  expectCost(answerWith(usageObject(5, 3), [...words.join('')]), 11n, 'reported'))

test('and no more than their text where nobody says how many tokens they are', async () => {
  const letters = [...'thirteen words']
  await place.askAlone(answerWith(null, letters), unary)
  const whole = await place.newEntries()
  await place.askAlone(answerWith(null, letters), streamed)
  const stream = await place.newEntries()
  expect(stream.receipts.map(({ usage }) => usage.source)).toEqual(['counted'])
  expect(stream.chargedAmount).toBe(whole.chargedAmount)
  expect(whole.chargedAmount).toBeGreaterThan(0n)
})

test('an answer without content is free, whatever its usage says', () =>
  expectCost(answerWith(usageObject(500, 20), ['']), 0n))
