import type { Receipt } from '../domain/receipt.ts'

/** Why there is no proof of these receipts. `reason` is stable; `detail` is for people and names the receipt. */
export type UsageRefusal = {
  readonly reason:
    | 'receipts_missing'
    | 'receipt_elsewhere'
    | 'receipts_apart'
    | 'sheet_mismatch'
    | 'overcharged'
    | 'work_unsigned'
    | 'signed_by_contract'
    | 'signature_malformed'
    | 'sheets_too_many'
    | 'signers_too_many'
  readonly detail: string
}

export const refuseUsage = (
  reason: UsageRefusal['reason'],
  { channelSeq, receiptId }: Pick<Receipt, 'channelSeq' | 'receiptId'>,
  detail: string,
): UsageRefusal => ({ reason, detail: `receipt ${channelSeq} (${receiptId}): ${detail}` })
