/*
 * Whoever leaves, by whichever library, is not worked for any longer: the upstream sees it at once, nobody else is asked,
 * and only what was delivered is paid.
 */
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { NewEntries } from '../support/books.ts'
import {
  chunk,
  roleEvent as role,
  type Script,
  sse,
  startSse,
  streamBytes,
} from '../support/scripted-upstream.ts'
import { openPairPlace } from '../support/upstream-place.ts'
import { agentsChat, agentsResponses } from './clients/agents-chat.ts'
import { aiSdkCompatible, aiSdkOpenai, aiSdkResponses } from './clients/ai-sdk-chat.ts'
import { langchainChat, langchainResponses } from './clients/langchain-chat.ts'
import { openaiChat } from './clients/openai-chat.ts'
import { openaiResponses } from './clients/openai-responses.ts'

const libraries = [
  ...[openaiChat, aiSdkOpenai, aiSdkCompatible, langchainChat, agentsChat],
  ...[openaiResponses, aiSdkResponses, langchainResponses, agentsResponses],
]
const question = { model: 'm', text: 'Say hello.', maxTokens: 50 }

const place = await openPairPlace()
const { cheap: upstream, dear: spare, newEntries, gateway } = place
beforeEach(place.forgive)
afterAll(place.close)

describe.each(libraries)('$name', ({ connect }) => {
  /** Leaves once `leaves` resolves; resolves when the upstream saw it and the library told its user. */
  async function leave(
    script: Script,
    leaves: (told: { readonly firstText: Promise<void> }) => Promise<unknown>,
    streamed: boolean,
  ): Promise<NewEntries> {
    upstream.become(script)
    const abort = new AbortController()
    const firstText = Promise.withResolvers<void>()
    const manner = { signal: abort.signal, maxRetries: 2 }
    const onText = () => firstText.resolve()
    const asked = connect(gateway, fetch).ask(question, { ...manner, ...(streamed && { onText }) })
    const ended = asked.then(
      () => 'answered',
      () => 'raised',
    )
    const request = await upstream.nextRequest()
    await leaves({ firstText: firstText.promise })
    abort.abort()
    await request.left
    await ended
    expect(upstream.requests).toHaveLength(1)
    expect(spare.requests).toHaveLength(0)
    return newEntries()
  }

  test('in the middle of a stream: what was delivered is paid', async () => {
    const word = sse(chunk({ content: 'word ' }))
    const { receipts, log } = await leave(
      streamBytes([role, word], 'hang'),
      ({ firstText }) => firstText,
      true,
    )
    expect(log).toMatchObject([{ outcome: 'client_gone' }])
    expect(receipts[0]?.receipt.work).toMatchObject({ status: 1, completionTokens: 2 })
  })

  test('before the first word: nothing is paid', async () => {
    let said: Promise<void> | undefined
    const { chargedAmount, log } = await leave(
      (_request, response) => {
        startSse(response)
        said = new Promise((resolve) => response.write(role, () => resolve()))
      },
      async () => said,
      true,
    )
    expect(chargedAmount).toBe(0n)
    expect(log).toMatchObject([{ outcome: 'client_gone' }])
  })

  test('before an answer in one piece: nothing is paid', async () => {
    const { chargedAmount, receipts, log } = await leave(
      () => {},
      async () => {},
      false,
    )
    expect(chargedAmount).toBe(0n)
    expect(receipts).toEqual([])
    expect(log).toMatchObject([{ outcome: 'client_gone' }])
  })

  test('in the middle of an answer in one piece: nothing is paid', async () => {
    let said: Promise<void> | undefined
    const { chargedAmount, receipts } = await leave(
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        said = new Promise((resolve) => response.write('{"choices":[', () => resolve()))
      },
      async () => said,
      false,
    )
    expect(chargedAmount).toBe(0n)
    expect(receipts).toEqual([])
  })
})
