/*
 * Any stream of chat completions, told to a client of the Responses API: its events are well formed, what they add up to is
 * what they say at the end, and that is what the same completion in one piece is told as.
 */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MeteredUsage } from '../../src/domain/usage.ts'
import { ResponsesDialect } from '../../src/http/responses/responses-dialect.ts'
import type { OutputItem, ResponseObject } from '../../src/http/responses/responses-object.ts'
import { translateRequest } from '../../src/http/responses/responses-request.ts'
import { assembleChat, assembleResponse, eventsOf } from '../support/responses-events.ts'
import { chunk, sse, usageChunk, usageObject } from '../support/scripted-upstream.ts'

const usage: MeteredUsage = {
  promptTokens: 7,
  cachedPromptTokens: 2,
  completionTokens: 5,
  reasoningTokens: 1,
  source: 'reported',
}

const request = {
  requestId: `req_${'ab'.repeat(12)}`,
  receivedAtMs: 1_700_000_000_123,
  modelName: 'm',
}
const translated = translateRequest({ model: 'm', input: 'Hi', instructions: 'Be brief.' })
if (!translated.ok) throw new Error('refused')
const { echo } = translated.value
const startDialect = () => new ResponsesDialect(request, echo)

const text = fc.string({ unit: 'grapheme', maxLength: 5 })
const logprob = fc.record({
  token: text,
  logprob: fc.double({ max: 0, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  bytes: fc.array(fc.nat(255), { maxLength: 2 }),
  top_logprobs: fc.constant([]),
})

type Chunk = Record<string, unknown>
const withLogprobs = (content: string, entries: readonly unknown[]): Chunk => ({
  ...chunk({}),
  choices: [{ index: 0, delta: { content }, finish_reason: null, logprobs: { content: entries } }],
})

const thought = fc
  .tuple(fc.constantFrom('reasoning_content', 'reasoning'), text)
  .map(([name, said]) => chunk({ [name]: said }))
const spoken = fc.oneof(
  text.map((content) => chunk({ content })),
  fc
    .tuple(fc.string({ minLength: 1, maxLength: 5 }), fc.array(logprob, { maxLength: 2 }))
    .map(([content, entries]) => withLogprobs(content, entries)),
)
const refusal = text.map((said) => chunk({ refusal: said }))
/** Of nothing: a role, a usage report, an empty delta, no choice at all. */
const noise = fc.constantFrom<Chunk>(
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: null, tool_calls: [] }),
  { ...chunk({}), usage: usageObject(1, 1) },
  usageChunk(usageObject(7, 5)),
)

/** The pieces of the calls of one turn, those of one call in their order. */
const calls = fc
  .array(
    fc.record({
      id: fc.constantFrom('', 'call_x'),
      name: text,
      pieces: fc.array(text, { maxLength: 4 }),
    }),
    {
      maxLength: 4,
    },
  )
  .chain((all) =>
    fc.array(fc.nat(), { minLength: 16, maxLength: 16 }).map((turns) => {
      const begins = all.map(({ id, name }, index) => {
        const named = id === '' ? {} : { id: `${id}${index}` }
        const function_ = { name, arguments: '' }
        return chunk({ tool_calls: [{ index, ...named, type: 'function', function: function_ }] })
      })
      const left = all.map(({ pieces }) => [...pieces])
      const parts: Chunk[] = []
      for (const turn of turns) {
        const open = left.flatMap((pieces, index) => (pieces.length > 0 ? [index] : []))
        const index = open[turn % Math.max(open.length, 1)]
        const said = index === undefined ? undefined : left[index]?.shift()
        if (said !== undefined) {
          parts.push(chunk({ tool_calls: [{ index, function: { arguments: said } }] }))
        }
      }
      return [...begins, ...parts]
    }),
  )

const ended = fc.record({
  finish: fc.constantFrom(undefined, 'stop', 'length', 'tool_calls', 'content_filter', 'toString'),
  end: fc.constantFrom('complete' as const, 'budget_spent' as const),
})
const endOf = (finish: string | undefined): Chunk[] =>
  finish === undefined ? [] : [chunk({}, finish)]

/** As engines write: thoughts, text, a refusal, calls. */
const usual = fc
  .tuple(
    fc.array(thought, { maxLength: 4 }),
    fc.array(spoken, { maxLength: 5 }),
    fc.array(refusal, { maxLength: 2 }),
    calls,
    fc.array(noise, { maxLength: 3 }),
    fc.nat(),
  )
  .map(([thoughts, words, refusals, called, noises, at]) => {
    const said = [...thoughts, ...words, ...refusals, ...called]
    const place = at % (said.length + 1)
    return [...said.slice(0, place), ...noises, ...said.slice(place)]
  })

/** In whatever order. */
const unusual = fc
  .tuple(
    fc.array(fc.oneof(thought, spoken, refusal, noise), { maxLength: 12 }),
    calls,
    fc.infiniteStream(fc.boolean()),
  )
  .map(([said, called, coin]) => {
    const [ones, others] = [[...said], [...called]]
    const mixed: Chunk[] = []
    for (const first of coin) {
      const next = (first ? ones.shift() : others.shift()) ?? ones.shift() ?? others.shift()
      if (next === undefined) return mixed
      mixed.push(next)
    }
    return mixed
  })

type Ended = typeof ended extends fc.Arbitrary<infer T> ? T : never

function tellStream(chunks: readonly Chunk[], { finish, end }: Ended) {
  const dialect = startDialect()
  const all = [...chunks, ...endOf(finish)]
  const told = all.map((one) => dialect.chunk(Buffer.from(sse(one))))
  const bytes = Buffer.concat([...told, dialect.closing(usage, end)])
  return { bytes: bytes.toString(), all }
}

function tellWhole(chunks: readonly Chunk[], { end }: Ended): ResponseObject {
  const completion = assembleChat(chunks)
  const [choice] = completion.choices
  const cut = end === 'budget_spent' ? 'length' : 'stop'
  const choices = [{ ...choice, finish_reason: choice.finish_reason ?? cut }]
  const whole = startDialect().whole(Buffer.from(JSON.stringify({ ...completion, choices })), usage)
  return JSON.parse(whole.toString()) as ResponseObject
}

/** What was said, whatever items it was told in. */
const saidIn = (output: readonly OutputItem[]) => {
  const parts = output.flatMap((item): readonly { readonly type: string }[] =>
    item.type === 'function_call' ? [] : item.content,
  )
  const of = (type: string, member: string) =>
    parts
      .filter((part) => part.type === type)
      .map((part) => (part as unknown as Record<string, string>)[member])
      .join('')
  return {
    reasoning: of('reasoning_text', 'text'),
    text: of('output_text', 'text'),
    refusal: of('refusal', 'refusal'),
    calls: output.flatMap((item) =>
      item.type === 'function_call' ? [{ name: item.name, arguments: item.arguments }] : [],
    ),
  }
}

describe('a stream told to a client of the Responses API', () => {
  test('in the usual order is the same response as in one piece', () => {
    const seen = { items: 0, calls: 0, parts: 0, incomplete: 0 }
    fc.assert(
      fc.property(usual, ended, (chunks, how) => {
        const { bytes, all } = tellStream(chunks, how)
        const response = assembleResponse(eventsOf(bytes))
        expect(response).toEqual(tellWhole(all, how))
        seen.items += response.output.length
        seen.calls += saidIn(response.output).calls.length
        seen.parts += response.output.filter(
          (item) => item.type === 'message' && item.content.length > 1,
        ).length
        if (response.status === 'incomplete') seen.incomplete += 1
      }),
    )
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0)
  })

  test('in any order says the same as in one piece', () => {
    let reordered = 0
    fc.assert(
      fc.property(unusual, ended, (chunks, how) => {
        const { bytes, all } = tellStream(chunks, how)
        const response = assembleResponse(eventsOf(bytes))
        const whole = tellWhole(all, how)
        expect(saidIn(response.output)).toEqual(saidIn(whole.output))
        expect(response.status).toBe(whole.status)
        if (!isDeepStrictEqual(response.output, whole.output)) reordered += 1
      }),
    )
    expect(reordered).toBeGreaterThan(0)
  })

  test('that breaks off anywhere says so as the next event, whatever was prepared', () => {
    let begun = 0
    fc.assert(
      fc.property(unusual, fc.nat(), fc.boolean(), (chunks, at, prepared) => {
        const dialect = startDialect()
        const told = chunks
          .slice(0, at % (chunks.length + 1))
          .map((one) => dialect.chunk(Buffer.from(sse(one))))
        if (prepared) dialect.closing(usage, 'complete')
        const failed = dialect.failed({ reason: 'upstream_stalled' }, 'req_1')
        const events = eventsOf(Buffer.concat([...told, failed]).toString())
        const { output, status, error } = assembleResponse(events)
        expect({ status, error: error?.code }).toEqual({ status: 'failed', error: 'server_error' })
        expect(events.at(-2)).toMatchObject({ type: 'error', code: 'upstream_stalled' })
        if (output.length > 0) begun += 1
      }),
    )
    expect(begun).toBeGreaterThan(0)
  })
})
