/*
 * What a contributor is told of a job that a contract asked for, beside `x-vouch-job`, which is the chain's own id of it: where
 * it can look the job up, and the terms, of which the chain keeps the hash alone (chain/job-terms.ts reads and writes them).
 */
import { type Address, address, isAddress } from './units.ts'

/** `eip155:<chainId>:<coordinator>`, an account as CAIP-10 writes it. Only jobs of contracts have it. */
export const askedAtHeader = 'x-vouch-asked-at'
/** `abi.encode(JobTerms)` in hex. */
export const jobTermsHeader = 'x-vouch-terms'

/** The contract that keeps a job and its money. */
export type CoordinatorPlace = { readonly chainId: number; readonly coordinator: Address }

export const writeAskedAt = ({ chainId, coordinator }: CoordinatorPlace): string =>
  `eip155:${chainId}:${coordinator}`

/** Undefined for whatever names no coordinator. */
export function readAskedAt(text: string): CoordinatorPlace | undefined {
  const [, digits, coordinator] = /^eip155:([1-9]\d{0,15}):(0x\w{40})$/.exec(text) ?? []
  const chainId = Number(digits)
  if (!Number.isSafeInteger(chainId) || !isAddress(coordinator)) return undefined
  return { chainId, coordinator: address(coordinator) }
}
