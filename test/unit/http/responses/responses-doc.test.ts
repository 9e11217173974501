/*
 * docs/responses.md, OpenAI's own list of members and the code, held to each other.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ResponseCreateParamsBase } from 'openai/resources/responses/responses'
import { describe, expect, test } from 'vitest'
import { translateRequest } from '../../../../src/http/responses/responses-request.ts'

const root = join(import.meta.dirname, '../../../..')
const document = readFileSync(join(root, 'docs/responses.md'), 'utf8')
const request = document.slice(document.indexOf('## Request'), document.indexOf('### Items'))

/** A value for each member of OpenAI's type; one that it gets, and this list does not have, does not compile. */
const samples: { readonly [K in keyof Required<ResponseCreateParamsBase>]: unknown } = {
  access_programs: { cyber: 'standard' },
  background: false,
  context_management: [{ type: 'compaction' }],
  conversation: 'conv_1',
  image: { context_compression: 'auto' },
  include: ['message.output_text.logprobs'],
  input: 'Hi',
  instructions: 'Be brief.',
  max_output_tokens: 9,
  max_tool_calls: 1,
  metadata: { a: 'b' },
  model: 'm',
  moderation: { model: 'x' },
  parallel_tool_calls: true,
  previous_response_id: 'resp_1',
  prompt: { id: 'pmpt_1' },
  prompt_cache_key: 'k',
  prompt_cache_options: { mode: 'explicit' },
  prompt_cache_retention: '24h',
  reasoning: { effort: 'low' },
  safety_identifier: 's',
  service_tier: 'auto',
  store: false,
  stream: true,
  stream_options: { include_obfuscation: false },
  temperature: 1,
  text: { format: { type: 'json_object' }, verbosity: 'low' },
  tool_choice: 'required',
  tools: [{ type: 'function', name: 'f' }],
  top_logprobs: 3,
  top_p: 0.5,
  truncation: 'disabled',
  user: 'u',
}

const words = ['passed', 'translated', 'repeated', 'refused'] as const
const rows = [...request.matchAll(/^\| (`.*`) \| (\w+)/gm)].flatMap(([, names = '', word]) =>
  [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => ({ name, word })),
)

const context = { model: 'm', input: 'Hi', stream: true, tools: samples.tools }
const translate = (name: string, value: unknown) => translateRequest({ ...context, [name]: value })
const sampleOf = (name: string): unknown => (samples as Record<string, unknown>)[name]

test('every member has one row, and a word that the page explains', () => {
  expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(samples).sort())
  expect(new Set(rows.map(({ word }) => word))).toEqual(new Set(words))
  for (const word of words) expect(request).toContain(`**${word}**`)
})

describe.each(rows)('$name is $word', ({ name, word }) => {
  const sample = sampleOf(name)

  test('and so it is', () => {
    const read = translate(name, sample)
    if (word === 'refused') {
      expect(read).toMatchObject({ ok: false, error: { reason: 'unsupported_parameter' } })
      expect(read).toMatchObject({ ok: false, error: { param: name } })
      return
    }
    if (!read.ok) throw new Error(JSON.stringify(read.error))
    const { chat } = read.value
    if (word === 'passed') expect(chat[name]).toEqual(sample)
    if (word === 'repeated') expect(chat).not.toHaveProperty(name, sample)
    if (word === 'translated' && name !== 'tool_choice') expect(chat[name]).not.toEqual(sample)
  })

  test('and null is the same as absent', () => {
    if (name === 'model' || name === 'input') return
    expect(translate(name, null)).toEqual(translate(name, undefined))
  })
})

test('what is passed beyond them is on the page', () => {
  const beyond = request.slice(request.indexOf('Beyond'))
  const names = [...beyond.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)
  expect(names.length).toBeGreaterThan(8)
  for (const name of names) {
    const read = translate(name, 'x')
    expect(read).toMatchObject({ ok: true, value: { chat: { [name]: 'x' } } })
  }
})
