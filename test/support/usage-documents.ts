import type { PricedReceipt } from '../../src/proofs/usage-range.ts'

/** As a gateway writes receipts: amounts are text, since they are wider than JSON's numbers. */
export function receiptDocumentText({ priceSheet, ...signed }: PricedReceipt): string {
  const document = {
    object: 'vouch.receipt',
    ...signed,
    domain: {
      name: 'Vouch Receipts',
      version: '1',
      chainId: 31_337,
      verifyingContract: `0x${'77'.repeat(20)}`,
    },
    priceSheet,
    usage: { source: 'reported' },
  }
  return JSON.stringify(document, (_key, value) =>
    typeof value === 'bigint' ? String(value) : value,
  )
}
