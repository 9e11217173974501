import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readSentRequest } from '../../../src/client/request-bytes.ts'

/** What arrived, byte for byte. */
let arrived: { readonly body: Buffer; readonly type: string | undefined; readonly method: string }
const server = createServer((incoming, outgoing) => {
  const chunks: Buffer[] = []
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
  incoming.on('end', () => {
    const type = incoming.headers['content-type']
    arrived = { body: Buffer.concat(chunks), type, method: incoming.method ?? '' }
    outgoing.end('ok')
  })
})
let url: string

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`
})
afterAll(() => void server.close())

const form = () => {
  const fields = new FormData()
  fields.set('model', 'm')
  fields.set('file', new Blob([new Uint8Array([0, 255, 13, 10])]), 'sound.wav')
  return fields
}
const stream = () =>
  new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode('Grüße'))
      controller.close()
    },
  })

test.each([
  ['a text', () => ({ body: '{"a":"\u2028 🙂"}' }), 'text/plain;charset=UTF-8'],
  ['half a character', () => ({ body: 'a\ud800b' }), 'text/plain;charset=UTF-8'],
  ['bytes', () => ({ body: new Uint8Array([1, 2, 3]) }), undefined],
  ['a part of a buffer', () => ({ body: new Uint8Array([1, 2, 3, 4]).subarray(1, 3) }), undefined],
  ['a Blob with a type', () => ({ body: new Blob(['x'], { type: 'text/x' }) }), 'text/x'],
  [
    'search parameters',
    () => ({ body: new URLSearchParams({ a: 'b c' }) }),
    'application/x-www-form-urlencoded;charset=UTF-8',
  ],
  ['a form', () => ({ body: form() }), /^multipart\/form-data; boundary=/],
  ['a stream', () => ({ body: stream() }), undefined],
  ['nothing', () => ({}), undefined],
] as const)('%s arrives as it was read', async (_, initOf, type) => {
  const sent = await readSentRequest(url, { ...initOf(), method: 'POST' })
  await (await fetch(sent.url, sent.init)).text()
  expect(arrived.method).toBe('POST')
  expect(arrived.body).toEqual(Buffer.from(sent.bytes ?? []))
  if (type instanceof RegExp) expect(arrived.type).toMatch(type)
  else expect(arrived.type).toBe(type)
})

test('a Request keeps its method, headers and signal; what is said beside it wins', async () => {
  const leaving = new AbortController()
  const request = new Request(url, {
    method: 'PUT',
    headers: { 'x-one': '1' },
    body: 'of the request',
    signal: leaving.signal,
  })
  const sent = await readSentRequest(request, { headers: { 'x-two': '2' } })
  expect(Buffer.from(sent.bytes ?? []).toString()).toBe('of the request')
  expect(sent.method).toBe('PUT')
  expect([...sent.headers].map(([name]) => name)).toContain('x-two')
  expect(sent.headers.has('x-one')).toBe(false)
  await (await fetch(sent.url, sent.init)).text()
  expect(arrived.body.toString()).toBe('of the request')
  leaving.abort()
  await expect(fetch(sent.url, sent.init)).rejects.toMatchObject({ name: 'AbortError' })
})

test('what fetch would not take is not taken', async () => {
  await expect(readSentRequest('no url', {})).rejects.toBeInstanceOf(TypeError)
  const used = new Request(url, { method: 'POST', body: 'x' })
  await used.text()
  await expect(readSentRequest(used)).rejects.toBeInstanceOf(TypeError)
})
