/*
 * What the client libraries ask beside chats: embeddings, plain completions, images, speech and transcripts, by the Vercel AI
 * SDK and LangChain, unmodified. The `openai` client has its own tests of each endpoint.
 */
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { OpenAIEmbeddings, OpenAI as OpenAITexts } from '@langchain/openai'
import {
  APICallError,
  embed,
  embedMany,
  generateImage,
  generateSpeech,
  generateText,
  streamText,
  transcribe,
} from 'ai'
import { RateLimitError } from 'openai'
import { afterAll, describe, expect, test } from 'vitest'
import {
  answerJson,
  base64Of,
  embeddingList,
  offeredAt,
  streamTexts,
  textChoice,
  textCompletion,
} from '../support/endpoint-answers.ts'
import { wavOf } from '../support/recordings.ts'
import { answerStatus, type Script, usageObject } from '../support/scripted-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

// Its warnings are of what this endpoint never had.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false })

const everything = offeredAt(
  ...(['completions', 'embeddings', 'images/generations'] as const),
  ...(['audio/speech', 'audio/transcriptions'] as const),
)
const { upstream, gateway, newEntries, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [{ id: 'one', baseUrl, offer: everything }],
}))
afterAll(close)

const place = () => ({ baseURL: `${gateway.origin}/v1`, apiKey: gateway.apiKey })
const openai = () => createOpenAI(place())
const compatible = () => createOpenAICompatible({ name: 'vouch', includeUsage: true, ...place() })
const configuration = () => ({ configuration: { baseURL: `${gateway.origin}/v1` } })

/** One receipt, for so many of whatever is counted. */
async function expectPaid(units: number): Promise<void> {
  const { receipts } = await newEntries()
  expect(receipts.map(({ receipt }) => receipt.work.completionTokens)).toEqual([units])
}

const busy = answerStatus(429, '{}', { 'retry-after': '0' })

describe('embeddings', () => {
  const models = {
    '@ai-sdk/openai': () => openai().textEmbeddingModel('m'),
    '@ai-sdk/openai-compatible': () => compatible().textEmbeddingModel('m'),
  }

  test.each(Object.entries(models))('%s: one, many, and their usage', async (_name, model) => {
    upstream.become(answerJson(embeddingList([[0.5, -1]])))
    const one = await embed({ model: model(), value: 'text' })
    expect(one.embedding).toEqual([0.5, -1])
    expect(one.usage.tokens).toBe(4)
    await expectPaid(1)
    upstream.become(answerJson(embeddingList([[1], [2], [3]])))
    const { embeddings } = await embedMany({ model: model(), values: ['a', 'b', 'c'] })
    expect(embeddings).toEqual([[1], [2], [3]])
    expect(upstream.requests[0]?.json).toMatchObject({ model: 'm', input: ['a', 'b', 'c'] })
    await expectPaid(3)
  })

  test.each(Object.entries(models))(
    '%s: its error, asked as often as it says',
    async (_name, model) => {
      upstream.become(busy)
      const raised = await embed({ model: model(), value: 'x', maxRetries: 0 }).catch(
        (error: unknown) => error,
      )
      if (!APICallError.isInstance(raised)) throw new Error('no APICallError', { cause: raised })
      expect(raised).toMatchObject({ statusCode: 429, isRetryable: true })
      expect(raised.message).toContain('at their limits')
      expect(upstream.requests).toHaveLength(1)
      await newEntries()
    },
  )

  test('@langchain/openai: one and many, whichever form it asks for', async () => {
    const embeddings = new OpenAIEmbeddings({
      model: 'm',
      apiKey: gateway.apiKey,
      ...configuration(),
    })
    upstream.become(answerJson(embeddingList([base64Of([0.5, -1])])))
    expect(await embeddings.embedQuery('text')).toEqual([0.5, -1])
    await expectPaid(1)
    upstream.become(answerJson(embeddingList([[1], [2]])))
    expect(await embeddings.embedDocuments(['a', 'b'])).toEqual([[1], [2]])
    await expectPaid(2)
  })

  test('@langchain/openai: its error', async () => {
    const options = { model: 'm', apiKey: gateway.apiKey, maxRetries: 0, ...configuration() }
    upstream.become(busy)
    await expect(new OpenAIEmbeddings(options).embedQuery('x')).rejects.toThrow(RateLimitError)
    expect(upstream.requests).toHaveLength(1)
    await newEntries()
  })

  test('who leaves is not worked for', async () => {
    upstream.become(() => {})
    const abort = new AbortController()
    const asked = embed({
      model: openai().textEmbeddingModel('m'),
      value: 'x',
      abortSignal: abort.signal,
    })
    const request = await upstream.nextRequest()
    abort.abort()
    await expect(asked).rejects.toThrow()
    await request.left
    expect((await newEntries()).receipts).toEqual([])
  })
})

describe('plain completions', () => {
  const words = ['Once', ' upon', ' a time']
  const tell: Script = (request, response) =>
    request.json['stream'] === true
      ? streamTexts(
          words.map((word) => [0, word]),
          usageObject(1, 3),
        )(request, response)
      : answerJson(textCompletion([textChoice(0, words.join(''))], usageObject(1, 3)))(
          request,
          response,
        )
  const models = {
    '@ai-sdk/openai': () => openai().completion('m'),
    '@ai-sdk/openai-compatible': () => compatible().completionModel('m'),
  }

  test.each(Object.entries(models))('%s: in one piece and streamed', async (_name, model) => {
    upstream.become(tell)
    const whole = await generateText({ model: model(), prompt: 'Tell.', maxOutputTokens: 9 })
    expect(whole.text).toBe('Once upon a time')
    expect(whole.usage).toMatchObject({ inputTokens: 1, outputTokens: 3 })
    const streamed = streamText({ model: model(), prompt: 'Tell.', maxOutputTokens: 9 })
    expect(await Array.fromAsync(streamed.textStream)).toEqual(words)
    expect(await streamed.usage).toMatchObject({ inputTokens: 1, outputTokens: 3 })
    expect(upstream.requests.map(({ path }) => path)).toEqual([
      '/v1/completions',
      '/v1/completions',
    ])
    expect((await newEntries()).receipts).toHaveLength(2)
  })

  test('@langchain/openai: in one piece and streamed', async () => {
    upstream.become(tell)
    const model = new OpenAITexts({
      model: 'm',
      apiKey: gateway.apiKey,
      maxTokens: 9,
      ...configuration(),
    })
    expect(await model.invoke('Tell.')).toBe('Once upon a time')
    const pieces = await Array.fromAsync(await model.stream('Tell.'))
    expect(pieces.join('')).toBe('Once upon a time')
    expect(pieces.filter((piece) => piece !== '')).toEqual(words)
    expect((await newEntries()).receipts).toHaveLength(2)
  })
})

describe('pictures and sound', () => {
  test('the AI SDK makes an image', async () => {
    const bytes = Buffer.from('an image')
    upstream.become(answerJson({ created: 1, data: [{ b64_json: bytes.toString('base64') }] }))
    const { image } = await generateImage({ model: openai().image('m'), prompt: 'a cat' })
    expect(Buffer.from(image.uint8Array)).toEqual(bytes)
    await expectPaid(1)
  })

  test('the AI SDK speaks', async () => {
    const sound = Buffer.from([0xff, 0xfb, 0x90, 0x00])
    upstream.become((_request, response) => {
      response.writeHead(200, { 'content-type': 'audio/mpeg' })
      response.end(sound)
    })
    const { audio } = await generateSpeech({ model: openai().speech('m'), text: 'Hello' })
    expect(Buffer.from(audio.uint8Array)).toEqual(sound)
    await expectPaid(5)
  })

  test('the AI SDK writes down what was said', async () => {
    upstream.become(answerJson({ text: 'Hello', usage: { type: 'duration', seconds: 2 } }))
    const { text } = await transcribe({ model: openai().transcription('m'), audio: wavOf(2) })
    expect(text).toBe('Hello')
    await expectPaid(2)
  })
})
