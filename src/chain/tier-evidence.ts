/*
 * Keys that live in a trusted execution environment, as the TierEvidence contract has them. A quote binds one key of one
 * operator to one contract on one chain; the contract's own verifier judges it.
 */
import { ok, type Result } from '../base/result.ts'
import type { Address, Bytes32, UnixSeconds } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type Contract, type ContractCall, readContract } from './contracts.ts'
import { tierEvidenceAbi } from './generated/tier-evidence.ts'
import type { JsonRpc } from './json-rpc.ts'
import { keccak256Hex } from './keccak.ts'
import { addressWord, hashWord, uintWord } from './typed-data.ts'

/** Whose key is bound, and where. */
export type KeyBinding = {
  readonly chainId: number
  readonly tierEvidence: Address
  readonly operator: Address
  readonly key: Address
}

const tierEvidenceAt = (place: Address): Contract => ({
  name: 'TierEvidence',
  address: place,
  abi: tierEvidenceAbi,
})

/** What the contract asks its verifier to find in a quote. */
const bindingHash = ({ chainId, tierEvidence, operator, key }: KeyBinding): Bytes32 =>
  keccak256Hex(
    uintWord(chainId, 256) + addressWord(tierEvidence) + addressWord(operator) + addressWord(key),
  )

/** The 64 bytes of report data in a quote that binds: the key, `bindingHash`, and twelve zero bytes. */
export const bindingReportData = (binding: KeyBinding): Buffer =>
  Buffer.from(`${binding.key.slice(2)}${hashWord(bindingHash(binding))}${'00'.repeat(12)}`, 'hex')

/** Anybody may send it: the quote says whose key it is. */
export const bindKeyCall = (
  { tierEvidence, operator, key }: KeyBinding,
  quote: Uint8Array,
): ContractCall => ({
  contract: tierEvidenceAt(tierEvidence),
  functionName: 'bindKey',
  args: [operator, key, quote],
})

/** Whether a quote for `key` covered this time. */
export async function readBoundAt(
  rpc: JsonRpc,
  { tierEvidence, operator, key }: Omit<KeyBinding, 'chainId'>,
  at: UnixSeconds,
): Promise<Result<boolean, ChainFailure>> {
  const answer = await readContract(rpc, {
    contract: tierEvidenceAt(tierEvidence),
    functionName: 'isBoundAt',
    args: [operator, key, at],
  })
  return answer.ok ? ok(answer.value[0] as boolean) : answer
}
