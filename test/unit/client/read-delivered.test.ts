import { describe, expect, test } from 'vitest'
import { deliveredHash } from '../../../src/attestation/content-hash.ts'
import { checkWireBytes } from '../../../src/client/check-wire-bytes.ts'
import { readDelivered } from '../../../src/client/read-delivered.ts'
import { request, sha256, signReceipt } from '../../support/signed-receipt.ts'

const readBody = (text: string) => readDelivered(Buffer.from(text))?.map((one) => Buffer.from(one))
const read = (value: unknown) => readBody(JSON.stringify(value))
const floats = Buffer.from('0000003f000000800000803f', 'hex')
const numbers = '{"data":[{"index":0,"embedding":[0.5,-0,1]}]}'

describe('readDelivered', () => {
  test('vectors are floats, in numbers and in base64', () => {
    expect(readBody(numbers)).toEqual([floats])
    const data = [{ embedding: floats.toString('base64') }, { embedding: [2] }]
    expect(read({ data })).toEqual([floats, Buffer.from('00000040', 'hex')])
  })

  test('images, verdicts and transcripts', () => {
    const image = Buffer.from('an image')
    const data = [{ b64_json: image.toString('base64') }, { url: 'https://pictures.example/1' }]
    expect(read({ data })).toEqual([image, Buffer.from('https://pictures.example/1')])
    expect(read({ results: [{ flagged: true }] })).toEqual([Buffer.from('{"flagged":true}')])
    expect(read({ text: 'Grüß' })).toEqual([Buffer.from('Grüß')])
  })

  test.each([{}, [], 7, { data: [] }, { data: [{}] }, { data: [{ embedding: [1] }, 3] }])(
    'nothing of %j',
    (value) => {
      expect(read(value)).toBeUndefined()
    },
  )
})

test.each<[string, Buffer, readonly Buffer[], string]>([
  ['vectors', Buffer.from(numbers), [floats], 'holds'],
  ['other vectors', Buffer.from(numbers), [floats.subarray(4)], 'fails'],
  ['a sound', Buffer.from([0xff, 0xfb]), [Buffer.from([0xff, 0xfb])], 'holds'],
  ['another sound', Buffer.from([0xff, 0xfb]), [floats], 'unknown'],
])('%s in a response', async (_name, response, delivered, verdict) => {
  const { receipt } = signReceipt({
    work: { contentHash: deliveredHash(delivered) },
    receipt: { responseHash: await sha256(response) },
  })
  const lines = checkWireBytes(receipt, { request, response })
  expect(lines.find(({ check }) => check === 'answer-in-response')?.verdict).toBe(verdict)
})
