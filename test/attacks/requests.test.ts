/*
 * What can be tried with the bytes of a request alone, by a caller with a key or by nobody: to keep the gateway from everybody
 * else, or to be heard in one way here and in another at the engine. The gateway answers others when it is done with it.
 */
import { afterAll, expect, test } from 'vitest'
import { formBodyBytesMax, requestBodyBytesMax } from '../../src/base/limits.ts'
import { offeredAt } from '../support/endpoint-answers.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const offer = offeredAt('chat/completions', 'audio/transcriptions', 'images/edits')
const { upstream, gateway, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [{ id: 'one', baseUrl, offer }],
}))
afterAll(close)

async function post(path: string, body: Buffer | string, contentType: string) {
  const headers = { authorization: `Bearer ${gateway.apiKey}`, 'content-type': contentType }
  const answer = await fetch(`${gateway.origin}${path}`, { method: 'POST', headers, body })
  const { error } = (await answer.json()) as { error?: { code: string } }
  return { status: answer.status, code: error?.code }
}

const formType = 'multipart/form-data; boundary=b'
const formOf = (...parts: readonly string[]) =>
  `${parts.map((part) => `--b\r\n${part}\r\n`).join('')}--b--\r\n`
const textOf = (name: string, text: string) =>
  `Content-Disposition: form-data; name="${name}"\r\n\r\n${text}`

test('headers of a form that are all white space hold nobody up', async () => {
  const blank = ' \t'.repeat(formBodyBytesMax / 2 - 100)
  const body = formOf(`X:${blank}\0\r\n\r\nx`)
  const refused = { status: 400, code: 'invalid_form' }
  expect(await post('/v1/audio/transcriptions', body, formType)).toEqual(refused)
  const many = Array.from({ length: 63 }, () => `X:${' '.repeat(4_000)}\0\r\n\r\nx`)
  expect(await post('/v1/audio/transcriptions', formOf(...many), formType)).toEqual(refused)
})

test('a body of nothing but brackets is refused before it is parsed', async () => {
  const brackets = '[],'.repeat(requestBodyBytesMax / 3 - 100)
  const body = `{"model":"m","messages":[{"role":"user","content":"Hi"}],"x":[${brackets}[]]}`
  for (const path of ['/v1/chat/completions', '/v1/responses', '/v1/completions']) {
    const refused = { status: 400, code: 'invalid_json' }
    expect(await post(path, body, 'application/json'), path).toEqual(refused)
  }
})

test('a count that hides as a file without a name is read by nobody', async () => {
  const hidden = 'Content-Disposition: form-data; name="n"; filename=""\r\n\r\n10'
  const image = 'Content-Disposition: form-data; name="image"; filename="a"\r\n\r\nx'
  const body = formOf(textOf('model', 'm'), textOf('prompt', 'p'), image, hidden)
  const before = upstream.requests.length
  const refused = { status: 400, code: 'invalid_form' }
  expect(await post('/v1/images/edits', body, formType)).toEqual(refused)
  expect(upstream.requests).toHaveLength(before)
})
