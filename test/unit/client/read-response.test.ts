import { describe, expect, test } from 'vitest'
import { toolCallsHash } from '../../../src/client/answer-hash.ts'
import { readAnswer } from '../../../src/client/read-answer.ts'
import { ResponsesDialect } from '../../../src/http/responses/responses-dialect.ts'
import { translateRequest } from '../../../src/http/responses/responses-request.ts'
import { chunk, sse } from '../../support/scripted-upstream.ts'
import {
  calledChunks as called,
  hashOfText as textHash,
  twoToolCalls as toolCalls,
  oneTokenUsage as usage,
  answerVerdict as verdictOf,
} from '../../support/translated-answers.ts'

const translated = translateRequest({ model: 'm', input: 'Hi' })
if (!translated.ok) throw new Error('refused')
const { echo } = translated.value
const newDialect = () =>
  new ResponsesDialect({ requestId: 'req_1', receivedAtMs: 0, modelName: 'm' }, echo)

const said = [
  chunk({ reasoning_content: 'Hm.' }),
  chunk({ content: 'Ye' }),
  chunk({ content: 's.' }),
  chunk({ refusal: 'No.' }),
]

function streamOf(chunks: readonly Record<string, unknown>[], ending = true): Buffer {
  const dialect = newDialect()
  const told = chunks.map((one) => dialect.chunk(Buffer.from(sse(one))))
  return Buffer.concat(ending ? [...told, dialect.closing(usage, 'complete')] : told)
}

function wholeOf(message: Record<string, unknown>): Buffer {
  const choices = [{ index: 0, message, finish_reason: 'stop' }]
  return newDialect().whole(Buffer.from(JSON.stringify({ choices })), usage)
}

describe('a body of the Responses API', () => {
  const answer = { text: 'Yes.', toolCalls, isTranslated: true }

  test('in one piece: text and calls, in the form of a chat completion', () => {
    const message = { content: 'Yes.', refusal: 'No.', reasoning: 'Hm.', tool_calls: toolCalls }
    expect(readAnswer(wholeOf(message))).toEqual([answer])
  })

  test.each([true, false])('streamed, with its end or without (%s)', (ending) => {
    expect(readAnswer(streamOf([...said, ...called], ending))).toEqual([answer])
  })

  test('that says nothing', () => {
    expect(readAnswer(streamOf([]))).toEqual([{ text: '', toolCalls: [], isTranslated: true }])
  })
})

describe('answer-in-response', () => {
  test('holds for the text, whole and streamed, and fails for another', () => {
    const [other] = said
    expect(verdictOf(streamOf(said), textHash('Yes.'))).toBe('holds')
    expect(verdictOf(wholeOf({ content: 'Yes.' }), textHash('Yes.'))).toBe('holds')
    expect(verdictOf(streamOf(said), textHash('No.'))).toBe('fails')
    expect(verdictOf(streamOf(other ? [other] : []), textHash('No.'))).toBe('fails')
  })

  test('holds for calls as most engines write them; of others it cannot say', () => {
    expect(verdictOf(streamOf(called), toolCallsHash(toolCalls))).toBe('holds')
    const withMore = toolCalls.map((call) => ({ ...call, made_up: true }))
    expect(verdictOf(streamOf(called), toolCallsHash(withMore))).toBe('unknown')
    // With text beside them they are not what was hashed.
    expect(verdictOf(streamOf([...said, ...called]), toolCallsHash(toolCalls))).toBe('fails')
  })
})
