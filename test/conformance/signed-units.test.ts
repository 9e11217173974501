/*
 * Contributors that sign their Work for what is no text: the Work is held to what was seen, and nobody pays beyond either.
 */
import { afterAll, expect, test } from 'vitest'
import { deliveredHash } from '../../src/attestation/content-hash.ts'
import { keccak256, keccak256Utf8 } from '../../src/chain/keccak.ts'
import { askPath } from '../support/ask.ts'
import { base64Of, embeddingList, offeredAt } from '../support/endpoint-answers.ts'
import { signingUpstream } from '../support/signing-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const signer = signingUpstream()
const { upstream, gateway, newEntries, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [
    {
      id: 'signs',
      baseUrl,
      identity: signer.identity,
      offer: offeredAt('embeddings', 'audio/speech'),
    },
  ],
}))
afterAll(close)

const vectors = [
  [1, 2],
  [3, -0],
]
const floats = vectors.map((vector) => Buffer.from(base64Of(vector), 'base64'))
const honest = {
  contentHash: deliveredHash(floats),
  promptTokens: 4,
  completionTokens: 2,
}
const answerVectors = (said: typeof honest) =>
  signer.answerBody(
    Buffer.from(JSON.stringify(embeddingList(vectors.map(base64Of)))),
    'application/json',
    said,
  )
const askForVectors = () => askPath(gateway, '/v1/embeddings', { model: 'm', input: ['a', 'b'] })

test('a Work of vectors is of their floats, in whatever form they came and went', async () => {
  upstream.become(answerVectors(honest))
  const answer = await askForVectors()
  expect(answer.status).toBe(200)
  expect(answer.text).toContain('[3,-0]')
  const [{ receipt, usage } = expect.fail('no receipt')] = (await newEntries()).receipts
  expect(receipt.tiers).toBe(3)
  expect(receipt.work).toMatchObject(honest)
  expect({ cost: receipt.cost, source: usage.source }).toEqual({ cost: '8', source: 'reported' })
  // Told in another form than it came.
  expect(receipt.responseHash).not.toBe(receipt.work.outputHash)
})

test.each([
  ['fewer vectors than came', { completionTokens: 1 }, '6', 'reported'],
  ['more vectors than came', { completionTokens: 900 }, '8', 'corrected'],
  ['more prompt than there was', { promptTokens: 1_000_000 }, '11', 'corrected'],
  ['no vector', { completionTokens: 0 }, '0', 'counted'],
])('a Work that says %s', async (_name, said, cost, source) => {
  upstream.become(answerVectors({ ...honest, ...said }))
  expect((await askForVectors()).status).toBe(200)
  const [{ receipt, usage } = expect.fail('no receipt')] = (await newEntries()).receipts
  expect({ cost: receipt.cost, source: usage.source }).toEqual({ cost, source })
})

test('a Work of other vectors is no proof, and nothing is charged', async () => {
  for (const contentHash of [
    deliveredHash([...floats].reverse()),
    keccak256(Buffer.concat(floats)),
    keccak256Utf8(JSON.stringify(vectors)),
  ]) {
    upstream.become(answerVectors({ ...honest, contentHash }))
    expect((await askForVectors()).error).toMatchObject({ code: 'attestation_failed' })
    // Whoever forged is asked no more until somebody vouches for it.
    gateway.pool.readmit('signs')
  }
  expect((await newEntries()).chargedAmount).toBe(0n)
})

test('speech is signed as the sound that it is', async () => {
  const sound = Buffer.from([0xff, 0xfb, 0x90, 0x00])
  const said = { contentHash: keccak256(sound), promptTokens: 3, completionTokens: 5 }
  upstream.become(signer.answerBody(sound, 'audio/mpeg', said))
  const response = await fetch(`${gateway.origin}/v1/audio/speech`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', voice: 'v', input: 'Hello' }),
  })
  expect(Buffer.from(await response.arrayBuffer())).toEqual(sound)
  const [{ receipt } = expect.fail('no receipt')] = (await newEntries()).receipts
  expect(receipt).toMatchObject({ tiers: 3, cost: '13', work: said })
})
