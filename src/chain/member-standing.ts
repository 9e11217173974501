/*
 * How an operator stands in the ContributorRegistry, as a gateway must know that lets it join: whether it may serve, which of
 * its keys sign for it, and where it is paid.
 */
import { ok, type Result } from '../base/result.ts'
import {
  type Address,
  type Bytes32,
  bytes32,
  type UnixSeconds,
  unixSeconds,
} from '../domain/units.ts'
import type { Watched } from './block-watcher.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type Contract, readContract } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'
import { keccak256Utf8 } from './keccak.ts'
import { isServing } from './operator-registry.ts'
import { type RegisteredPayout, readRegisteredPayout } from './payout-registration.ts'

export type MemberStanding = {
  /** Registered, not paused, with a key and its minimum at stake. */
  readonly isServing: boolean
  /** Of the keys that were asked for, those that the registry knows and that are not revoked. */
  readonly keys: readonly { readonly key: Address; readonly activeFromS: UnixSeconds }[]
  /** Undefined while it has registered none. */
  readonly payout: RegisteredPayout | undefined
}

/** What changes a standing. All have the operator as their first indexed member. */
export const standingEvents = {
  OperatorRegistered: 'OperatorRegistered(address,string)',
  StakeAdded: 'StakeAdded(address,uint96,uint96)',
  SigningKeyAdded: 'SigningKeyAdded(address,address,uint64)',
  SigningKeyRevoked: 'SigningKeyRevoked(address,address,uint64)',
  OperatorPaused: 'OperatorPaused(address)',
  OperatorResumed: 'OperatorResumed(address)',
  UnbondingStarted: 'UnbondingStarted(address,uint96,uint96,uint40)',
  UnbondingCancelled: 'UnbondingCancelled(address,uint96,uint96)',
  OperatorSlashed: 'OperatorSlashed(address,bytes32,address,uint96,uint96)',
  PayoutRegistered: 'PayoutRegistered(address,uint256,address,address,uint40,uint64)',
} as const

const standingTopics = Object.values(standingEvents).map(keccak256Utf8)

/** The operators of a ContributorRegistry. */
export const operatorsOf = (registry: Contract): Watched => ({
  address: registry.address,
  topics: standingTopics,
})

/** How a look at the registry's events names an operator. */
export const operatorTopic = (operator: Address): Bytes32 =>
  bytes32(`0x${operator.slice(2).padStart(64, '0')}`)

/** Two calls of the node, and one for each key. */
export async function readMemberStanding(
  rpc: JsonRpc,
  registry: Contract,
  member: { readonly operator: Address; readonly keys: readonly Address[] },
): Promise<Result<MemberStanding, ChainFailure>> {
  const { operator } = member
  const [serving, payout, ...epochs] = await Promise.all([
    isServing(rpc, registry, operator),
    readRegisteredPayout(rpc, registry, operator),
    ...member.keys.map((key) =>
      readContract(rpc, {
        contract: registry,
        functionName: 'signingKeys',
        args: [operator, key],
      }),
    ),
  ])
  if (!serving.ok) return serving
  if (!payout.ok) return payout
  const keys: { readonly key: Address; readonly activeFromS: UnixSeconds }[] = []
  for (const [index, key] of member.keys.entries()) {
    const epoch = epochs[index]
    if (epoch === undefined) continue
    if (!epoch.ok) return epoch
    const [activeFrom, revokedAt] = epoch.value as readonly [bigint, bigint]
    // A block's time may be ahead of our clock: what is revoked at all is revoked now.
    if (activeFrom === 0n || revokedAt !== 0n) continue
    const activeFromS = unixSeconds(Math.min(Number(activeFrom), Number.MAX_SAFE_INTEGER))
    keys.push({ key, activeFromS })
  }
  return ok({ isServing: serving.value, keys, payout: payout.value })
}

/** Which of the keys may sign at a time. */
export const activeKeysOf = ({ keys }: MemberStanding, nowMs: number): readonly Address[] =>
  keys.filter(({ activeFromS }) => activeFromS <= nowMs / 1000).map(({ key }) => key)
