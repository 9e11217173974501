import { expect, test } from 'vitest'
import {
  bodyForEngine,
  readAsked,
  type SignedEndpoint,
} from '../../../src/contributor/asked-answer.ts'
import { promptTokensAtMost } from '../../../src/domain/prompt-bound.ts'
import { parseChatBody } from '../../../src/http/openai-schema.ts'

const chat = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] }

function asked(fields: object, endpoint: SignedEndpoint = 'chat/completions') {
  const read = readAsked(endpoint, Buffer.from(JSON.stringify(fields)))
  if (!read.ok) throw new Error(read.error.code)
  return read.value
}
const forEngine = (fields: object, terms: { completionTokensMax?: number; seed?: number } = {}) =>
  bodyForEngine(asked(fields), { completionTokensMax: undefined, seed: undefined, ...terms })

test('what it needs of a chat', () => {
  expect(asked(chat)).toMatchObject({ model: 'm', stream: false, choiceCount: 1, isEchoed: false })
  expect(asked({ ...chat, stream: true, n: 3 })).toMatchObject({ stream: true, choiceCount: 3 })
})

test('prompts are texts, token ids, or a list of either', () => {
  const completion = (prompt: unknown) =>
    asked({ model: 'm', prompt, n: 2, echo: true }, 'completions')
  expect(completion('ab')).toMatchObject({ choiceCount: 2, isEchoed: true })
  expect(completion([1, 2, 3]).prompt).toMatchObject({ promptCount: 1, promptBytes: 3 })
  expect(completion(['ab', 'cde'])).toMatchObject({
    choiceCount: 4,
    prompt: { promptCount: 2, promptBytes: 5, messageCount: 2 },
  })
  expect(completion([[1, 2], [3]]).prompt).toMatchObject({ promptCount: 2, promptBytes: 3 })
  const vectors = asked({ model: 'm', input: ['a', 'b'], stream: true, n: 9 }, 'embeddings')
  expect(vectors).toMatchObject({ choiceCount: 2, stream: false })
})

test.each<[object, string]>([
  [{ messages: [] }, 'missing_required_parameter'],
  [{ ...chat, n: 0 }, 'invalid_value'],
  [{ ...chat, n: 1.5 }, 'invalid_value'],
  [{ ...chat, n: '2' }, 'invalid_value'],
  [[], 'invalid_json'],
])('%j is refused', (fields, code) => {
  const read = readAsked('chat/completions', Buffer.from(JSON.stringify(fields)))
  expect(read).toMatchObject({ ok: false, error: { code, status: 400 } })
})

test('no prompts, too many, and what cannot be parsed without harm', () => {
  const completions = (prompt: unknown) =>
    readAsked('completions', Buffer.from(JSON.stringify({ model: 'm', prompt })))
  expect(completions([]).ok).toBe(false)
  expect(completions(Array(129).fill('a')).ok).toBe(false)
  expect(completions(Array(128).fill('a')).ok).toBe(true)
  const deep = `{"model":"m","messages":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  expect(readAsked('chat/completions', Buffer.from(deep)).ok).toBe(false)
})

test('the engine gets the very bytes, but for what the agent needs of it', () => {
  const whole = { ...chat, temperature: 0.1 }
  const read = asked(whole)
  expect(bodyForEngine(read, { completionTokensMax: undefined, seed: undefined })).toBe(read.body)
  const text = (fields: object, terms?: Parameters<typeof forEngine>[1]) =>
    JSON.parse(forEngine(fields, terms).toString())
  expect(text(whole)).toEqual(whole)
  expect(text({ ...chat, stream: true })).toEqual({
    ...chat,
    stream: true,
    stream_options: { include_usage: true },
  })
  const options = { continuous_usage_stats: true, include_usage: false }
  expect(text({ ...chat, stream: true, stream_options: options })).toMatchObject({
    stream_options: { continuous_usage_stats: true, include_usage: true },
  })
  expect(text(chat, { completionTokensMax: 9, seed: 7 })).toEqual({
    ...chat,
    max_tokens: 9,
    seed: 7,
  })
  const bounded = { ...chat, max_completion_tokens: 3, seed: 0 }
  expect(text(bounded, { completionTokensMax: 9, seed: 7 })).toEqual(bounded)
})

test('a number that JavaScript cannot hold reaches the engine as it was written', () => {
  const body = Buffer.from('{"model":"m","messages":[],"seed":12345678901234567890,"stream":true}')
  const read = readAsked('chat/completions', body)
  if (!read.ok) throw new Error(read.error.code)
  const sent = bodyForEngine(read.value, { completionTokensMax: 5, seed: 1 }).toString()
  expect(sent).toContain('"seed":12345678901234567890')
})

test('its bound of a prompt is the one that a gateway holds by, or less', () => {
  const user = (content: unknown) => ({ model: 'm', messages: [{ role: 'user', content }] })
  const bodies = [
    user('Hi'),
    user('Zürich 🌧'.repeat(50)),
    user([
      { type: 'text', text: 'one' },
      { type: 'text', text: 'two' },
    ]),
    user([
      { type: 'text', text: 'what is it' },
      { type: 'image_url', image_url: { url: 'x' } },
    ]),
    {
      model: 'm',
      messages: [
        { role: 'system', content: 'a', name: 'b' },
        { role: 'user', content: 'c' },
      ],
    },
    { ...user('Hi'), tools: [{ type: 'function', function: { name: 'f' } }] },
    { ...user('Hi'), response_format: { type: 'json_object' } },
    { ...user('Hi'), documents: ['that some engines render'] },
  ]
  let equal = 0
  for (const body of bodies) {
    const gateway = parseChatBody(Buffer.from(JSON.stringify(body)))
    if (!gateway.ok) throw new Error(gateway.error.reason)
    const most = promptTokensAtMost(gateway.value, 4096)
    const own = promptTokensAtMost(asked(body).prompt, 4096)
    expect(own).toBeLessThanOrEqual(most)
    if (own === most) equal += 1
  }
  // All but the one with a member that nobody knows.
  expect(equal).toBe(bodies.length - 1)
})
