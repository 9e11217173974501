/*
 * Every client library under a gateway that says in comments that a stream still comes: it gets the answer as if nothing had
 * been said, or raises what went wrong later. A comment with a blank line of its own is an empty event to some of them.
 */
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { answerStatus, answerWell, type Script } from '../support/scripted-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'
import { agentsChat, agentsResponses } from './clients/agents-chat.ts'
import { aiSdkCompatible, aiSdkOpenai, aiSdkResponses } from './clients/ai-sdk-chat.ts'
import { langchainChat, langchainResponses } from './clients/langchain-chat.ts'
import { openaiChat } from './clients/openai-chat.ts'
import { openaiResponses } from './clients/openai-responses.ts'

/** What the gateway wants to say next; a test says when. */
let next: (() => void) | undefined

const chats = [openaiChat, aiSdkOpenai, aiSdkCompatible, langchainChat, agentsChat]
const responses = [openaiResponses, aiSdkResponses, langchainResponses, agentsResponses]
const question = { model: 'm', text: 'Say hello.', maxTokens: 50 }

const { upstream, gateway, newEntries, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [{ id: 'one', baseUrl }],
  keepAlive: {
    everyMs: 10_000,
    schedule: (_delayMs, run) => {
      next = run
      return () => {
        next = undefined
      }
    },
  },
}))
afterAll(close)

beforeEach(() => gateway.pool.readmit('one'))

/** Answers once three comments have been said. */
const afterComments =
  (script: Script): Script =>
  (request, response) => {
    for (let said = 0; said < 3; said += 1) next?.()
    return script(request, response)
  }

describe.each([...chats, ...responses])('$name', ({ connect, readError }) => {
  test('gets the answer behind the comments as it is', async () => {
    upstream.become(afterComments(answerWell()))
    const pieces: string[] = []
    const onText = (piece: string) => pieces.push(piece)
    const told = await connect(gateway, fetch).ask(question, { onText, maxRetries: 0 })
    expect(told).toEqual({ text: 'Hello there!', usage: { promptTokens: 5, completionTokens: 3 } })
    expect(pieces).toEqual(['Hello', ' there', '!'])
    expect((await newEntries()).receipts).toHaveLength(1)
  })

  test('raises what went wrong behind the comments, in our words', async () => {
    upstream.become(afterComments(answerStatus(503, '')))
    const raised = await connect(gateway, fetch)
      .ask(question, { onText: () => {}, maxRetries: 0 })
      .catch((error: unknown) => error)
    expect(readError(raised).message).toContain('The contributor failed with status 503.')
    expect(upstream.requests).toHaveLength(1)
    expect((await newEntries()).chargedAmount).toBe(0n)
  })
})
