/*
 * The line about the gateway's keyset: that the key which signed the receipt endorses every other key that the gateway lists,
 * so that a signature by any of them (the field's convention, ACI) is as good as the receipt's. Asked only where the gateway
 * is known.
 */
import { hexOf } from '../base/hex.ts'
import { sha256Hex } from '../base/sha256.ts'
import { keysetDigest } from '../chain/keyset-typed-data.ts'
import { receiptDomain } from '../chain/receipt-typed-data.ts'
import { type Address, bytes32, type Signature, type UnixSeconds } from '../domain/units.ts'
import { canonicalText } from './answer-hash.ts'
import { askGateway, describeBillingFailure } from './ask-gateway.ts'
import { type CheckLine, fails, holds, unknown } from './check-line.ts'
import type { FurtherCheck } from './further-checks.ts'
import { objectReader, type Reader } from './object-reader.ts'
import { readSigner } from './recover-signers.ts'
import {
  addressReader,
  listReader,
  secondsReader,
  signatureReader,
  textReader,
} from './value-readers.ts'

type Keyset = {
  readonly gateway: Address
  readonly valid_until: UnixSeconds
  readonly keys: readonly { readonly role: string }[]
  readonly endorsement: { readonly signature: Signature }
}
const keysetReader = objectReader<Keyset>(
  {
    gateway: addressReader,
    valid_until: secondsReader,
    keys: listReader(objectReader<{ readonly role: string }>({ role: textReader }, 'ignored')),
    endorsement: objectReader<{ readonly signature: Signature }>(
      { signature: signatureReader },
      'ignored',
    ),
  },
  'ignored',
)

/** With the document's canonical text but for its endorsement: what is endorsed. */
type Read = { readonly keyset: Keyset; readonly endorsed: string }
const documentReader: Reader<Read> = (value, place) => {
  const keyset = keysetReader(value, place)
  if (keyset === undefined) return undefined
  const { endorsement: _, ...rest } = value as Record<string, unknown>
  return { keyset, endorsed: canonicalText(rest) }
}

export const checkKeyset: FurtherCheck = async ({ verification, signers, gateway: place }) => {
  if (place === undefined) return []
  const check = 'keyset'
  const asked = { origin: place.origin, path: '/v1/keyset', init: {} }
  const answer = await askGateway(asked, documentReader)
  if (!answer.ok) return [unknown(check, describeBillingFailure(answer.error))]
  const { keyset, endorsed } = answer.value
  const { receipt, domain } = verification.receipt
  const { gateway, valid_until: validUntil } = keyset
  if (gateway !== receipt.work.gateway) {
    return [fails(check, `it is the keyset of ${gateway}, not of the receipt's gateway`)]
  }
  const keysetHash = bytes32(hexOf(sha256Hex(endorsed)))
  const digest = keysetDigest(receiptDomain(domain), { gateway, keysetHash, validUntil })
  const endorser = readSigner(digest, keyset.endorsement.signature)
  if (endorser.kind !== 'key' || signers.gateway.kind !== 'key') {
    return [unknown(check, 'it is not endorsed by a plain key')]
  }
  return [
    judge(keyset, endorser.address, { key: signers.gateway.address, nowMs: verification.nowMs }),
  ]
}

/** A changed keyset looks like one that some other key endorses, and so does one from after the registered key changed. */
function judge(
  { keys, valid_until: validUntil }: Keyset,
  endorser: Address,
  expected: { readonly key: Address; readonly nowMs: number },
): CheckLine {
  const check = 'keyset'
  if (endorser !== expected.key) {
    return unknown(
      check,
      `endorsed by ${endorser}, or changed; the receipt's key is ${expected.key}`,
    )
  }
  if (validUntil * 1000 < expected.nowMs) return unknown(check, `it ended at second ${validUntil}`)
  const roles = keys.map(({ role }) => role).join(', ')
  return holds(check, `the receipt's key endorses every key of the gateway: ${roles}`)
}
