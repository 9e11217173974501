import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { isCut, measureEngine } from '../../../src/contributor/measure-engine.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

type Asked = {
  readonly messages: readonly { readonly content: string }[]
  readonly max_tokens: number
}

/** An engine whose prompts have two tokens a word and five more, and that reads `contextTokens` of them. */
async function startCountingEngine(
  contextTokens: number,
  events: (usage: object, asked: Asked) => readonly object[] = wordsAndUsage,
): Promise<{ readonly baseUrl: string; readonly asked: Asked[] }> {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Asked
    asked.push(body)
    const words = body.messages[0]?.content.split(' ').length ?? 0
    const prompt_tokens = Math.min(5 + 2 * words, contextTokens)
    const usage = { prompt_tokens, completion_tokens: Math.min(body.max_tokens, 33) }
    response.end(
      [...events(usage, body).map((event) => JSON.stringify(event)), '[DONE]']
        .map((data) => `data: ${data}\n\n`)
        .join(''),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked }
}

const wordsAndUsage = (usage: object): readonly object[] => [
  { choices: [{ delta: { role: 'assistant' } }] },
  { choices: [{ delta: { reasoning_content: 'hm' } }] },
  { choices: [{ delta: { content: 'tree' } }] },
  { choices: [], usage },
]

/** A clock that is a tenth of a second later at each look. */
function steppingClock(): () => number {
  let nowMs = 0
  return () => {
    nowMs += 100
    return nowMs
  }
}

const measure = (baseUrl: string, contextTokensMax: number) =>
  measureEngine({
    ...{ baseUrl, apiKey: undefined, model: 'm', contextTokensMax },
    nowMs: steppingClock(),
  })

test('speeds are of the tokens that were counted, and four fifths of the context are tried', async () => {
  const { baseUrl, asked } = await startCountingEngine(2000)
  const measured = await measure(baseUrl, 2000)
  // From the request to the first of two events with tokens: one step; between the two another.
  expect(measured).toEqual({
    ok: true,
    value: {
      firstTokenMs: 100,
      completionTokensPerSecond: 320,
      promptTokensPerSecond: 15_990,
      context: { sentTokens: 1599, readTokens: 1599 },
    },
  })
  expect(measured.ok && isCut(measured.value)).toBe(false)
  // What an engine remembers of one prompt says nothing of the next.
  expect(new Set(asked.map(({ messages }) => messages[0]?.content.split(' ')[0])).size).toBe(3)
  expect(asked.map(({ max_tokens }) => max_tokens)).toEqual([64, 1, 1])
})

test('an engine that cuts prompts is found out, and a very long context is tried in part', async () => {
  const short = await startCountingEngine(512)
  const cut = await measure(short.baseUrl, 4096)
  expect(cut.ok && isCut(cut.value)).toBe(true)
  expect(cut.ok && cut.value.context).toEqual({ sentTokens: 3275, readTokens: 512 })
  const long = await startCountingEngine(131_072)
  const tried = await measure(long.baseUrl, 131_072)
  expect(tried.ok && tried.value.context.sentTokens).toBeLessThan(8192)
  expect(tried.ok && isCut(tried.value)).toBe(false)
})

test('no count, an error in band, a refusal and nobody are told in one line', async () => {
  const silent = await startCountingEngine(2000, () => [{ choices: [{ delta: { content: 'a' } }] }])
  expect(await measure(silent.baseUrl, 2000)).toEqual({
    ok: false,
    error: 'it does not count the tokens of prompts',
  })
  const broken = await startCountingEngine(2000, () => [
    { error: { message: 'out\nof \u001b[2Jmemory' } },
  ])
  expect(await measure(broken.baseUrl, 2000)).toEqual({ ok: false, error: 'out of  [2Jmemory' })
  const server = createServer((_request, response) => {
    response.writeHead(404).end(JSON.stringify({ error: { message: 'no such model' } }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  expect(await measure(baseUrl, 2000)).toEqual({
    ok: false,
    error: 'it answers 404: no such model',
  })
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  expect(await measure(baseUrl, 2000)).toEqual({ ok: false, error: 'it broke the connection' })
})
