import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canonicalJson, type Json } from '../../../src/base/canonical-json.ts'
import { keysetDigest } from '../../../src/chain/keyset-typed-data.ts'
import { receiptDomain } from '../../../src/chain/receipt-typed-data.ts'
import { signDigest } from '../../../src/chain/signatures.ts'
import { checkKeyset } from '../../../src/client/check-keyset.ts'
import { recoverSigners } from '../../../src/client/recover-signers.ts'
import { unixSeconds } from '../../../src/domain/units.ts'
import { sha256Of } from '../../support/hostile-gateway.ts'
import {
  contributorKey,
  finishedAt,
  gatewayKey,
  gatewayOperator,
  place,
  signReceipt,
  verificationOf,
} from '../../support/signed-receipt.ts'

let answered: unknown
const server = createServer(({ url }, outgoing) => {
  outgoing.writeHead(url === '/v1/keyset' ? 200 : 404).end(JSON.stringify(answered))
})
let origin: string
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

const validUntil = unixSeconds(finishedAt + 3_600)
const document = {
  object: 'vouch.keyset',
  gateway: gatewayOperator,
  valid_until: validUntil,
  keys: [{ role: 'registered' }, { role: 'convention', public_key: 'ab' }],
} satisfies Record<string, Json>

/** As a gateway endorses it. */
function endorsed(fields: Record<string, Json> = {}, key = gatewayKey): Record<string, Json> {
  const unsigned = { ...document, ...fields }
  const digest = keysetDigest(receiptDomain(place), {
    gateway: gatewayOperator,
    keysetHash: sha256Of(canonicalJson(unsigned)),
    validUntil: unixSeconds(Number(unsigned.valid_until)),
  })
  return { ...unsigned, endorsement: { signature: signDigest(digest, key) } }
}

async function line(value: unknown): Promise<string> {
  answered = value
  const parsed = signReceipt()
  const [only] = await checkKeyset({
    verification: verificationOf(parsed),
    signers: recoverSigners(parsed),
    gateway: { origin, authorization: undefined },
    rpc: undefined,
  })
  return `${only?.verdict}: ${only?.detail}`
}

describe('the line about the keyset', () => {
  test('holds where the receipt’s key endorses it', async () => {
    expect(await line(endorsed())).toBe(
      "holds: the receipt's key endorses every key of the gateway: registered, convention",
    )
  })

  test.each([
    ['another key', () => endorsed({}, contributorKey)],
    ['a key that was put in afterwards', () => ({ ...endorsed(), keys: [{ role: 'mine' }] })],
    ['one that ended', () => endorsed({ valid_until: finishedAt })],
    ['no keyset', () => ({})],
    ['another signature', () => ({ ...endorsed(), endorsement: { signature: '0x00' } })],
  ])('is unknown for %s', async (_, made) => {
    expect(await line(made())).toMatch(/^unknown/)
  })

  test('fails for the keyset of another gateway', async () => {
    expect(await line(endorsed({ gateway: signReceipt().receipt.client }))).toMatch(/^fails/)
  })

  test('is none where nobody said which gateway', async () => {
    const parsed = signReceipt()
    const signers = recoverSigners(parsed)
    const question = { verification: verificationOf(parsed), signers, gateway: undefined }
    expect(await checkKeyset({ ...question, rpc: undefined })).toEqual([])
  })
})
