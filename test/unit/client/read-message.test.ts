import { describe, expect, test } from 'vitest'
import { toolCallsHash } from '../../../src/client/answer-hash.ts'
import { readAnswer } from '../../../src/client/read-answer.ts'
import { MessagesDialect } from '../../../src/http/messages/messages-stream.ts'
import { chunk, sse } from '../../support/scripted-upstream.ts'
import {
  calledChunks as called,
  hashOfText as textHash,
  twoToolCalls as toolCalls,
  oneTokenUsage as usage,
  answerVerdict as verdictOf,
} from '../../support/translated-answers.ts'

const newDialect = () => new MessagesDialect({ id: 'msg_1', model: 'm' })

const said = [
  chunk({ reasoning_content: 'Hm.' }),
  chunk({ content: 'Ye' }),
  chunk({ content: 's.' }),
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

describe('a body of the Messages API', () => {
  const answer = { text: 'Yes.', toolCalls, isTranslated: true }

  test('in one piece: text and calls, in the form of a chat completion', () => {
    const message = { content: 'Yes.', reasoning: 'Hm.', tool_calls: toolCalls }
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
    expect(verdictOf(streamOf(said), textHash('Yes.'))).toBe('holds')
    expect(verdictOf(wholeOf({ content: 'Yes.' }), textHash('Yes.'))).toBe('holds')
    expect(verdictOf(streamOf(said), textHash('No.'))).toBe('fails')
    expect(verdictOf(streamOf([]), textHash('No.'))).toBe('fails')
  })

  test('holds for calls as they were written; of others it cannot say', () => {
    expect(verdictOf(streamOf(called), toolCallsHash(toolCalls))).toBe('holds')
    expect(verdictOf(wholeOf({ tool_calls: toolCalls }), toolCallsHash(toolCalls))).toBe('holds')
    const spaced = toolCalls.map((call) => ({
      ...call,
      function: { ...call.function, arguments: call.function.arguments.replace(':', ': ') },
    }))
    expect(verdictOf(wholeOf({ tool_calls: spaced }), toolCallsHash(spaced))).toBe('unknown')
  })

  test('cannot tell a refusal from a text that nobody signed', () => {
    expect(verdictOf(wholeOf({ content: null, refusal: 'No.' }), textHash(''))).toBe('unknown')
    expect(verdictOf(streamOf([chunk({ refusal: 'No.' })]), textHash(''))).toBe('unknown')
  })
})
