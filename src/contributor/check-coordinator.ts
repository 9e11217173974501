/*
 * A coordinator before a contributor works for it, against a node of the contributor's own choice: a forger's would say that
 * everything is payable, one with an asset of its own would pay in nothing, and one that judges receipts elsewhere would not
 * know our signature.
 */
import { err, ok, type Result } from '../base/result.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import { checkChainId } from '../chain/contracts.ts'
import { readGenuineCoordinator } from '../chain/genuine-coordinator.ts'
import { type ReceiptHome, readMirroredHome } from '../chain/genuine-mirror.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { contributorRegistryAt, isSigningKeyActive } from '../chain/operator-registry.ts'
import { readRegistry } from '../chain/receipt-verifier-contract.ts'
import { readTokenLabel } from '../chain/token-label.ts'
import type { CoordinatorPlace } from '../domain/contract-job-headers.ts'
import { type Address, unixSecondsOf } from '../domain/units.ts'

/** A coordinator whose jobs may be answered, if it is what it should be. */
export type AcceptedCoordinator = CoordinatorPlace & {
  /** Our own choice: nobody else is believed about money. */
  readonly rpc: JsonRpc
  /** What it must pay in; undefined where a person named the coordinator, and so vouches for its asset. */
  readonly asset: Address | undefined
}

/** Who is to be paid there, and for what. */
export type PaidSigner = {
  readonly contributor: Address
  /** The address of the key that signs Work. */
  readonly signingAddress: Address
  /** The domain of what it signs. */
  readonly receipts: { readonly chainId: number; readonly verifyingContract: Address }
  /**
   * Of the asset that our prices are in: amounts of another asset are read the same only with as many. Undefined where a
   * person who named the coordinator vouches for that, too.
   */
  readonly decimals: number | undefined
}

export type CoordinatorFault =
  | { readonly reason: 'chain'; readonly failure: ChainFailure }
  | { readonly reason: 'not_genuine' }
  | { readonly reason: 'other_asset'; readonly asset: Address }
  | { readonly reason: 'other_decimals'; readonly asset: Address; readonly decimals: number }
  | { readonly reason: 'other_verifier'; readonly verifier: Address }
  | { readonly reason: 'key_inactive'; readonly registry: Address }

/** Words that fit behind "its jobs are not answered here:". */
export function describeCoordinatorFault(fault: CoordinatorFault): string {
  switch (fault.reason) {
    case 'chain':
      return describeChainFailure(fault.failure)
    case 'not_genuine':
      return 'it is no coordinator that this version of Vouch knows'
    case 'other_asset':
      return `it pays in ${fault.asset}, which nobody agreed to be paid in`
    case 'other_decimals':
      return `its asset ${fault.asset} has ${fault.decimals} decimals, and prices here are in another one`
    case 'other_verifier':
      return `its verifier ${fault.verifier} does not verify receipts of ours`
    case 'key_inactive':
      return `our signing key is not registered in ${fault.registry}, which it asks`
  }
}

export async function checkCoordinator(
  { rpc, chainId, coordinator, asset }: AcceptedCoordinator,
  signer: PaidSigner,
  nowMs: number,
): Promise<Result<void, CoordinatorFault>> {
  const there = await checkChainId(rpc, chainId)
  if (!there.ok) return chainFault(there.error)
  const parts = await readGenuineCoordinator(rpc, coordinator)
  if (!parts.ok) return chainFault(parts.error)
  if (parts.value === undefined) return err({ reason: 'not_genuine' })
  const { verifier, asset: paysIn } = parts.value
  if (asset !== undefined && asset !== paysIn) return err({ reason: 'other_asset', asset: paysIn })
  const label = await readTokenLabel(rpc, paysIn)
  if (!label.ok) return chainFault(label.error)
  const { decimals } = label.value
  if (decimals !== (signer.decimals ?? decimals)) {
    return err({ reason: 'other_decimals', asset: paysIn, decimals })
  }
  return checkVerifier({ rpc, chainId, verifier }, signer, nowMs)
}

/** That a receipt with our Work in it counts there. */
async function checkVerifier(
  place: { readonly rpc: JsonRpc; readonly chainId: number; readonly verifier: Address },
  { contributor, signingAddress, receipts }: PaidSigner,
  nowMs: number,
): Promise<Result<void, CoordinatorFault>> {
  const { rpc, verifier } = place
  const home = await homeOf(place, receipts)
  if (!home.ok) return chainFault(home.error)
  const isOurs =
    home.value?.chainId === receipts.chainId &&
    home.value.verifyingContract === receipts.verifyingContract
  if (!isOurs) return err({ reason: 'other_verifier', verifier })
  const registry = await readRegistry(rpc, verifier, 'contributors')
  if (!registry.ok) return chainFault(registry.error)
  const active = await isSigningKeyActive(rpc, contributorRegistryAt(registry.value), {
    operator: contributor,
    key: signingAddress,
    atS: unixSecondsOf(nowMs),
  })
  if (!active.ok) return chainFault(active.error)
  return active.value ? ok(undefined) : err({ reason: 'key_inactive', registry: registry.value })
}

/** Of which receipts a verifier is: a chain's own of those that are signed for it, a mirror of those of another chain. */
async function homeOf(
  { rpc, chainId, verifier }: Parameters<typeof checkVerifier>[0],
  receipts: PaidSigner['receipts'],
): Promise<Result<ReceiptHome | undefined, ChainFailure>> {
  if (chainId !== receipts.chainId) return readMirroredHome(rpc, verifier)
  return ok({ chainId, verifyingContract: verifier })
}

const chainFault = (failure: ChainFailure): Result<never, CoordinatorFault> =>
  err({ reason: 'chain', failure })
