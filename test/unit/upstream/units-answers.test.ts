import { describe, expect, test } from 'vitest'
import type { Endpoint } from '../../../src/domain/endpoint.ts'
import { answerFormats, isText } from '../../../src/upstream/answer-formats.ts'
import type { AskedOf } from '../../../src/upstream/whole-units.ts'

const read = (endpoint: Endpoint, answer: unknown, asked: Partial<AskedOf> = {}) => {
  const body = Buffer.isBuffer(answer)
    ? answer
    : Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer))
  return answerFormats[endpoint].readWhole(body, {
    choiceCount: 1,
    contentType: 'application/json',
    unit: 'token',
    expected: { perChoiceMax: 10, perChoiceLikely: 4 },
    ...asked,
  })
}
const bytesOf = (...texts: readonly string[]) => texts.map((text) => Buffer.from(text))

describe('moderations', () => {
  const results = [{ flagged: true, scores: { a: 0.5 } }, { flagged: false }]
  const asked = { choiceCount: 2, unit: 'result' } as const

  test('a verdict on each input', () => {
    expect(read('moderations', { results }, asked)).toMatchObject({
      units: 2,
      delivered: bytesOf('{"flagged":true,"scores":{"a":0.5}}', '{"flagged":false}'),
    })
  })

  test.each([
    ['one too few', { results: results.slice(1) }],
    ['one too many', { results: [...results, ...results] }],
    ['no verdict', { results: [{ flagged: true }, {}] }],
    ['no result', { results: [null, null] }],
    ['none', {}],
    ['no JSON', 'flagged'],
  ])('%s is no answer', (_name, answer) => {
    expect(read('moderations', answer, asked)).toBeUndefined()
  })
})

describe('images', () => {
  const image = { b64_json: 'aW1hZ2U=' }
  const asked = { choiceCount: 2, unit: 'image' } as const
  const usage = { input_tokens: 7, output_tokens: 1_056, total_tokens: 1_063 }

  test('their bytes, or the URLs where they lie', () => {
    const answer = { created: 1, data: [image, { url: 'https://cdn.example/1.png' }] }
    expect(read('images/generations', answer, asked)).toMatchObject({
      units: 2,
      usage: undefined,
      delivered: bytesOf('image', 'https://cdn.example/1.png'),
      bytes: Buffer.from(JSON.stringify(answer)),
    })
  })

  test('fewer than asked for are counted as they are', () => {
    expect(read('images/edits', { data: [image], usage }, asked)).toMatchObject({
      units: 1,
      usage: { promptTokens: 7, completionTokens: 1 },
    })
  })

  test('tokens where they are sold so; one for each image where nobody says how many', () => {
    const inTokens = { ...asked, unit: 'token' } as const
    expect(read('images/generations', { data: [image], usage }, inTokens)).toMatchObject({
      units: 1_056,
      source: 'reported',
      usage: { promptTokens: 7, completionTokens: 1_056 },
    })
    expect(read('images/generations', { data: [image, image] }, inTokens)).toMatchObject({
      units: 2,
      source: 'counted',
    })
  })

  test.each([
    ['more than asked for', { data: [image, image, image] }],
    ['none', { data: [] }],
    ['base64 that is none', { data: [{ b64_json: '<svg>' }] }],
    ['empty base64', { data: [{ b64_json: '' }] }],
    ['base64 of odd length', { data: [{ b64_json: 'aW1hZ2U' }] }],
    ['an empty URL', { data: [{ url: '' }] }],
    ['neither', { data: [{ revised_prompt: 'x' }] }],
  ])('%s is no answer', (_name, answer) => {
    expect(read('images/generations', answer, asked)).toBeUndefined()
  })
})

describe('speech', () => {
  const sound = Buffer.from([0xff, 0xfb, 0, 1])
  const asked = { unit: 'character' } as const

  test.each(['audio/mpeg', 'audio/x-wav', 'audio/L16;rate=24000', 'application/octet-stream'])(
    'as %s',
    (contentType) => {
      expect(read('audio/speech', sound, { ...asked, contentType })).toMatchObject({
        contentType,
        bytes: sound,
        delivered: [sound],
        units: 10,
      })
    },
  )

  test.each([
    ['a page', sound, 'text/html'],
    ['an error in JSON', '{"error":{}}', 'application/json'],
    ['events', sound, 'text/event-stream'],
    ['a picture', sound, 'image/svg+xml'],
    ['a header within', sound, 'audio/mpeg\r\nset-cookie: a=b'],
    ['no type', sound, ''],
    ['no sound', Buffer.alloc(0), 'audio/mpeg'],
  ])('%s is no answer', (_name, body, contentType) => {
    expect(read('audio/speech', body, { ...asked, contentType })).toBeUndefined()
  })
})

describe('transcripts', () => {
  const asked = { unit: 'second' } as const

  test.each([
    ['usage', { usage: { type: 'duration', seconds: 7 } }, 7, 'reported'],
    ['a duration', { duration: 6.01 }, 7, 'reported'],
    ['a duration in text', { duration: '2.5' }, 3, 'reported'],
    ['nothing', {}, 4, 'counted'],
    ['more than there can be', { usage: { seconds: 1e9 } }, 4, 'corrected'],
    ['no number', { duration: 'long' }, 4, 'counted'],
    ['less than nothing', { duration: -1 }, 4, 'counted'],
    ['no second', { duration: 0 }, 0, 'reported'],
    ['what overflows', { duration: '1e999' }, 4, 'corrected'],
  ])('seconds of %s', (_name, said, units, source) => {
    expect(read('audio/transcriptions', { text: 'Hi.', ...said }, asked)).toMatchObject({
      units,
      source,
      delivered: bytesOf('Hi.'),
    })
  })

  test.each(['text/plain', 'text/vtt; charset=utf-8', 'text/srt', 'application/x-subrip'])(
    'text alone, as %s, told as plain text',
    (contentType) => {
      const expected = { perChoiceMax: 10, perChoiceLikely: 4, form: 'text' } as const
      const answer = read('audio/translations', 'Hi.\n', { ...asked, contentType, expected })
      expect(answer).toMatchObject({
        contentType: 'text/plain; charset=utf-8',
        units: 4,
        source: 'counted',
        delivered: bytesOf('Hi.\n'),
      })
    },
  )

  test('text of a language model where tokens are sold', () => {
    const usage = { type: 'tokens', input_tokens: 14, output_tokens: 2, total_tokens: 16 }
    const answer = read('audio/transcriptions', { text: 'Hi.', usage }, { unit: 'token' })
    if (answer === undefined || !isText(answer)) throw new Error('it is no text')
    expect(answer).toMatchObject({
      deltas: [{ index: 0, text: 'Hi.' }],
      usage: { promptTokens: 14, completionTokens: 2 },
    })
  })

  test.each([
    ['text in the place of JSON', 'Hi.', 'text/plain', 'json'],
    ['JSON in the place of text', { text: 'Hi.' }, 'application/json', 'text'],
    ['a page in the place of text', '<script>', 'text/html', 'text'],
    ['a page in the place of JSON', { text: 'Hi.' }, 'text/html', 'json'],
    ['JSON that is another type', { text: 'Hi.' }, 'application/json-seq', 'json'],
    ['no text', { duration: 3 }, 'application/json', 'json'],
    ['no JSON', 'Hi.', 'application/json', 'json'],
  ] as const)('%s is no answer', (_name, answer, contentType, form) => {
    const expected = { perChoiceMax: 10, perChoiceLikely: 4, form }
    expect(
      read('audio/transcriptions', answer, { ...asked, contentType, expected }),
    ).toBeUndefined()
  })
})
