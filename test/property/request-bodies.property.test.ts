/*
 * Whatever a caller sends as a request: it is answered or refused, never a 500; what is refused leaves no trace; what is
 * answered reached the upstream as it was sent, each number and each escape, but for the members that are ours.
 */
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { jsonDepthMax } from '../../src/base/limits.ts'
import { type Answer, askBody } from '../support/ask.ts'
import { answerWell } from '../support/scripted-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const seed = 20_261_122

const { upstream, gateway, newEntries, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [
    {
      id: 'one',
      baseUrl,
      offer: { contextTokensMax: 100_000, completionTokensMax: 9 },
    },
  ],
}))
afterAll(close)

/** Values as JSON text, among them those that JavaScript cannot hold. */
const anyScalar = fc.oneof(
  fc.constantFrom('null', 'true', 'false', '0', '-0', '1.0', '1e2', '-1.5E-3'),
  fc.constantFrom('9007199254740993', '12345678901234567890', '1e400', '0.1234567890123456789'),
  fc.constantFrom('"\\ud800"', '"\\udc00\\ud800"', '"\\u0041"', '"\\/"', '"ü€💶"', '"\\u2028"'),
  fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => JSON.stringify(text)),
)
const anyName = fc.constantFrom(
  '"made_up"',
  '"__proto__"',
  '"constructor"',
  '"toString"',
  '"7"',
  '"-1"',
  '"é"',
  '""',
)
const { value: anyValue } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    anyScalar,
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc
      .uniqueArray(fc.tuple(anyName, tie('value')), { maxLength: 3, selector: ([name]) => name })
      .map((members) => `{${members.map((member) => member.join(':')).join(' ,')}}`),
  ),
}))
const anyExtra = fc.uniqueArray(fc.tuple(anyName, anyValue), {
  maxLength: 3,
  selector: ([name]) => name,
})

/** Members of OpenAI's own, each absent or with a value that is accepted; some of them spelled oddly. */
const anyKnown = fc
  .tuple(
    fc.constantFrom('', '"max_tokens":5', '"max_completion_tokens": 5', '"max_tokens":null'),
    fc.constantFrom('', '"stream":false', '"stream" : true', '"str\\u0065am":true'),
    fc.constantFrom('', '"seed":9007199254740993', '"logit_bias":{"50256":-100,"7":1.0}'),
    fc.constantFrom('', '"routing":{"sort":"price"}', '"attestation":{"mode":"none"}'),
    fc.constantFrom('"n":1', '"temperature":1.0', '"user":"\\ud800"', '"stop":null'),
  )
  .map((members) => members.filter((member) => member !== ''))
const anyUsageAsked = fc.constantFrom(
  '"stream":true,"stream_options":{"include_usage":true}',
  '"stream":true,"stream_options":{"include_usage":false,"made_up":1e400}',
  '"stream":true,"stream_options":null',
)
const anyMessages = fc.oneof(
  anyScalar.map((text) => `[{"role":"user","content":${text.startsWith('"') ? text : 'null'}}]`),
  anyValue.map((extra) => `[{"role":"user","content":"hi","made_up":${extra}}]`),
  fc.constant('[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:,"}}]}]'),
)
const anyBody = fc
  .tuple(anyMessages, anyKnown, fc.option(anyUsageAsked, { nil: '' }), anyExtra, fc.nat(20))
  .map(([messages, known, usage, extra, turn]) => {
    const members = [
      '"model":"m"',
      `"messages":${messages}`,
      ...(usage === '' ? known : known.filter((member) => !member.includes('am"'))),
      ...(usage === '' ? [] : [usage]),
      ...extra.map((member) => member.join(' : ')),
    ]
    const at = turn % members.length
    return `{${[...members.slice(at), ...members.slice(0, at)].join(',')}}`
  })

/** JSON with every text and number as it was spelled; only the names of members are read. */
function spelled(json: string): Record<string, unknown> {
  const keepSource = (_name: string, value: unknown, context: { readonly source?: string }) =>
    context.source ?? value
  return JSON.parse(json, keepSource as Parameters<typeof JSON.parse>[1])
}

const known = (body: string) =>
  JSON.parse(body) as {
    readonly stream?: unknown
    readonly stream_options?: { readonly include_usage?: unknown } | null
    readonly max_tokens?: unknown
    readonly max_completion_tokens?: unknown
    readonly routing?: unknown
    readonly attestation?: unknown
  }

/** What the upstream must have got for this body. */
function expectForwarded(body: string, forwarded: string): void {
  const { routing, attestation, ...rest } = known(body)
  const bounded = (rest.max_tokens ?? rest.max_completion_tokens) != null
  const metered = rest.stream !== true || rest.stream_options?.include_usage === true
  if (bounded && metered && routing === undefined && attestation === undefined) {
    expect(forwarded).toBe(body)
    return
  }
  const sent = spelled(body)
  const expected = new Map(Object.entries(sent))
  expected.delete('routing')
  expected.delete('attestation')
  if (!bounded) expected.set('max_tokens', '9')
  if (!metered) {
    const options = sent['stream_options'] as Record<string, unknown> | 'null' | undefined
    const asked = typeof options === 'object' ? options : {}
    expected.set('stream_options', { ...asked, include_usage: 'true' })
  }
  expect(new Map(Object.entries(spelled(forwarded)))).toEqual(expected)
}

function expectError(answer: Answer): void {
  expect(answer.status, answer.text).toBeOneOf([400, 404])
  const members = Object.keys(answer.error ?? {})
  expect(members).toEqual(['message', 'type', 'param', 'code', 'request_id'])
  expect(upstream.requests).toHaveLength(0)
}

/** Asks, and looks at what must hold for either outcome. Answers whether it was accepted. */
async function judge(body: string | Uint8Array<ArrayBuffer>): Promise<boolean> {
  upstream.become(answerWell(['x']))
  const answer = await askBody(gateway, body)
  if (answer.status !== 200) {
    expectError(answer)
    return false
  }
  expect(answer.error).toBeUndefined()
  expect(upstream.requests).toHaveLength(1)
  const forwarded = upstream.requests[0]?.body.toString() ?? ''
  expectForwarded(Buffer.from(body).toString(), forwarded)
  return true
}

/** Nothing is held, and there is a receipt for each answer and for nothing else. */
async function expectReceipts(accepted: number): Promise<void> {
  const { receipts } = await newEntries()
  expect(receipts).toHaveLength(accepted)
}

test('valid bodies reach the upstream as they were sent', async () => {
  const counts = { accepted: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(anyBody, async (body) => {
      counts[(await judge(body)) ? 'accepted' : 'refused'] += 1
    }),
    { numRuns: 600, seed },
  )
  await expectReceipts(counts.accepted)
  expect(counts.accepted).toBeGreaterThan(500)
})

test('bodies that were changed anywhere are answered or refused, never a 500', async () => {
  const anyChange = fc.record({
    at: fc.nat(1000),
    remove: fc.constantFrom(0, 0, 1, 2, 10),
    insert: fc.oneof(
      fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', 'e', ' ', '\u0000'),
      fc.constantFrom('null', '"a":1,', ',"a":1', '"model":"m",', '\\u0000', '\ufeff', '1e999'),
      anyValue,
      fc
        .constantFrom(jsonDepthMax - 3, jsonDepthMax, 5000)
        .map((levels) => `${'['.repeat(levels)}${']'.repeat(levels)}`),
    ),
  })
  const counts = { accepted: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(
      anyBody,
      fc.array(anyChange, { minLength: 1, maxLength: 3 }),
      async (body, changes) => {
        const changed = changes.reduce((text, { at, remove, insert }) => {
          const position = Math.floor((at * text.length) / 1000)
          return text.slice(0, position) + insert + text.slice(position + remove)
        }, body)
        counts[(await judge(changed)) ? 'accepted' : 'refused'] += 1
      },
    ),
    { numRuns: 1200, seed },
  )
  await expectReceipts(counts.accepted)
  expect(counts.accepted).toBeGreaterThan(40)
  expect(counts.refused).toBeGreaterThan(600)
})

test('bodies with bytes that are no text are refused, and leave no trace', async () => {
  const counts = { accepted: 0, refused: 0 }
  const anyBytes = fc.uint8Array({ minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(anyBody, anyBytes, fc.nat(1000), async (body, noise, at) => {
      const bytes = Buffer.from(body)
      const position = Math.floor((at * bytes.length) / 1000)
      const changed = Buffer.concat([
        bytes.subarray(0, position),
        noise.map((byte) => byte | 0x80),
        bytes.subarray(position),
      ])
      counts[(await judge(changed)) ? 'accepted' : 'refused'] += 1
    }),
    { numRuns: 300, seed },
  )
  await expectReceipts(counts.accepted)
  expect(counts.refused).toBeGreaterThan(200)
})

test('values of a wrong type or size are refused by name, and leave no trace', async () => {
  const names = ['model', 'messages', 'stream', 'stream_options', 'n', 'max_tokens', 'temperature']
  const anyMember = fc.oneof(anyValue, fc.constantFrom('1', '0.5', 'true', 'null', '"m"'))
  const counts = { accepted: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), anyMember, async (name, value) => {
      const rest = names.slice(0, 2).filter((other) => other !== name)
      const given = { model: '"m"', messages: '[{"role":"user","content":"x"}]' }
      const members = rest.map((other) => `"${other}":${given[other as keyof typeof given]}`)
      const accepted = await judge(`{${[...members, `"${name}":${value}`].join(',')}}`)
      counts[accepted ? 'accepted' : 'refused'] += 1
    }),
    { numRuns: 600, seed },
  )
  await expectReceipts(counts.accepted)
  expect(counts.accepted).toBeGreaterThan(30)
  expect(counts.refused).toBeGreaterThan(300)
})
