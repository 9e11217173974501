/*
 * Receipts of answers that a real `vouch serve` made durable together: each is judged by itself, off chain and by the contract.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsonRpc } from '../../src/chain/json-rpc.ts'
import { callVerify } from '../../src/chain/receipt-verifier-contract.ts'
import { parseReceiptDocument } from '../../src/client/parse-receipt-document.ts'
import { recoverSigners } from '../../src/client/recover-signers.ts'
import { expectOk } from '../support/dev-chain.ts'
import {
  openServingPlace,
  type ServingGateway,
  type ServingPlace,
} from '../support/serving-place.ts'

let place: ServingPlace
let gateway: ServingGateway
let headers: Record<string, string>

beforeAll(async () => {
  place = await openServingPlace()
  gateway = await place.start()
  expect(await place.signTranche(1_000_000n)).toBe(200)
  headers = {
    authorization: `Bearer ${await place.createApiKey()}`,
    'content-type': 'application/json',
  }
})
afterAll(async () => {
  await gateway.kill()
  await place.remove()
})

async function ask(): Promise<string> {
  const body = {
    model: place.modelName,
    messages: [{ role: 'user', content: 'hi' }],
    max_tokens: 1,
  }
  const answer = await fetch(`${place.origin}/v1/chat/completions`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  await answer.arrayBuffer()
  return answer.headers.get('x-vouch-receipt') ?? ''
}

async function receiptOf(id: string, query = '') {
  const got = await fetch(`${place.origin}/v1/receipts/${id}${query}`, { headers })
  return expectOk(parseReceiptDocument(Buffer.from(await got.arrayBuffer())))
}

test('answers at once share signatures, and each receipt is valid by itself', async () => {
  const rpc = jsonRpc(place.chain().url)
  const shared: string[] = []
  // Which answers end together is up to the machine: asked again until some did.
  while (shared.length === 0) {
    const ids = await Promise.all(Array.from({ length: 8 }, ask))
    for (const id of ids) {
      const parsed = await receiptOf(id)
      expect(recoverSigners(parsed).gateway.kind).toBe('key')
      const { verifyingContract } = parsed.domain
      expect(expectOk(await callVerify(rpc, verifyingContract, parsed)).ok).toBe(true)
      if (parsed.gatewaySignature.length > 132) shared.push(id)
    }
  }
  const [id = ''] = shared
  const plain = await receiptOf(id, '?signature=plain')
  expect(plain.gatewaySignature).toHaveLength(132)
  expect(recoverSigners(plain)).toEqual(recoverSigners(await receiptOf(id)))
  const refused = await fetch(`${place.origin}/v1/receipts/${id}?signature=other`, { headers })
  expect(refused.status).toBe(400)
})
