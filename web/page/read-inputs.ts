/* What a person put in, as what the checks take. A value that cannot be meant is shown at its field and stops the check. */
import { utf8Bytes } from '../../src/base/bytes.ts'
import { fromHex } from '../../src/base/hex.ts'
import { canonicalSettlementAddress } from '../../src/chain/channel-settlement.ts'
import type { ReceiptPolicy } from '../../src/client/check-policy.ts'
import type { ReceiptPlace } from '../../src/client/parse-receipt-document.ts'
import type { TrustAnchors } from '../../src/client/trust-anchors.ts'
import { type Address, address, isAddress, isHex } from '../../src/domain/units.ts'
import { byId } from './dom.ts'

export type ByteField = 'receipt' | 'request' | 'response' | 'content' | 'manifest'

/** Files that were chosen or dropped, in place of what their text fields hold. */
const files = new Map<ByteField, Uint8Array>()

export const setBytes = (field: ByteField, bytes: Uint8Array | undefined): void => {
  if (bytes === undefined) files.delete(field)
  else files.set(field, bytes)
}

/** Undefined for a field that was left empty. */
export function bytesOf(field: ByteField): Uint8Array | undefined {
  const file = files.get(field)
  if (file !== undefined) return file
  const text = byId(field, HTMLTextAreaElement).value
  return text === '' ? undefined : utf8Bytes(text)
}

export type Inputs = {
  readonly anchors: (chainId: number) => TrustAnchors
  readonly policy: ReceiptPolicy
  readonly rpcUrl: string | undefined
  /** Whose log is asked. */
  readonly gatewayUrl: string | undefined
  /** Of a proof, where the person knows it. */
  readonly verificationKey: Uint8Array | undefined
  readonly takesDevInsecure: boolean
}

/** Undefined after it has marked the fields that cannot be used. */
export function readInputs(): Inputs | undefined {
  const gateway = readAddress('gateway')
  const gatewayKey = readAddress('gateway-key')
  const contributorKey = readAddress('contributor-key')
  const verifier = readAddress('verifier')
  const rpcUrl = readUrl('rpc')
  const verificationKey = readHex('vk')
  const asksLog = byId('log', HTMLInputElement).checked
  const gatewayUrl = readUrl('gateway-url')
  const isMissing = asksLog && gatewayUrl === undefined
  if (isMissing)
    mark(byId('gateway-url', HTMLInputElement), 'The log of which gateway? Its URL goes here.')
  if (isMissing || document.querySelector('[aria-invalid="true"]') !== null) return undefined
  const known = (key: Address | undefined, operator?: Address) =>
    key === undefined ? [] : [{ operator, key }]
  const tiers = byId('tiers', HTMLSelectElement).value
  return {
    anchors: (chainId): TrustAnchors => ({
      receiptVerifier: placeOf(chainId, verifier),
      gatewayKeys: known(gatewayKey, gateway),
      contributorKeys: known(contributorKey),
      channelSettlement: canonicalSettlementAddress,
    }),
    policy: {
      gateway,
      modelId: undefined,
      tiers: tiers === '' ? undefined : Number(tiers),
      maxAgeS: undefined,
    },
    rpcUrl,
    gatewayUrl: asksLog ? gatewayUrl : undefined,
    verificationKey,
    takesDevInsecure: byId('dev-insecure', HTMLInputElement).checked,
  }
}

const placeOf = (
  chainId: number,
  verifyingContract: Address | undefined,
): ReceiptPlace | undefined =>
  verifyingContract === undefined ? undefined : { chainId, verifyingContract }

function readAddress(id: string): Address | undefined {
  const field = byId(id, HTMLInputElement)
  const text = field.value.trim()
  mark(field, text === '' || isAddress(text) ? '' : 'An address is 0x and 40 hex digits.')
  return isAddress(text) ? address(text) : undefined
}

function readHex(id: string): Uint8Array | undefined {
  const field = byId(id, HTMLInputElement)
  const text = field.value.trim()
  mark(field, text === '' || isHex(text) ? '' : 'The bytes of a key are 0x and hex digits.')
  return text !== '' && isHex(text) ? fromHex(text) : undefined
}

/** Without a slash, and without `/v1`, at its end. */
export function readUrl(id: string): string | undefined {
  const field = byId(id, HTMLInputElement)
  const text = field.value.trim()
  const protocol = URL.parse(text)?.protocol
  const isUrl = protocol === 'http:' || protocol === 'https:'
  mark(field, text === '' || isUrl ? '' : 'A URL begins with https:// or http://')
  return isUrl ? text.replace(/\/(v1\/?)?$/, '') : undefined
}

function mark(field: HTMLInputElement, fault: string): void {
  field.setAttribute('aria-invalid', String(fault !== ''))
  field.title = fault
  field.setCustomValidity(fault)
}
