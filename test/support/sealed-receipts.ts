import { sealReceipt } from '../../src/attestation/seal-receipt.ts'
import type { SignTogether } from '../../src/attestation/sign-together.ts'
import { hashPriceSheet, receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import type { ReceiptPosition, SealedReceipt } from '../../src/domain/hold.ts'
import type { ReceiptEvidence } from '../../src/domain/receipt-document.ts'
import {
  type AtomicAmount,
  type Bytes32,
  noSignature,
  type UnixSeconds,
  unixSeconds,
  zeroBytes32,
} from '../../src/domain/units.ts'
import { gatewayKey, gatewayOperator, place, priceSheet, work } from './signed-receipt.ts'

/** Seals as a gateway does, whatever the answer was. */
export const sealing =
  (of: {
    readonly receiptId: Bytes32
    readonly channelId: Bytes32
    readonly cost: AtomicAmount
    readonly sealedAt?: UnixSeconds
    readonly evidence?: ReceiptEvidence
    readonly signTogether?: SignTogether
  }) =>
  (position: ReceiptPosition): SealedReceipt => {
    const { signTogether, sealedAt = unixSeconds(position.gatewaySeq), ...named } = of
    const keys = { operator: gatewayOperator, privateKey: gatewayKey, signTogether }
    const signer = { ...keys, domain: receiptDomain(place), ...place }
    const unsealed = {
      ...named,
      work,
      contributorSignature: noSignature,
      client: gatewayOperator,
      requestHash: work.inputHash,
      responseHash: zeroBytes32,
      prices: priceSheet,
      priceHash: hashPriceSheet(priceSheet),
      usageSource: 'counted' as const,
      record: JSON.stringify({ receiptId: of.receiptId, name: 'schön' }),
      sealedAt,
      answerId: undefined,
    }
    return sealReceipt(signer, unsealed, position)
  }
