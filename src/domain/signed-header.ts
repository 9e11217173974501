/*
 * What stands in the `Authorization: Vouch <base64url(JSON)>` of a signed question, or of an order without a body.
 */
import {
  type Address,
  address,
  isAddress,
  isHex,
  type Signature,
  signature,
  type UnixSeconds,
  unixSeconds,
} from './units.ts'

export type SignedHeader = {
  /** Who says that it asks. */
  readonly sender: Address
  readonly validUntil: UnixSeconds
  readonly signature: Signature
  /** Of an order; a question has none. */
  readonly nonce: number | undefined
}

/** `sentBy` is the member that names the sender. Undefined for whatever is not whole. */
export function readSignedHeader(
  authorization: string | undefined,
  sentBy: 'lender' | 'contributor' | 'auditor',
): SignedHeader | undefined {
  const fields = fieldsIn(authorization)
  const { [sentBy]: sender, validUntil, nonce, signature: signed } = fields ?? {}
  if (!isAddress(sender) || !isHex(signed) || !isWhole(validUntil)) return undefined
  return {
    sender: address(sender),
    validUntil: unixSeconds(validUntil),
    signature: signature(signed),
    nonce: isWhole(nonce) ? nonce : undefined,
  }
}

type Fields = Readonly<Record<string, unknown>>

function fieldsIn(authorization: string | undefined): Fields | undefined {
  const [, encoded] = /^Vouch +([\w-]{1,1024})$/i.exec(authorization ?? '') ?? []
  if (encoded === undefined) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString())
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined
  } catch {
    return undefined
  }
}

const isWhole = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
