/*
 * What each engine says on the wire, through a whole gateway to OpenAI's own client: the answer, why it ended, the tools it
 * calls, what it thought, and the tokens that are charged. Shapes are those of the engines' documentation
 * (test/fixtures/engines); docs/engines.md says which engines were tried for real.
 */
import OpenAI from 'openai'
import { afterAll, describe, expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { followBooks } from '../support/books.ts'
import { engineKinds } from '../support/engine-records.ts'
import { startFixtureEngine } from '../support/fixture-engine.ts'
import { startGatewayOnLedger } from '../support/gateway-on-ledger.ts'

const messages = [
  { role: 'system' as const, content: 'You answer in one short sentence, whatever you are asked.' },
  { role: 'user' as const, content: 'Where does rain fall? And what is the weather in Zürich?' },
]
const tools = [
  {
    type: 'function' as const,
    function: { name: 'get_weather', parameters: { type: 'object', properties: {} } },
  },
]

describe.each(engineKinds)('%s', async (kind) => {
  const engine = await startFixtureEngine(kind)
  const { record } = engine
  const gateway = await startGatewayOnLedger({
    upstreams: [
      {
        id: 'engine',
        baseUrl: engine.baseUrl,
        offer: { modelName: 'm', upstreamModelName: record.model },
      },
    ],
  })
  const newEntries = followBooks(gateway)
  afterAll(async () => {
    await gateway.stop()
    await engine.close()
  })
  const client = new OpenAI({
    apiKey: gateway.apiKey,
    baseURL: `${gateway.origin}/v1`,
    maxRetries: 0,
  })
  const asked = { model: 'm', messages, tools }

  describe.each(Object.entries(record.answers))('%s', (name, said) => {
    const [prompt_tokens, cached_tokens, completion_tokens] = said.usage
    const usage = {
      prompt_tokens,
      completion_tokens,
      total_tokens: prompt_tokens + completion_tokens,
    }

    async function expectCharged(): Promise<void> {
      const { receipts } = await newEntries()
      expect(receipts.map(({ receipt }) => receipt.work)).toMatchObject([
        {
          status: 0,
          promptTokens: prompt_tokens,
          cachedPromptTokens: cached_tokens,
          completionTokens: completion_tokens,
        },
      ])
      expect(receipts[0]?.usage.source).toBe('reported')
    }

    function expectSaid(choice: OpenAI.ChatCompletion.Choice | undefined): void {
      expect(choice?.finish_reason).toBe(said.finish)
      expect(choice?.message.content ?? '').toBe(said.content)
      const calls = choice?.message.tool_calls ?? []
      expect(calls.map((call) => 'function' in call && Object.values(call.function))).toHaveLength(
        said.tool === undefined ? 0 : 1,
      )
      if (said.tool === undefined) return
      const [name, arguments_] = said.tool
      expect(calls[0]).toMatchObject({ type: 'function', function: { name } })
      const { function: called } = calls[0] as { readonly function: { arguments: string } }
      expect(JSON.parse(called.arguments)).toEqual(JSON.parse(arguments_))
    }

    test('whole', async () => {
      engine.answer(name)
      const completion = await client.chat.completions.create(asked)
      expectSaid(completion.choices[0])
      expect(thoughtIn(completion.choices[0]?.message)).toBe(said.reasoning ?? '')
      expect(completion.usage).toMatchObject(usage)
      await expectCharged()
    })

    test('streamed', async () => {
      engine.answer(name)
      let thought = ''
      let told: OpenAI.CompletionUsage | null | undefined
      const streamed = client.chat.completions
        .stream({ ...asked, stream_options: { include_usage: true } })
        .on('chunk', (chunk) => {
          thought += thoughtIn(chunk.choices[0]?.delta)
          told = chunk.usage
        })
      const completion = await streamed.finalChatCompletion()
      expectSaid(completion.choices[0])
      expect(thought).toBe(said.reasoning ?? '')
      // Not what the client put together: it forgets usage where an engine's answers have an empty id, as TGI's have.
      expect(told).toMatchObject(usage)
      await expectCharged()
    })

    test('streamed to a reader of bytes: data alone, each event for a client, and usage once', async () => {
      engine.answer(name)
      const answer = await ask(gateway, {
        ...asked,
        stream: true,
        stream_options: { include_usage: true },
      })
      expect(answer).toMatchObject({ status: 200, content: said.content, done: true })
      expect(answer.text).not.toMatch(/^(:|event|id|retry)/m)
      const told = answer.events.slice(0, -1).map((event) => JSON.parse(event))
      expect(told.filter((chunk) => chunk.usage != null)).toHaveLength(1)
      expect(told.at(-1)).toMatchObject({ choices: [], usage })
      await expectCharged()
    })
  })

  test('what breaks off says so, in our words, and costs nothing', async () => {
    engine.answer('text')
    engine.stream(record.broken.file)
    const answer = await ask(gateway, { ...asked, stream: true })
    expect(answer).toMatchObject({ status: 200, content: record.broken.words, done: false })
    expect(answer.error?.['code']).toMatch(
      /^upstream_(unavailable|bad_response|stream_interrupted)$/,
    )
    expect(await newEntries()).toMatchObject({ chargedAmount: 0n })
  })

  test.each(Object.keys(record.failures))('%s is told as what it is', async (name) => {
    engine.fail(name)
    for (const stream of [false, true]) {
      const { status, error } = await ask(gateway, { ...asked, stream })
      expect({ status, code: error?.['code'] }).toEqual(toldOf[`${kind} ${name}`] ?? toldOf[name])
      expect(await newEntries()).toMatchObject({ receipts: [], chargedAmount: 0n })
      gateway.pool.readmit('engine')
    }
  })

  const { empty, overloadedStream } = record

  test.each(listed(empty))('a stream that is whole and empty is handed on, free', async (odd) => {
    engine.answer('text')
    engine.stream(odd.file)
    const answer = await ask(gateway, { ...asked, stream: true })
    expect(answer).toMatchObject({ status: 200, content: '', done: true, error: undefined })
    expect(await newEntries()).toMatchObject({ chargedAmount: 0n })
  })

  test.each(listed(overloadedStream))(
    'a stream that begins with its refusal is one',
    async (odd) => {
      engine.answer('text')
      engine.stream(odd.file)
      const { status, error } = await ask(gateway, { ...asked, stream: true })
      expect({ status, code: error?.['code'] }).toEqual(toldOf['overloaded'])
      expect(await newEntries()).toMatchObject({ receipts: [], chargedAmount: 0n })
      gateway.pool.readmit('engine')
    },
  )

  test('a caller who leaves in mid-stream frees the engine', async () => {
    engine.answer('text')
    const hold = engine.holdBefore(4)
    const leaving = new AbortController()
    await client.chat.completions.create({ ...asked, stream: true }, { signal: leaving.signal })
    await hold.reached
    leaving.abort()
    await expect(engine.requests.at(-1)?.left).resolves.toBeUndefined()
    hold.release()
    const { log } = await newEntries()
    expect(log.map(({ outcome }) => outcome)).toEqual(['client_gone'])
  })
})

const toldOf: Readonly<Record<string, unknown>> = {
  tooLong: { status: 400, code: 'context_length_exceeded' },
  unknownModel: { status: 502, code: 'upstream_bad_response' },
  overloaded: { status: 503, code: 'upstream_unavailable' },
  'tgi overloaded': { status: 429, code: 'capacity_exhausted' },
}

/** Not every engine is known for each oddity. */
const listed = <T>(known: T | undefined): readonly T[] => (known === undefined ? [] : [known])

/** Reasoning stands beside the answer under one of two names. */
const thoughtIn = (message: object | undefined): string => {
  const { reasoning, reasoning_content } = (message ?? {}) as Record<string, string | undefined>
  return reasoning_content ?? reasoning ?? ''
}
