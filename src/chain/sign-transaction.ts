import type { Hex } from '../base/hex.ts'
import { type Address, type Bytes32, bytes32 } from '../domain/units.ts'
import type { Fees } from './fees.ts'
import type { PrivateKey } from './private-key.ts'
import { signDigest } from './signatures.ts'

/** A transaction that is ready for a node, and the name by which it is found again. */
export type SignedTransaction = { readonly transactionHash: Bytes32; readonly raw: Hex }

/** The same terms and key always give the same bytes. */
export async function signTransaction(
  terms: Fees & {
    readonly chainId: number
    readonly nonce: number
    readonly to: Address
    readonly data: Hex
    readonly gasLimit: bigint
  },
  privateKey: PrivateKey,
): Promise<SignedTransaction> {
  const ethers = await import('ethers')
  const transaction = ethers.Transaction.from({ type: 2, ...terms })
  transaction.signature = signDigest(bytes32(transaction.unsignedHash), privateKey)
  return {
    transactionHash: bytes32(transaction.hash ?? ''),
    raw: transaction.serialized as Hex,
  }
}

/** The state may change between the estimate and the block, and a nested call keeps back 1/64 of its gas. */
export const gasLimitOf = (estimate: bigint): bigint => (estimate * 5n) / 4n
