import { expect, test } from 'vitest'
import { readToldChoices } from '../../../src/auditor/told-answer.ts'

const streamOf = (...events: readonly object[]): Buffer =>
  Buffer.from(
    `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`,
  )

const told = (body: Buffer | object) =>
  readToldChoices(Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body)))

test('reads a chat completion in one piece, with its log-probabilities', () => {
  const content = [
    { token: 'Hi', logprob: -0.5, bytes: [72, 105] },
    { token: 'bytes:\\xf0\\x9f', logprob: -1, bytes: null },
  ]
  const choice = {
    index: 0,
    message: { role: 'assistant', content: 'Hi' },
    logprobs: { content },
    finish_reason: 'stop',
  }
  expect(told({ choices: [choice] })).toEqual({
    ok: true,
    value: [
      {
        text: 'Hi',
        finishReason: 'stop',
        tokens: [
          { bytes: Uint8Array.of(72, 105), logprob: -0.5 },
          { bytes: Buffer.from([0xf0, 0x9f]), logprob: -1 },
        ],
      },
    ],
  })
})

test('joins the events of a stream, choice by choice', () => {
  const delta = (index: number, content: string, finish: string | null = null) => ({
    choices: [{ index, delta: { content }, logprobs: null, finish_reason: finish }],
  })
  const body = streamOf(
    delta(1, 'b'),
    delta(0, 'a'),
    delta(1, 'B', 'length'),
    delta(0, '', 'stop'),
    {
      choices: [],
      usage: {},
    },
  )
  expect(told(body)).toEqual({
    ok: true,
    value: [
      { text: 'a', finishReason: 'stop', tokens: undefined },
      { text: 'bB', finishReason: 'length', tokens: undefined },
    ],
  })
})

test('reads a text completion', () => {
  const logprobs = { tokens: [' a', 'b'], token_logprobs: [-1, -2] }
  const body = { choices: [{ index: 0, text: ' ab', logprobs, finish_reason: 'length' }] }
  expect(told(body)).toMatchObject({
    ok: true,
    value: [{ text: ' ab', tokens: [{ logprob: -1 }, { logprob: -2 }] }],
  })
})

test.each([
  ['a part of it is not JSON', Buffer.from('{"choices"')],
  ['a part of it has no choices', { object: 'list', data: [] }],
  ['a choice has no usable index', { choices: [{ index: 1e9, text: '' }] }],
  ['choices are missing', { choices: [{ index: 1, text: 'x' }] }],
  ['choices are missing', streamOf()],
])('%s', (error, body) => {
  expect(told(body)).toEqual({ ok: false, error })
})

test('an answer of any length is read, so that none ends the audit', () => {
  const content = Array.from({ length: 300_000 }, () => ({ token: 'a', logprob: -1 }))
  const read = told({ choices: [{ index: 0, message: { content: 'a' }, logprobs: { content } }] })
  expect(read.ok && read.value[0]?.tokens).toHaveLength(300_000)
})
