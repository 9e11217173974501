/*
 * ACI (`aci/1`) as a verifier of its own sees it: everything recomputed from the published construction with Node's crypto and
 * no function of ours (docs/aci.md); and the keyset that the registered key endorses.
 */
import { createHash, createPublicKey, verify } from 'node:crypto'
import { TypedDataEncoder, verifyTypedData } from 'ethers'
import { afterAll, describe, expect, test } from 'vitest'
import { tierClaims } from '../../src/domain/tier-claims.ts'
import { ask, askBody, askedMessages, askPath } from '../support/ask.ts'
import { answerWell, roleEvent, streamBytes, wordEvent } from '../support/scripted-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const { upstream, gateway, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [
    { id: 'one', baseUrl },
    { id: 'renamed', baseUrl, offer: { modelName: 'alias', upstreamModelName: 'm' } },
  ],
}))
afterAll(close)

type Told = Readonly<Record<string, unknown>>

const get = async (path: string, key: string | undefined = gateway.apiKey) => {
  const response = await fetch(`${gateway.origin}${path}`, {
    headers: key === '' ? {} : { authorization: `Bearer ${key}` },
  })
  const body = (await response.json()) as Told
  return { status: response.status, body, headers: response.headers }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Keys sorted, nothing between: JCS for documents of ASCII names and whole numbers. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, member]) => [key, sorted(member)]))
}
const jcs = (value: unknown): string => JSON.stringify(sorted(value))

function verifies(publicKey: string, text: string, signature: string): boolean {
  const x = Buffer.from(publicKey, 'hex').toString('base64url')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  return verify(null, Buffer.from(text), key, Buffer.from(signature, 'hex'))
}

type Keyset = {
  readonly not_after: number
  readonly receipt_signing_keys: readonly { readonly key_id: string; readonly public_key: string }[]
}
type Attestation = {
  readonly workload_id: string
  readonly workload_keyset_digest: string
  readonly attestation: {
    readonly tee_type: string
    readonly report_data: string
    readonly workload_keyset: Keyset
    readonly workload_identity: { readonly public_key: { readonly public_key: string } }
    readonly keyset_endorsement: { readonly value: string }
    readonly evidence: Told
  }
  readonly service_capabilities: Told
}
const attestation = async (query = ''): Promise<Attestation> =>
  (await get(`/v1/aci/attestation${query}`, '')).body as unknown as Attestation

type Event = Readonly<Record<string, unknown>> & { readonly type: string }
type AciReceipt = Told & {
  readonly event_log: readonly Event[]
  readonly key_id: string
  readonly signature: string
}
const aciReceipt = async (id: string): Promise<AciReceipt> =>
  (await get(`/v1/aci/receipts/${id}`)).body as unknown as AciReceipt

/** Section 9.3, checks 1 and 2. */
async function isGenuine(receipt: AciReceipt): Promise<boolean> {
  const { workload_keyset_digest, attestation: attested } = await attestation()
  const { signature, ...unsigned } = receipt
  const key = attested.workload_keyset.receipt_signing_keys.find(
    ({ key_id }) => key_id === receipt.key_id,
  )
  return (
    receipt['workload_keyset_digest'] === workload_keyset_digest &&
    verifies(key?.public_key ?? '', jcs(unsigned), signature)
  )
}

const typesOf = ({ event_log }: AciReceipt) => event_log.map(({ type }) => type)
const hashOf = ({ event_log }: AciReceipt, type: string) =>
  event_log.find((event) => event.type === type)?.['body_hash']
const receiptIdOf = ({ headers }: { readonly headers: Headers }) =>
  headers.get('x-receipt-id') ?? ''

describe('the attestation', () => {
  test('binds the keyset and the nonce into the report data', async () => {
    const nonce = 'a1'.repeat(32)
    const { workload_keyset_digest, attestation: attested } = await attestation(`?nonce=${nonce}`)
    expect(workload_keyset_digest).toBe(`sha256:${sha256(jcs(attested.workload_keyset))}`)
    expect(attested.report_data).toBe(
      sha256(
        `{"keyset_digest":"${workload_keyset_digest}","nonce":"${nonce}","purpose":"aci.report_data.v1"}`,
      ),
    )
    const unasked = await attestation()
    expect(unasked.attestation.report_data).toBe(
      sha256(
        `{"keyset_digest":"${workload_keyset_digest}","nonce":null,"purpose":"aci.report_data.v1"}`,
      ),
    )
    expect((await get('/v1/aci/attestation?nonce=no', '')).status).toBe(400)
  })

  test('claims no TEE and no provenance where there is none', async () => {
    const { attestation: attested, service_capabilities } = await attestation()
    expect(attested.tee_type).toBe('none')
    expect(attested.evidence).toEqual({ statement: expect.stringContaining('No TEE') })
    expect(attested).toMatchObject({
      source_provenance: { repo_url: null, repo_commit: null, image_digest: null },
      workload_keyset: { e2ee_public_keys: [], tls_public_keys: [] },
    })
    expect(service_capabilities).toEqual({ supported_e2ee_versions: [], serving: 'aggregator' })
  })

  test('has a keyset that the identity key endorses, and headers that name both', async () => {
    const { workload_id, workload_keyset_digest, attestation: attested } = await attestation()
    const { public_key } = attested.workload_identity
    expect(workload_id).toBe(`sha256:${sha256(jcs(public_key))}`)
    const endorsed = jcs({ purpose: 'aci.keyset.endorsement.v1', workload_keyset_digest })
    expect(verifies(public_key.public_key, endorsed, attested.keyset_endorsement.value)).toBe(true)
    for (const { headers } of [await get('/v1/aci/attestation', ''), await ask(gateway)]) {
      expect(headers.get('x-aci-version')).toBe('aci/1')
      expect(headers.get('x-aci-identity')).toBe(workload_id)
      expect(headers.get('x-aci-keyset-digest')).toBe(workload_keyset_digest)
    }
  })
})

describe('a receipt', () => {
  test('logs what came, what went on and what was answered, and nothing else where nothing was changed', async () => {
    upstream.become(answerWell())
    const sent = JSON.stringify({ model: 'm', messages: askedMessages, max_tokens: 16 })
    const answer = await askBody(gateway, sent)
    const receipt = await aciReceipt(receiptIdOf(answer))
    expect(await isGenuine(receipt)).toBe(true)
    expect(receipt).toMatchObject({
      api_version: 'aci/1',
      receipt_id: receiptIdOf(answer),
      chat_id: 'chatcmpl-1',
      model: 'm',
      endpoint: '/v1/chat/completions',
      method: 'POST',
    })
    expect(typesOf(receipt)).toEqual([
      'request.received',
      'request.forwarded',
      'upstream.verified',
      'response.received',
      'response.returned',
      'vouch.receipt',
    ])
    expect(hashOf(receipt, 'request.received')).toBe(`sha256:${sha256(sent)}`)
    const returned = receipt.event_log.find(({ type }) => type === 'response.returned')
    const hash = `sha256:${sha256(answer.text)}`
    expect(returned).toEqual({
      ...{ type: 'response.returned', body_hash: hash, cleartext_hash: hash, wire_hash: hash },
    })
  })

  test('says that no upstream was verified, and never that one was', async () => {
    const receipt = await aciReceipt(receiptIdOf(await ask(gateway)))
    expect(receipt.event_log.find(({ type }) => type === 'upstream.verified')).toMatchObject({
      result: 'failed',
      required: false,
      upstream_name: 'one',
      reason: expect.any(String),
    })
  })

  test('tells each rewrite', async () => {
    upstream.become(answerWell())
    const stream = await ask(gateway, { model: 'alias', stream: true })
    const receipt = await aciReceipt(receiptIdOf(stream))
    expect(await isGenuine(receipt)).toBe(true)
    expect(typesOf(receipt)).toContain('transparency.request_modified')
    expect(typesOf(receipt)).toContain('transparency.response_modified')
    expect(hashOf(receipt, 'request.received')).not.toBe(hashOf(receipt, 'request.forwarded'))
    expect(hashOf(receipt, 'response.received')).not.toBe(hashOf(receipt, 'response.returned'))
    expect(hashOf(receipt, 'response.returned')).toBe(`sha256:${sha256(stream.text)}`)
  })

  test('names what the client asked, where that was another API', async () => {
    const answer = await askPath(gateway, '/v1/messages', {
      model: 'm',
      max_tokens: 16,
      messages: askedMessages,
    })
    const { id } = JSON.parse(answer.text) as { id: string }
    const receipt = await aciReceipt(id)
    expect(receipt).toMatchObject({ endpoint: '/v1/messages', chat_id: id })
    expect(await isGenuine(receipt)).toBe(true)
  })

  test('does not say that what broke off was returned', async () => {
    upstream.become(streamBytes([roleEvent, wordEvent], 'cut'))
    const receipt = await aciReceipt(receiptIdOf(await ask(gateway, { stream: true })))
    expect(await isGenuine(receipt)).toBe(true)
    expect(typesOf(receipt)).toContain('vouch.response_interrupted')
    expect(typesOf(receipt)).not.toContain('response.returned')
  })

  test('is false once a member is changed', async () => {
    upstream.become(answerWell())
    const receipt = await aciReceipt(receiptIdOf(await ask(gateway)))
    expect(await isGenuine({ ...receipt, model: 'another' })).toBe(false)
    expect(await isGenuine({ ...receipt, event_log: receipt.event_log.toReversed() })).toBe(false)
  })

  test('is refused in the words of ACI', async () => {
    const unknown = await get(`/v1/aci/receipts/0x${'12'.repeat(32)}`)
    expect(unknown).toMatchObject({ status: 404, body: { error: { type: 'not_found' } } })
    const stranger = await get(`/v1/aci/receipts/0x${'12'.repeat(32)}`, '')
    expect(stranger).toMatchObject({ status: 401, body: { error: { type: 'unauthorized' } } })
    expect(unknown.headers.get('x-aci-version')).toBe('aci/1')
    const session = await get(`/v1/aci/sessions/${'12'.repeat(32)}`, '')
    expect(session).toMatchObject({ status: 404, body: { error: { type: 'not_found' } } })
    expect((await get('/v1/aci/sessions', '')).body).toEqual({ api_version: 'aci/1', sessions: [] })
  })
})

describe('the keyset', () => {
  test('is endorsed by the registered key, all of it', async () => {
    const { body } = await get('/v1/keyset', '')
    const { endorsement, ...unsigned } = body as Told & {
      readonly endorsement: { readonly signature: string; readonly keyset_hash: string }
    }
    const keysetHash = `0x${sha256(jcs(unsigned))}`
    expect(endorsement.keyset_hash).toBe(keysetHash)
    const { chainId, verifyingContract, operator } = gateway.signer
    const domain = { name: 'Vouch Receipts', version: '1', chainId, verifyingContract }
    const types = {
      Keyset: [
        { name: 'gateway', type: 'address' },
        { name: 'keysetHash', type: 'bytes32' },
        { name: 'validUntil', type: 'uint64' },
      ],
    }
    const value = { gateway: operator, keysetHash, validUntil: body['valid_until'] }
    expect(TypedDataEncoder.from(types).primaryType).toBe('Keyset')
    const signer = verifyTypedData(domain, types, value, endorsement.signature).toLowerCase()
    expect(signer).toBe(gateway.operator)
  })

  test('names the keys of the convention and of ACI, and says what each tier does not prove', async () => {
    const { body } = await get('/v1/keyset', '')
    const keys = body['keys'] as readonly { role: string; public_key: string; address?: string }[]
    const keyOf = (role: string) => keys.find((key) => key.role === role)
    const signed = await get(
      `/v1/signature/${receiptIdOf(await ask(gateway))}?signing_algo=ed25519`,
    )
    expect(keyOf('convention')?.public_key).toBe(signed.body['signing_address'])
    expect(keyOf('registered')?.address).toBe(gateway.operator)
    const { attestation: attested, workload_keyset_digest } = await attestation()
    expect(keyOf('aci-receipt')?.public_key).toBe(
      attested.workload_keyset.receipt_signing_keys[0]?.public_key,
    )
    expect(keyOf('identity')?.public_key).toBe(attested.workload_identity.public_key.public_key)
    expect(body['aci']).toMatchObject({ workload_keyset_digest })
    expect(body['tiers']).toHaveLength(tierClaims.length)
    for (const tier of body['tiers'] as Told[]) {
      expect(String(tier['does_not_prove']).length).toBeGreaterThan(10)
    }
  })
})
