import { type Hex, hexOf } from '../base/hex.ts'
import { ownWords, workWords } from '../chain/receipt-typed-data.ts'
import { uintWord } from '../chain/typed-data.ts'
import type { ReceiptDocument } from '../domain/receipt-document.ts'
import { atomic, type Signature } from '../domain/units.ts'

/** A receipt with its signatures, as JSON has it. */
export type PackableReceipt = Pick<
  ReceiptDocument,
  'receipt' | 'contributorSignature' | 'gatewaySignature'
>

const wordBytes = 32
/** All members are static, so that a receipt lies in the head, member by member. */
const receiptWords = 29
const headBytes = (receiptWords + 2) * wordBytes

/**
 * `abi.encode(Receipt, bytes contributorSignature, bytes gatewaySignature)`: what contracts call `packed`
 * (contracts/src/types/Receipt.sol). Amounts are decimal text in the document, and all else is in range: it was signed.
 */
export function packReceipt(document: PackableReceipt): Hex {
  const contributor = bytesTail(document.contributorSignature as Signature)
  const gateway = bytesTail(document.gatewaySignature as Signature)
  const gatewayAt = headBytes + contributor.length / 2
  return hexOf(
    receiptWordsOf(document.receipt) +
      uintWord(headBytes, 256) +
      uintWord(gatewayAt, 256) +
      contributor +
      gateway,
  )
}

/** A `bytes` behind the head: its length, and its bytes filled up to whole words. */
function bytesTail(value: Hex): string {
  const digits = value.slice(2)
  const wordDigits = 2 * wordBytes
  const padded = Math.ceil(digits.length / wordDigits) * wordDigits
  return uintWord(digits.length / 2, 256) + digits.padEnd(padded, '0')
}

const receiptWordsOf = ({ work, ...receipt }: PackableReceipt['receipt']): string => {
  const amount = (text: string) => atomic(BigInt(text))
  const { cost, cumulative } = receipt
  const own = { ...receipt, cost: amount(cost), cumulative: amount(cumulative) }
  return workWords(work) + ownWords(own)
}
