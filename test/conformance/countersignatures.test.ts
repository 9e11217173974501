/*
 * A payer accepts a charge at a real gateway: its countersignature stands beside the receipt from then on, for whoever asks
 * for that, and the receipt's own bytes stay.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { countersignatureDigest } from '../../src/chain/countersignature-typed-data.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey, signDigest } from '../../src/chain/signatures.ts'
import { checkCountersignature } from '../../src/client/check-countersignature.ts'
import { parseReceiptDocument } from '../../src/client/parse-receipt-document.ts'
import { recoverSigners } from '../../src/client/recover-signers.ts'
import { testSettlement } from '../support/gateway-on-ledger.ts'
import { type OwnedChannel, startOwnedChannel } from '../support/owned-channel.ts'

let owned: OwnedChannel

beforeAll(async () => {
  owned = await startOwnedChannel()
})
afterAll(() => owned.stop())

const asked = (path: string) =>
  fetch(owned.gateway.origin + path, { headers: { authorization: owned.authorization() } })

/** The text of a fresh receipt, as the gateway serves it. */
async function freshReceipt() {
  const answer = await fetch(`${owned.gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${owned.apiKey}` },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] }),
  })
  await answer.text()
  const id = answer.headers.get('x-vouch-receipt') ?? ''
  const text = await (await asked(`/v1/receipts/${id}`)).text()
  return { id, text, parsed: parsedOf(text) }
}

function parsedOf(text: string) {
  const parsed = parseReceiptDocument(Buffer.from(text))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  return parsed.value
}

type Fresh = Awaited<ReturnType<typeof freshReceipt>>

const signedBy = (key: PrivateKey, { parsed }: Fresh): string =>
  signDigest(
    countersignatureDigest(receiptDomain(parsed.domain), recoverSigners(parsed).receiptDigest),
    key,
  )

const send = ({ id }: Pick<Fresh, 'id'>, body: unknown) =>
  owned.post(`/v1/receipts/${id}/countersignature`, body)

describe('a countersignature', () => {
  test.each(['payerKey', 'sessionKey'] as const)('of the %s is shown and holds', async (role) => {
    const fresh = await freshReceipt()
    const signature = signedBy(owned[role], fresh)
    const { status, json } = await send(fresh, { signature })
    expect(status).toBe(200)
    const signer = addressOfPrivateKey(owned[role])
    expect(json).toMatchObject({ object: 'vouch.countersignature', signer, signature })
    const text = await (await asked(`/v1/receipts/${fresh.id}`)).text()
    expect(text.startsWith(fresh.text.slice(0, -1))).toBe(true)
    const shown = parsedOf(text)
    const anchors = { channelSettlement: testSettlement }
    const line = checkCountersignature(shown, recoverSigners(shown), anchors)
    expect(line).toMatchObject({ check: 'countersignature', verdict: 'holds' })
  })

  test('stays the first that came', async () => {
    const fresh = await freshReceipt()
    const first = await send(fresh, { signature: signedBy(owned.payerKey, fresh) })
    const second = await send(fresh, { signature: signedBy(owned.sessionKey, fresh) })
    expect(second.json).toEqual(first.json)
  })

  test('is nobody else’s, and of no other receipt', async () => {
    const [fresh, other] = [await freshReceipt(), await freshReceipt()]
    for (const signature of [
      signedBy(randomPrivateKey(), fresh),
      signedBy(owned.payerKey, other),
      '0x',
    ]) {
      const { status, json } = await send(fresh, { signature })
      expect(status).toBe(400)
      expect(json).toMatchObject({ error: { code: 'owner_signature_invalid' } })
    }
    expect(await (await asked(`/v1/receipts/${fresh.id}`)).text()).toBe(fresh.text)
  })

  test.each([
    ['no JSON', '{', 400, 'invalid_json'],
    ['no signature', {}, 400, 'invalid_value'],
    ['a list', [], 400, 'invalid_value'],
    ['nothing', 'null', 400, 'invalid_value'],
  ])('that is %s is refused', async (_, body, status, code) => {
    const fresh = await freshReceipt()
    const refused = await send(fresh, body)
    expect(refused).toMatchObject({ status, json: { error: { code } } })
  })

  test('of a receipt that is not there is refused', async () => {
    for (const id of [`0x${'ab'.repeat(32)}`, 'req_1']) {
      const refused = await send({ id }, { signature: '0x12' })
      expect(refused).toMatchObject({ status: 404, json: { error: { code: 'receipt_not_found' } } })
    }
  })
})
