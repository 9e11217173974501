/*
 * What the convention says beside the good case: who may ask, what cannot be signed, and what a gateway without a TEE says of
 * itself (docs/convention.md).
 */
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { Wallet } from 'ethers'
import { afterAll, describe, expect, test } from 'vitest'
import { ask, askedMessages, askPath } from '../support/ask.ts'
import {
  answerWell,
  chunk,
  completion,
  roleEvent,
  type Script,
  sse,
  startSse,
  streamBytes,
  wordEvent,
} from '../support/scripted-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const { upstream, gateway, close } = await openUpstreamPlace()
afterAll(close)

type Told = Readonly<Record<string, unknown>>

const get = async (
  path: string,
  key: string | undefined = gateway.apiKey,
): Promise<{ readonly status: number; readonly body: Told; readonly headers: Headers }> => {
  const headers: Record<string, string> =
    key === undefined ? {} : { authorization: `Bearer ${key}` }
  const response = await fetch(`${gateway.origin}${path}`, { headers })
  return {
    status: response.status,
    body: (await response.json()) as Told,
    headers: response.headers,
  }
}
const anonymous = (path: string) => get(path, '')
const errorOf = ({ body }: { readonly body: Told }) => body['error'] as Told

const receiptIdOf = (answer: { readonly headers: Headers }) =>
  answer.headers.get('x-vouch-receipt') ?? ''

describe('the signature', () => {
  test('is there by each name of the answer', async () => {
    upstream.become((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ ...completion('Hello'), id: 'chatcmpl-named-by-its-engine' }))
    })
    const answer = await ask(gateway)
    const requestId = answer.headers.get('x-request-id') ?? ''
    const signed = await get(`/v1/signature/${receiptIdOf(answer)}`)
    expect(signed.status).toBe(200)
    expect(await get(`/v1/signature/${requestId}`)).toMatchObject({ body: signed.body })
    expect(await get('/v1/signature/chatcmpl-named-by-its-engine')).toMatchObject({
      body: signed.body,
    })
  })

  test('has exactly the members of the convention, and two parts of text', async () => {
    upstream.become(answerWell())
    const { body } = await get(`/v1/signature/${receiptIdOf(await ask(gateway))}?model=m`)
    expect(Object.keys(body)).toEqual([
      'text',
      'signature',
      'signing_address',
      'signing_algo',
      'signature_kind',
    ])
    expect(body['text']).toMatch(/^[0-9a-f]{64}:[0-9a-f]{64}$/)
    expect(body['signature']).toMatch(/^0x[0-9a-f]{128}(1b|1c)$/)
    // Deterministic, and what any wallet would sign.
    const wallet = new Wallet(gateway.signer.privateKey)
    expect(body['signature']).toBe(await wallet.signMessage(String(body['text'])))
  })

  test('by Ed25519 has 128 digits and a public key of 64, in any case of the name', async () => {
    const id = receiptIdOf(await ask(gateway))
    const { body } = await get(`/v1/signature/${id}?signing_algo=ED25519`)
    expect(body['signature']).toMatch(/^[0-9a-f]{128}$/)
    expect(body['signing_address']).toMatch(/^[0-9a-f]{64}$/)
    expect(body['signing_algo']).toBe('ed25519')
    const other = await get(`/v1/signature/${id}?signing_algo=rsa`)
    expect(other.status).toBe(400)
    expect(errorOf(other)).toMatchObject({ param: 'signing_algo' })
  })

  test('is made of an answer in another API’s form, over what its client got', async () => {
    upstream.become(answerWell())
    const response = await askPath(gateway, '/v1/messages', {
      model: 'm',
      max_tokens: 16,
      messages: askedMessages,
    })
    const { id } = JSON.parse(response.text) as { id: string }
    expect(id).toMatch(/^msg_/)
    const { body } = await get(`/v1/signature/${id}`)
    expect(String(body['text']).split(':')[1]).toBe(await sha256Hex(response.text))
  })

  test.each([
    ['breaks off', 'cut'],
    ['ends without an end', 'end'],
  ] as const)('is none of a stream that %s', async (_what, ending) => {
    upstream.become(streamBytes([roleEvent, wordEvent], ending))
    const answer = await ask(gateway, { stream: true })
    expect(answer.done).toBe(false)
    const told = await get(`/v1/signature/${receiptIdOf(answer)}`)
    expect(told.status).toBe(200)
    expect(told.body).toEqual({ error_code: 'STREAM_DISCONNECTED', message: expect.any(String) })
  })

  test('is none of a stream that its client left, and not there before it has ended', async () => {
    const hang: Script = (_request, response) => {
      startSse(response)
      response.write(roleEvent + wordEvent)
    }
    upstream.become(hang)
    const leaving = new AbortController()
    const response = await fetch(`${gateway.origin}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${gateway.apiKey}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ model: 'm', messages: askedMessages, stream: true }),
      signal: leaving.signal,
    })
    const id = response.headers.get('x-receipt-id') ?? ''
    const pending = await get(`/v1/signature/${id}`)
    expect(pending.status).toBe(409)
    // Nor for who has no credential, as clients of 0G have none.
    const proxied = await anonymous(`/v1/proxy/signature/${id}`)
    expect(proxied.status).toBe(409)
    expect(errorOf(proxied)).toMatchObject({ code: 'receipt_pending' })
    leaving.abort()
    await gateway.books()
    expect((await get(`/v1/signature/${id}`)).body).toMatchObject({
      error_code: 'STREAM_DISCONNECTED',
    })
  })
})

const sha256Hex = async (text: string): Promise<string> =>
  Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('hex')

describe('who may ask', () => {
  test('a stranger learns nothing', async () => {
    upstream.become(answerWell())
    const id = receiptIdOf(await ask(gateway))
    expect((await anonymous(`/v1/signature/${id}`)).status).toBe(401)
    expect((await get(`/v1/signature/${id}`, 'sk-not-one')).status).toBe(401)
    expect((await anonymous(`/v1/aci/receipts/${id}`)).status).toBe(401)
  })

  test('nothing is known of an answer that nobody gave', async () => {
    const unknown = await get('/v1/signature/chatcmpl-unknown')
    expect(unknown.status).toBe(404)
    expect(errorOf(unknown)).toMatchObject({ code: 'receipt_not_found' })
    expect((await get(`/v1/signature/0x${'77'.repeat(32)}`)).status).toBe(404)
    expect((await anonymous(`/v1/proxy/signature/0x${'77'.repeat(32)}`)).status).toBe(404)
  })

  test('0G’s client is known by the id of the receipt alone, and by no name that can be guessed', async () => {
    const answer = await ask(gateway)
    const id = answer.headers.get('zg-res-key') ?? ''
    expect(id).toBe(receiptIdOf(answer))
    const signed = await anonymous(`/v1/proxy/signature/${id}`)
    expect(signed.body).toEqual((await get(`/v1/signature/${id}`)).body)
    const requestId = answer.headers.get('x-request-id') ?? ''
    expect((await anonymous(`/v1/proxy/signature/${requestId}`)).status).toBe(401)
  })

  test('all that 0G’s client asks lies under a prefix of its own', async () => {
    upstream.become(answerWell())
    const answer = await askPath(gateway, '/v1/proxy/chat/completions', {
      model: 'm',
      messages: askedMessages,
    })
    expect(answer.content).toBe('Hello there!')
    expect((await get('/v1/proxy/models')).body).toMatchObject({ object: 'list' })
    expect((await anonymous('/v1/proxy/attestation/report?model=m')).status).toBe(200)
    expect((await get('/v1/proxy/nothing')).status).toBe(404)
  })
})

describe('the attestation report', () => {
  const nonce = '0f'.repeat(32)

  test('of a gateway without a TEE says so, and asks for no key', async () => {
    const { status, body } = await anonymous(`/v1/attestation/report?model=m&nonce=${nonce}`)
    expect(status).toBe(200)
    expect(body).toEqual({
      attestation_type: 'none',
      signing_address: gateway.operator,
      signing_algo: 'ecdsa',
      signing_public_key: new Wallet(gateway.signer.privateKey).signingKey.publicKey.slice(2),
      request_nonce: nonce,
      model_attestations: [],
      all_attestations: [],
    })
  })

  test('has a fresh nonce where none is sent, and refuses one that is none', async () => {
    const nonces = await Promise.all(
      [1, 2].map(async () => (await anonymous('/v1/attestation/report')).body['request_nonce']),
    )
    expect(nonces[0]).toMatch(/^[0-9a-f]{64}$/)
    expect(nonces[0]).not.toBe(nonces[1])
    for (const wrong of ['', 'ab', 'g'.repeat(64), 'AB'.repeat(32)]) {
      const refused = await anonymous(`/v1/attestation/report?nonce=${wrong}`)
      expect(refused.status).toBe(400)
      expect(errorOf(refused)).toMatchObject({ param: 'nonce' })
    }
  })

  test('is of the address that signs, however that is written, and of no other', async () => {
    const at = (address: string, algo: string) =>
      anonymous(`/v1/attestation/report?signing_address=${address}&signing_algo=${algo}`)
    const checksummed = new Wallet(gateway.signer.privateKey).address
    expect((await at(checksummed, 'ecdsa')).status).toBe(200)
    expect((await at(checksummed.slice(2), 'ecdsa')).status).toBe(200)
    expect((await at(checksummed, 'ed25519')).status).toBe(404)
    expect((await at(`0x${'11'.repeat(20)}`, 'ecdsa')).status).toBe(404)
    const { body } = await get(
      `/v1/signature/${receiptIdOf(await ask(gateway))}?signing_algo=ed25519`,
    )
    expect((await at(String(body['signing_address']), 'ed25519')).body).toMatchObject({
      signing_address: body['signing_address'],
    })
  })

  test('is none of a model that is not offered', async () => {
    expect((await anonymous('/v1/attestation/report?model=another')).status).toBe(404)
  })
})

describe('io.net’s headers', () => {
  /** Sends with Node’s own client, which takes trailers. */
  async function askRaw(
    headers: Record<string, string>,
    stream: boolean,
  ): Promise<IncomingMessage> {
    const { hostname, port } = new URL(gateway.origin)
    const sending = httpRequest({
      ...{ hostname, port, path: '/v1/chat/completions', method: 'POST' },
      headers: {
        authorization: `Bearer ${gateway.apiKey}`,
        'content-type': 'application/json',
        ...headers,
      },
    })
    sending.end(JSON.stringify({ model: 'm', messages: askedMessages, stream }))
    const [response] = (await once(sending, 'response')) as [IncomingMessage]
    response.resume()
    await once(response, 'end')
    return response
  }
  const names = ['text', 'signature', 'signing_address', 'signing_algo']

  test('come where they are asked for, and nowhere else', async () => {
    upstream.become(answerWell())
    const without = await askRaw({}, false)
    expect(names.filter((name) => name in without.headers)).toEqual([])
    const { headers } = await askRaw({ 'x-signature-headers': 'ed25519' }, false)
    const { body } = await get(`/v1/signature/${headers['x-receipt-id']}?signing_algo=ed25519`)
    for (const name of names) expect(headers[name]).toBe(body[name])
  })

  test('of a stream are trailers, for a client that takes them', async () => {
    upstream.become(answerWell())
    const asking = { 'x-signature-headers': 'ecdsa' }
    const { headers, trailers } = await askRaw({ ...asking, te: 'trailers' }, true)
    expect(headers['trailer']).toBe('text, signature, signing_address, signing_algo')
    const { body } = await get(`/v1/signature/${headers['x-receipt-id']}`)
    for (const name of names) expect(trailers[name]).toBe(body[name])
    const deaf = await askRaw(asking, true)
    expect(deaf.trailers).toEqual({})
    expect(deaf.headers['trailer']).toBeUndefined()
  })

  test('are not there where nothing can be signed', async () => {
    upstream.become((_request, response) => {
      startSse(response)
      response.end(sse(chunk({ content: 'cut' })))
    })
    const asking = { 'x-signature-headers': 'ecdsa', te: 'trailers' }
    expect((await askRaw(asking, true)).trailers).toEqual({})
  })
})
