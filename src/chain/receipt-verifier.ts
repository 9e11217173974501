import type { Address } from '../domain/units.ts'
import type { Contract } from './contracts.ts'
import { receiptVerifierAbi } from './generated/receipt-verifier.ts'

export const receiptVerifierAt = (address: Address): Contract => ({
  name: 'ReceiptVerifier',
  address,
  abi: receiptVerifierAbi,
})
