/*
 * Moderations, images and audio through a whole gateway: the `openai` client, unmodified, and what its answers cost.
 */
import OpenAI, { toFile } from 'openai'
import { afterAll, describe, expect, test } from 'vitest'
import { deliveredHash } from '../../src/attestation/content-hash.ts'
import { keccak256, keccak256Utf8 } from '../../src/chain/keccak.ts'
import { type Answer, askPath } from '../support/ask.ts'
import { answerJson, offeredAt } from '../support/endpoint-answers.ts'
import { startGatewayOnLedger } from '../support/gateway-on-ledger.ts'
import { wavOf } from '../support/recordings.ts'
import { answerStatus, type Script, startScriptedUpstream } from '../support/scripted-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const everything = offeredAt(
  ...(['moderations', 'images/generations', 'images/edits', 'audio/speech'] as const),
  ...(['audio/transcriptions', 'audio/translations'] as const),
)
const { upstream, gateway, newEntries, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [
    { id: 'one', baseUrl, offer: everything },
    {
      id: 'two',
      baseUrl,
      offer: {
        ...everything,
        modelName: 'tokens',
        unit: 'token',
        upstreamModelName: 'org/tokens',
      },
    },
    {
      id: 'three',
      baseUrl,
      offer: { ...everything, modelName: 'mapped', upstreamModelName: 'org/a-longer-name' },
    },
  ],
}))
afterAll(close)
const openai = new OpenAI({
  baseURL: `${gateway.origin}/v1`,
  apiKey: gateway.apiKey,
  maxRetries: 0,
})

const answerBytes =
  (bytes: Buffer, contentType: string): Script =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': contentType })
    response.end(bytes)
  }

const lastReceipt = async () => {
  const { receipts } = await newEntries()
  expect(receipts).toHaveLength(1)
  return receipts[0] ?? expect.fail('no receipt')
}

async function askForm(path: string, form: FormData | Buffer<ArrayBuffer>, contentType?: string) {
  const response = await fetch(`${gateway.origin}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${gateway.apiKey}`,
      ...(contentType !== undefined && { 'content-type': contentType }),
    },
    body: form,
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text }
}

describe('moderations', () => {
  test('texts, each with a verdict', async () => {
    const results = [{ flagged: false }, { flagged: true }]
    upstream.become(answerJson({ id: 'modr-1', model: 'm', results }))
    const answer = await openai.moderations.create({ model: 'm', input: ['a', 'b'] })
    expect(answer.results.map(({ flagged }) => flagged)).toEqual([false, true])
    const { receipt } = await lastReceipt()
    expect(receipt.work.completionTokens).toBe(2)
    expect(receipt.work.contentHash).toBe(
      deliveredHash(results.map((result) => Buffer.from(JSON.stringify(result)))),
    )
  })

  test('a text and a picture, with one', async () => {
    upstream.become(answerJson({ results: [{ flagged: false }] }))
    const url = 'https://pictures.example/1.png'
    await openai.moderations.create({
      model: 'm',
      input: [
        { type: 'text', text: 'a' },
        { type: 'image_url', image_url: { url } },
      ],
    })
    expect((await lastReceipt()).receipt.work.completionTokens).toBe(1)
  })

  test.each([
    ['no input', { input: undefined }, 'missing_required_parameter'],
    ['an empty list', { input: [] }, 'invalid_value'],
    ['texts and parts', { input: ['a', { type: 'text', text: 'b' }] }, 'invalid_type'],
    ['a number', { input: 1 }, 'invalid_type'],
  ])('%s is refused', async (_name, fields, code) => {
    const refused = await askPath(gateway, '/v1/moderations', { model: 'm', ...fields })
    expect(refused).toMatchObject({ status: 400, error: { code, param: 'input' } })
    expect((await newEntries()).receipts).toEqual([])
  })
})

describe('images', () => {
  const image = Buffer.from('an image').toString('base64')

  test('are paid one by one', async () => {
    upstream.become(answerJson({ created: 1, data: [{ b64_json: image }, { b64_json: image }] }))
    const { data } = await openai.images.generate({ model: 'm', prompt: 'a cat', n: 2 })
    expect(data?.map(({ b64_json: bytes }) => bytes)).toEqual([image, image])
    const { receipt } = await lastReceipt()
    expect(receipt.work.completionTokens).toBe(2)
    const bytes = Buffer.from('an image')
    expect(receipt.work.contentHash).toBe(deliveredHash([bytes, bytes]))
  })

  test('by tokens, where they are sold so, as far as the model goes', async () => {
    for (const [told, cost, source] of [
      [1_000, '2005', 'reported'],
      [1e9, '2053', 'corrected'],
    ] as const) {
      const usage = { input_tokens: 5, output_tokens: told, total_tokens: told + 5 }
      upstream.become(answerJson({ data: [{ b64_json: image }], usage }))
      await openai.images.generate({ model: 'tokens', prompt: 'a cat' })
      const { receipt, usage: charged } = await lastReceipt()
      expect({ cost: receipt.cost, source: charged.source }).toEqual({ cost, source })
    }
  })

  test('more than asked for, and none, are no answer', async () => {
    for (const data of [[{ b64_json: image }, { b64_json: image }], []]) {
      upstream.become(answerJson({ data }))
      const { status } = await askPath(gateway, '/v1/images/generations', {
        model: 'm',
        prompt: 'a cat',
      })
      expect(status).toBe(502)
    }
    expect((await newEntries()).chargedAmount).toBe(0n)
  })

  test('edits are asked for in a form, which the engine gets byte for byte', async () => {
    upstream.become(answerJson({ data: [{ url: 'https://pictures.example/2.png' }] }))
    await openai.images.edit({
      model: 'm',
      prompt: 'a hat',
      image: await toFile(Buffer.from('an image'), 'cat.png', { type: 'image/png' }),
    })
    const [asked] = upstream.requests
    expect(asked?.path).toBe('/v1/images/edits')
    const form = await new Response(Buffer.from(asked?.body ?? []), {
      headers: { 'content-type': String(asked?.headers['content-type']) },
    }).formData()
    expect(form.get('prompt')).toBe('a hat')
    const { receipt } = await lastReceipt()
    expect(receipt.work.inputHash).toBe(receipt.requestHash)
    expect(receipt.work.contentHash).toBe(keccak256Utf8('https://pictures.example/2.png'))
  })

  test.each([
    ['a stream', { stream: true }, 'stream', 'unsupported_parameter'],
    ['too many', { n: 11 }, 'n', 'invalid_value'],
    ['no prompt', { prompt: undefined }, 'prompt', 'missing_required_parameter'],
  ])('%s is refused', async (_name, fields, param, code) => {
    const path = '/v1/images/generations'
    const refused = await askPath(gateway, path, { model: 'm', prompt: 'a cat', ...fields })
    expect(refused).toMatchObject({ status: 400, error: { code, param } })
    expect((await newEntries()).receipts).toEqual([])
  })

  test('an edit of nothing, or in a stream, is refused', async () => {
    const fields = { model: 'm', prompt: 'a hat' }
    for (const [more, code] of [
      [{}, 'missing_required_parameter'],
      [{ image: new File(['x'], 'x.png'), stream: 'true' }, 'unsupported_parameter'],
      [{ image: new File(['x'], 'x.png'), n: 'many' }, 'invalid_type'],
    ] as const) {
      const form = new FormData()
      for (const [name, value] of Object.entries({ ...fields, ...more })) form.append(name, value)
      const { status, text } = await askForm('/v1/images/edits', form)
      expect({ status, code: JSON.parse(text).error.code }).toEqual({ status: 400, code })
    }
    expect((await newEntries()).receipts).toEqual([])
  })
})

describe('speech', () => {
  const sound = Buffer.from([0xff, 0xfb, 0x90, 0x00, 0x00, 0xff])

  test('is binary, and paid by the characters that are spoken', async () => {
    upstream.become(answerBytes(sound, 'audio/mpeg'))
    const answer = await openai.audio.speech.create({
      model: 'm',
      voice: 'alloy',
      input: 'Grüß 🐈',
    })
    expect(answer.headers.get('content-type')).toBe('audio/mpeg')
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(sound)
    expect(upstream.requests[0]?.json).toEqual({ model: 'm', voice: 'alloy', input: 'Grüß 🐈' })
    const { receipt } = await lastReceipt()
    expect(receipt.receiptId).toBe(answer.headers.get('x-vouch-receipt'))
    expect(receipt.work.completionTokens).toBe(6)
    expect(receipt.work.contentHash).toBe(keccak256(sound))
    expect(receipt.responseHash).toBe(receipt.work.outputHash)
  })

  test.each([
    ['too long', { input: 'x'.repeat(1_025) }, 'input', 'invalid_value'],
    ['nothing', { input: '' }, 'input', 'invalid_value'],
    ['events', { stream_format: 'sse' }, 'stream_format', 'unsupported_parameter'],
  ])('%s is refused', async (_name, fields, param, code) => {
    const refused = await askPath(gateway, '/v1/audio/speech', {
      model: 'm',
      input: 'a',
      ...fields,
    })
    expect(refused).toMatchObject({ status: 400, error: { code, param } })
    expect((await newEntries()).receipts).toEqual([])
  })

  test('what is no sound is no answer', async () => {
    for (const [bytes, type] of [
      [sound, 'text/html'],
      [Buffer.alloc(0), 'audio/mpeg'],
    ] as const) {
      upstream.become(answerBytes(bytes, type))
      expect((await askPath(gateway, '/v1/audio/speech', { model: 'm', input: 'a' })).status).toBe(
        502,
      )
    }
    expect((await newEntries()).chargedAmount).toBe(0n)
  })
})

describe('transcripts', () => {
  const recording = () => toFile(wavOf(2.5), 'voice.wav', { type: 'audio/wav' })

  test.each([
    ['says', { usage: { type: 'duration', seconds: 2.5 } }, 3, 'reported'],
    ['does not say', {}, 3, 'counted'],
    ['says too much', { usage: { type: 'duration', seconds: 1e9 } }, 3, 'corrected'],
  ])('of an engine that %s how long it was', async (_name, said, seconds, source) => {
    upstream.become(answerJson({ text: 'Hi.', ...said }))
    const file = await recording()
    const answer = await openai.audio.transcriptions.create({ model: 'm', file })
    expect(answer.text).toBe('Hi.')
    const { receipt, usage } = await lastReceipt()
    expect(receipt.work).toMatchObject({ promptTokens: 0, completionTokens: seconds })
    expect(receipt.cost).toBe(String(2 * seconds))
    expect(usage.source).toBe(source)
    expect(receipt.work.contentHash).toBe(keccak256Utf8('Hi.'))
    expect(receipt.work.inputHash).toBe(receipt.requestHash)
  })

  test('subtitles are plain text, and a translation is one, too', async () => {
    const subtitles = 'WEBVTT\n\n00:00.000 --> 00:02.000\nHi.\n'
    upstream.become(answerBytes(Buffer.from(subtitles), 'text/vtt'))
    const answer = await openai.audio.translations.create({
      model: 'm',
      file: await recording(),
      response_format: 'vtt',
    })
    expect(answer).toBe(subtitles)
    expect(upstream.requests[0]?.path).toBe('/v1/audio/translations')
    const { receipt } = await lastReceipt()
    expect(receipt.work.contentHash).toBe(keccak256Utf8(subtitles))
  })

  test('by tokens, where they are sold so', async () => {
    const usage = { type: 'tokens', input_tokens: 25, output_tokens: 3, total_tokens: 28 }
    upstream.become(answerJson({ text: 'Hi.', usage }))
    await openai.audio.transcriptions.create({ model: 'tokens', file: await recording() })
    expect((await lastReceipt()).receipt).toMatchObject({
      cost: '31',
      work: { promptTokens: 25, completionTokens: 3 },
    })
  })

  test("the model's name is mapped in the form, and not a byte else", async () => {
    upstream.become(answerJson({ text: 'Hi.', duration: 2.5 }))
    const boundary = 'xyz'
    const body = (model: string) =>
      Buffer.concat([
        Buffer.from(
          `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n`,
        ),
        wavOf(1),
        Buffer.from(
          `\r\n--${boundary}\r\nContent-Disposition: form-data; name="model"\r\n\r\n${model}\r\n--${boundary}--\r\n`,
        ),
      ])
    const type = `multipart/form-data; boundary=${boundary}`
    const { status } = await askForm('/v1/audio/transcriptions', body('mapped'), type)
    expect(status).toBe(200)
    expect(upstream.requests[0]?.body).toEqual(body('org/a-longer-name'))
    const { receipt } = await lastReceipt()
    expect(receipt.work.inputHash).not.toBe(receipt.requestHash)
  })

  test('a form that says two things is refused before anybody is asked', async () => {
    upstream.become(answerStatus(500, '{}'))
    const boundary = 'xyz'
    const field = (name: string, value: string) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
    const file = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n`
    const type = `multipart/form-data; boundary=${boundary}`
    for (const [text, contentType, code] of [
      [field('model', 'm') + field('model', 'mapped') + file, type, 'invalid_form'],
      [field('model', 'm') + file, `${type}; boundary=abc`, 'invalid_form'],
      [field('model', 'm') + field('a[]', '1').repeat(10_000) + file, type, 'invalid_form'],
      [field('model', 'm') + file + file, type, 'invalid_value'],
      [field('model', 'm') + field('routing', '{}') + file, type, 'unsupported_parameter'],
      [field('model', 'm') + field('stream', 'true') + file, type, 'unsupported_parameter'],
      [field('model', 'm'), type, 'missing_required_parameter'],
      [file, type, 'missing_required_parameter'],
    ] as const) {
      const body = Buffer.from(`${text}--${boundary}--\r\n`)
      const { status, text: answer } = await askForm('/v1/audio/transcriptions', body, contentType)
      expect({ status, code: JSON.parse(answer).error.code }).toEqual({ status: 400, code })
    }
    expect(upstream.requests).toHaveLength(0)
    expect((await newEntries()).receipts).toEqual([])
  })

  test('a file beyond the bound is refused', async () => {
    const form = new FormData()
    form.append('model', 'm')
    form.append('file', new File([Buffer.alloc(27 * 1024 * 1024)], 'long.mp3'))
    const { status, text } = await askForm('/v1/audio/transcriptions', form)
    expect(status).toBe(413)
    expect(JSON.parse(text).error.code).toBe('request_too_large')
    expect((await newEntries()).receipts).toEqual([])
  })
})

describe('whatever the answer is', () => {
  test('an engine that fails is not paid, and its words stay with us', async () => {
    upstream.become(answerStatus(500, '{"error":{"message":"sk-secret /srv/model"}}'))
    const answers: Answer[] = []
    for (const path of ['/v1/moderations', '/v1/audio/speech']) {
      answers.push(await askPath(gateway, path, { model: 'm', input: 'a' }))
    }
    for (const { status, text } of answers) {
      expect(status).toBe(503)
      expect(text).not.toContain('sk-secret')
    }
    expect((await newEntries()).chargedAmount).toBe(0n)
  })

  test('a form goes to the next contributor as it went to the first, each under its own name', async () => {
    const second = await startScriptedUpstream(answerJson({ text: 'Hi.', duration: 1 }))
    const offer = { ...offeredAt('audio/transcriptions'), modelName: 'voice' }
    const both = await startGatewayOnLedger({
      upstreams: [
        { id: 'fails', baseUrl: upstream.baseUrl, offer, completionPrice: 1n },
        { id: 'hears', baseUrl: second.baseUrl, offer: { ...offer, upstreamModelName: 'org/v' } },
      ],
    })
    upstream.become(answerBytes(Buffer.from('<h1>busy</h1>'), 'text/html'))
    const client = new OpenAI({ baseURL: `${both.origin}/v1`, apiKey: both.apiKey, maxRetries: 0 })
    for (let round = 0; round < 4; round += 1) {
      const file = await toFile(wavOf(1), 'voice.wav')
      const { text } = await client.audio.transcriptions.create({ model: 'voice', file })
      expect(text).toBe('Hi.')
    }
    const [failed = expect.fail('nobody failed')] = upstream.requests
    const type = failed.headers['content-type']
    const heard = second.requests.find(({ headers }) => headers['content-type'] === type)
    const renamed = failed.body.toString('latin1').replace('\r\n\r\nm\r\n', '\r\n\r\norg/v\r\n')
    expect(heard?.body.toString('latin1')).toBe(renamed)
    expect(type).toMatch(/^multipart\/form-data; boundary="[^"]+"$/)
    await both.stop()
    await second.close()
  })

  test('who leaves before the answer pays nothing, and the engine is told', async () => {
    upstream.become(() => undefined)
    const leaving = new AbortController()
    const asked = openai.moderations.create({ model: 'm', input: 'a' }, { signal: leaving.signal })
    const request = await upstream.nextRequest()
    leaving.abort()
    await expect(asked).rejects.toThrow()
    await request.left
    expect((await newEntries()).chargedAmount).toBe(0n)
  })
})
