/*
 * An agent that dials in, and a line that is cut at each moment of a request: the answer is whole, signed and paid for once, and
 * the engine is asked once. Where the agent itself goes away, the client is told, and nothing is signed twice.
 */
import type { ServerResponse } from 'node:http'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { openAgentPlace } from '../support/agent-place.ts'
import { ask } from '../support/ask.ts'
import {
  answerWell,
  completion,
  roleEvent,
  sseDone,
  startScriptedUpstream,
  startSse,
  stopEvent,
  wordEvent,
} from '../support/scripted-upstream.ts'

const engine = await startScriptedUpstream()
const place = await openAgentPlace({ baseUrl: engine.baseUrl, dialsIn: true })
const { gateway } = place

afterEach(async () => {
  engine.become(answerWell())
  gateway.pool.readmit('agent')
  await place.newEntries()
  place.newEnds()
})
afterAll(async () => {
  await place.close()
  await engine.close()
})

/** Cuts and mends the line, and resolves when the contributor has dialled in again. */
async function cut(): Promise<void> {
  const again = place.nextArrival()
  place.line?.cut()
  place.line?.mend()
  await again
}

/** An engine that says each of these when it is told to go on. */
function stepping(pieces: readonly string[]) {
  let response: ServerResponse | undefined
  let at = 0
  const begun = Promise.withResolvers<void>()
  engine.become((_request, answered) => {
    response = answered
    begun.resolve()
  })
  return {
    begun: begun.promise,
    next: (): Promise<void> =>
      new Promise((resolve) => {
        const piece = pieces[at] ?? ''
        if (at === 0 && response !== undefined) startSse(response)
        at += 1
        if (at === pieces.length) response?.end(piece, () => resolve())
        else response?.write(piece, () => resolve())
      }),
  }
}

const events = [roleEvent, wordEvent, wordEvent, stopEvent, sseDone]

test.each(events.map((_, before) => before))(
  'a stream whose line is cut before event %i',
  async (before) => {
    const steps = stepping(events)
    const asked = ask(gateway, { stream: true })
    await steps.begun
    for (const index of events.keys()) {
      if (index === before) await cut()
      await steps.next()
    }
    expect(await asked).toMatchObject({ status: 200, content: 'word word ', done: true })
    expect(engine.requests).toHaveLength(1)
    const { receipts } = await place.newEntries()
    expect(receipts).toHaveLength(1)
    expect(receipts[0]?.contributorSignature).toMatch(/^0x[0-9a-f]{130}$/)
    expect(place.newEnds()).toMatchObject([{ outcome: 'complete' }])
  },
)

test('a line that is cut while the agent signs, with the end already said', async () => {
  const steps = stepping(events)
  const asked = ask(gateway, { stream: true })
  await steps.begun
  for (const _ of events) await steps.next()
  await vi.waitFor(() => expect(place.newEnds()).toMatchObject([{ outcome: 'complete' }]))
  await cut()
  expect(await asked).toMatchObject({ status: 200, content: 'word word ', done: true })
  expect((await place.newEntries()).receipts[0]?.contributorSignature).not.toBe('0x')
})

test('an answer in one piece whose line is cut while the engine works', async () => {
  let answer: (() => void) | undefined
  engine.become((_request, response) => {
    answer = () => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(completion('late')))
    }
  })
  const asked = ask(gateway)
  await engine.nextRequest()
  await cut()
  answer?.()
  expect(await asked).toMatchObject({ status: 200, content: 'late' })
  expect((await place.newEntries()).receipts[0]?.contributorSignature).not.toBe('0x')
})

test('an agent that is started again in the middle of a stream: an error, and no Work', async () => {
  const steps = stepping(events)
  const asked = ask(gateway, { stream: true })
  await steps.begun
  await steps.next()
  await steps.next()
  await vi.waitFor(() => expect(place.agent().load()).toMatchObject({ running: 1 }))
  await place.restart()
  expect(await asked).toMatchObject({ done: false, error: { type: 'api_error' } })
  const { receipts } = await place.newEntries()
  for (const { contributorSignature } of receipts) expect(contributorSignature).toBe('0x')
  gateway.pool.readmit('agent')
  engine.become(answerWell())
  expect(await ask(gateway)).toMatchObject({ status: 200, content: 'Hello there!' })
})
