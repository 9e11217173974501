import { err, ok, type Result } from '../base/result.ts'
import { canonicalSettlementAddress } from '../chain/channel-settlement.ts'
import { type Address, address, isAddress } from '../domain/units.ts'
import { findRepeatedKey } from './find-repeated-key.ts'
import { objectReader, type ShapeFault, valueReader } from './object-reader.ts'
import type { ReceiptPlace } from './parse-receipt-document.ts'
import { addressReader } from './value-readers.ts'

/** A signing key that the person who verifies knows from elsewhere than the receipt. */
export type KnownKey = {
  /** Whose key it is; undefined where it was given without saying so. */
  readonly operator: Address | undefined
  readonly key: Address
}

/**
 * What the person who verifies already trusts. A receipt names its own chain, contract, operators
 * and keys: without an anchor from elsewhere, whoever forges all of them together would pass.
 */
export type TrustAnchors = {
  /** Judges proofs of models (tier 64); default: the one that the receipt's own verifier leads to. */
  readonly modelProofs?: Address | undefined
  readonly receiptVerifier: ReceiptPlace | undefined
  readonly gatewayKeys: readonly KnownKey[]
  readonly contributorKeys: readonly KnownKey[]
  /** Accounts whose verdicts count; undefined: nobody's. */
  readonly auditors?: readonly Address[] | undefined
  /** The contract that holds the channels, to look one up. */
  readonly channelSettlement: Address
}

export const noTrustAnchors: TrustAnchors = {
  receiptVerifier: undefined,
  gatewayKeys: [],
  contributorKeys: [],
  channelSettlement: canonicalSettlementAddress,
}

/** Operator → its signing keys, as JSON has it. */
const keysReader = valueReader<readonly KnownKey[]>(
  'an object of operator addresses, each with an array of key addresses',
  (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    const known: KnownKey[] = []
    for (const [operator, keys] of Object.entries(value)) {
      if (!isAddress(operator) || !Array.isArray(keys) || !keys.every(isAddress)) return undefined
      for (const key of keys) known.push({ operator: address(operator), key: address(key) })
    }
    return known
  },
)
const chainIdReader = valueReader('a chain id', (value) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined,
)

/** The trust file, field for field. */
type TrustFile = {
  readonly chainId: number
  readonly receiptVerifier: Address
  readonly gateways: readonly KnownKey[]
  readonly contributors: readonly KnownKey[]
}

const trustFileReader = objectReader<TrustFile>(
  {
    chainId: chainIdReader,
    receiptVerifier: addressReader,
    gateways: keysReader,
    contributors: keysReader,
  },
  'refused',
)

/**
 * Reads a trust file (docs/receipts.md). Every field is required: a half-filled file would trust by
 * omission.
 */
export function parseTrustFile(text: string): Result<TrustAnchors, readonly ShapeFault[]> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return err([{ path: '', expected: 'JSON', found: 'something else' }])
  }
  const repeated = findRepeatedKey(text)
  if (repeated !== undefined) {
    return err([{ path: repeated, expected: 'the field once', found: 'it twice' }])
  }
  const faults: ShapeFault[] = []
  const file = trustFileReader(value, { path: '', faults })
  if (file === undefined) return err(faults)
  const { chainId, receiptVerifier: verifyingContract } = file
  return ok({
    ...noTrustAnchors,
    receiptVerifier: { chainId, verifyingContract },
    gatewayKeys: file.gateways,
    contributorKeys: file.contributors,
  })
}

/**
 * The text of a trust file, for whoever deploys a gateway and wants its users to be able to pin it.
 */
export function formatTrustFile(
  anchors: TrustAnchors & { readonly receiptVerifier: ReceiptPlace },
): string {
  const { receiptVerifier } = anchors
  const file = {
    chainId: receiptVerifier.chainId,
    receiptVerifier: receiptVerifier.verifyingContract,
    gateways: keysByOperator(anchors.gatewayKeys),
    contributors: keysByOperator(anchors.contributorKeys),
  }
  return `${JSON.stringify(file, undefined, 2)}\n`
}

function keysByOperator(known: readonly KnownKey[]): Record<string, Address[]> {
  const byOperator: Record<string, Address[]> = {}
  for (const { operator, key } of known) {
    if (operator === undefined) continue
    byOperator[operator] = [...(byOperator[operator] ?? []), key]
  }
  return byOperator
}
