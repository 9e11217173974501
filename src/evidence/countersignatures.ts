/*
 * What payers say of their receipts: that they accept the charge. Only the payer's own account counts, or the session key that
 * the channel's terms name; a payer that is a contract signs by its session key, since its own signature only its chain can
 * judge.
 */
import { err, ok, type Result } from '../base/result.ts'
import { countersignatureDigest } from '../chain/countersignature-typed-data.ts'
import { recoverSigner } from '../chain/signatures.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { Countersignature } from '../domain/countersignature.ts'
import type { Refusal } from '../domain/refusal.ts'
import { type Bytes32, type Signature, unixSecondsOf } from '../domain/units.ts'
import type { CountersignatureStore } from '../store/countersignature-store.ts'
import { type LedgerStore, StoreFailure } from '../store/ledger-store.ts'

export type Countersignatures = {
  /** Keeps the first; the same receipt again answers that one. */
  readonly take: (order: {
    readonly receiptId: Bytes32
    readonly signature: Signature
  }) => Promise<Result<Countersignature, Refusal>>
  /** Undefined where its payer said nothing. */
  readonly of: (receiptId: Bytes32) => Promise<Result<Countersignature | undefined, Refusal>>
}

export function createCountersignatures(deps: {
  readonly ledger: Pick<LedgerStore, 'channel' | 'receipt'>
  readonly store: Pick<CountersignatureStore, 'put' | 'of'>
  /** Of receipts: `receiptDomain`. */
  readonly domain: DomainSeparator
  readonly nowMs: () => number
}): Countersignatures {
  const { ledger, store, domain, nowMs } = deps
  return {
    take: ({ receiptId, signature }) =>
      orStoreRefusal(async () => {
        const receipt = await ledger.receipt(receiptId)
        const channel = receipt && (await ledger.channel(receipt.channelId))
        if (receipt === undefined || channel === undefined)
          return err({ reason: 'receipt_not_found' })
        const { chainId, config } = channel
        const signer = recoverSigner(countersignatureDigest(domain, receipt.digest), signature)
        const isSession = signer === config.payerAuthorizer
        if (signer === undefined || (signer !== config.payer && !isSession)) {
          return err({ reason: 'owner_signature_invalid' })
        }
        const countersignature: Countersignature = {
          signer,
          signature,
          receivedAt: unixSecondsOf(nowMs()),
          ...(isSession && { channel: { chainId, config } }),
        }
        return ok((await store.put({ receiptId, countersignature })).countersignature)
      }),
    of: (receiptId) =>
      orStoreRefusal(async () => ok((await store.of(receiptId))?.countersignature)),
  }
}

async function orStoreRefusal<T>(
  act: () => Promise<Result<T, Refusal>>,
): Promise<Result<T, Refusal>> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof StoreFailure) return err({ reason: 'store_unavailable' })
    throw error
  }
}
