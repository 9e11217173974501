/*
 * What an operator can ask of its registry, each as one transaction, and which of them are still to be sent. Nothing here
 * sends anything: the chain's state decides alone, so a run that died anywhere is continued by looking again.
 */
import { err, ok, type Result } from '../base/result.ts'
import type { Address, AtomicAmount, UnixSeconds } from '../domain/units.ts'
import type { ContractCall } from './contracts.ts'
import { type OperatorStanding, signingKeyState, stakeTokenAt } from './operator-standing.ts'
import type { RegisteredPayout } from './payout-registration.ts'

/** One transaction of an operator. */
export type OperatorStep = ContractCall & { readonly functionName: OperatorStepName }

export type OperatorStepName =
  | 'approve'
  | 'register'
  | 'addStake'
  | 'addSigningKey'
  | 'revokeSigningKey'
  | 'registerPayout'
  | 'setEndpoint'
  | 'startUnbonding'
  | 'cancelUnbonding'
  | 'withdrawUnbonded'
  | 'pause'
  | 'resume'

/** Why the chain can never be brought to what is wanted from where it is. */
export type StepObstacle =
  /** The registry takes a revoked key never again: another one is needed. */
  | { readonly reason: 'signing_key_revoked'; readonly key: Address }
  /** Keys that nobody here knows are active, and stake cannot leave before they are revoked. */
  | { readonly reason: 'unknown_keys_active'; readonly count: number }
  | { readonly reason: 'not_registered'; readonly account: Address }
  /** The stake cannot be less than the registry's minimum while a key is active. */
  | { readonly reason: 'stake_below_minimum'; readonly minStake: AtomicAmount }

/** One line for a person. */
export function describeObstacle(obstacle: StepObstacle): string {
  switch (obstacle.reason) {
    case 'signing_key_revoked':
      return `the signing key ${obstacle.key} was revoked and is never taken again: use another one`
    case 'unknown_keys_active':
      return `${obstacle.count} signing key(s) that are not in this folder are active: revoke them first, where they are known`
    case 'not_registered':
      return `${obstacle.account} is not registered`
    case 'stake_below_minimum':
      return `the registry wants at least ${obstacle.minStake} atomic units at stake`
  }
}

/** What an operator wants to be. Only members that are there are wanted. */
export type WantedRegistration = {
  readonly signingKey: Address
  /** At least the registry's minimum; that is the default. */
  readonly stake?: AtomicAmount
  /** When the key's signatures begin to count; the registry takes at most 15 minutes ago. Default: ten minutes ago. */
  readonly activeFromS?: UnixSeconds
  /** Told to the registry with the first registration: it cannot be read back but from events. */
  readonly endpoint: string
}

/**
 * Blocks of a chain run ahead of clocks and behind them, and receipts carry the clock's time: a key that began to count a
 * moment before it was added signs nothing that it should not.
 */
const keyLeadS = 600

/** What is left to send until the operator serves with `wanted`. Money that is on its way out is taken back before new. */
export function registrationSteps(
  standing: OperatorStanding,
  wanted: WantedRegistration,
): Result<readonly OperatorStep[], StepObstacle> {
  const { registry, terms, state } = standing
  const stake = wanted.stake ?? terms.minStake
  if (stake < terms.minStake) {
    return err({ reason: 'stake_below_minimum', minStake: terms.minStake })
  }
  const activeFromS = wanted.activeFromS ?? Math.max(1, standing.headS - keyLeadS)
  const key = wanted.signingKey
  if (state === 'unregistered') {
    const args = [stake, key, activeFromS, wanted.endpoint]
    return ok([
      ...approvalSteps(standing, stake),
      { contract: registry, functionName: 'register', args },
    ])
  }
  const keyState = signingKeyState(standing, key)
  if (keyState === 'revoked') return err({ reason: 'signing_key_revoked', key })
  return ok([
    ...stakeSteps(standing, stake),
    ...(keyState === 'unknown' ? [addKeyStep(standing, { key, activeFromS })] : []),
    ...(state === 'paused' ? [plainStep(standing, 'resume')] : []),
  ])
}

function stakeSteps(standing: OperatorStanding, wanted: AtomicAmount): readonly OperatorStep[] {
  const { registry, stake, unbonding } = standing
  if (stake >= wanted) return []
  const takenBack = unbonding > 0n ? [plainStep(standing, 'cancelUnbonding')] : []
  const lacking = (wanted - stake - unbonding) as AtomicAmount
  if (lacking <= 0n) return takenBack
  return [
    ...takenBack,
    ...approvalSteps(standing, lacking),
    { contract: registry, functionName: 'addStake', args: [lacking] },
  ]
}

/** Exactly what is staked: an allowance that stays is one that a faulty registry could take. */
const approvalSteps = (
  { registry, asset, allowance }: OperatorStanding,
  amount: AtomicAmount,
): readonly OperatorStep[] =>
  allowance >= amount
    ? []
    : [
        {
          contract: stakeTokenAt(asset.address),
          functionName: 'approve',
          args: [registry.address, amount],
        },
      ]

/** What is staked by these steps, of the account's own money. */
export const stakedBy = (steps: readonly OperatorStep[]): AtomicAmount =>
  steps.reduce(
    (sum, { functionName, args }) =>
      functionName === 'register' || functionName === 'addStake' ? sum + (args[0] as bigint) : sum,
    0n,
  ) as AtomicAmount

export const addKeyStep = (
  { registry, headS }: Pick<OperatorStanding, 'registry' | 'headS'>,
  { key, activeFromS }: { readonly key: Address; readonly activeFromS?: number },
): OperatorStep => ({
  contract: registry,
  functionName: 'addSigningKey',
  args: [key, activeFromS ?? Math.max(1, headS - keyLeadS)],
})

/** A further key beside the ones that are there. */
export function addKeySteps(
  standing: OperatorStanding,
  key: Address,
): Result<readonly OperatorStep[], StepObstacle> {
  const { state, account } = standing
  if (state === 'unregistered') return err({ reason: 'not_registered', account })
  const keyState = signingKeyState(standing, key)
  if (keyState === 'revoked') return err({ reason: 'signing_key_revoked', key })
  return ok(keyState === 'active' ? [] : [addKeyStep(standing, { key })])
}

/** Of these keys, those that are active. */
export const revokeKeySteps = (
  standing: OperatorStanding,
  keys: readonly Address[],
): readonly OperatorStep[] =>
  keys
    .filter((key) => signingKeyState(standing, key) === 'active')
    .map((key) => ({
      contract: standing.registry,
      functionName: 'revokeSigningKey',
      args: [key],
    }))

/** Revokes every key and lets the whole stake go. Empty once all of it is on its way. */
export function unbondingSteps(
  standing: OperatorStanding,
): Result<readonly OperatorStep[], StepObstacle> {
  const { registry, state, stake, activeKeys, account } = standing
  if (state === 'unregistered') return err({ reason: 'not_registered', account })
  const keys = standing.keys.map(({ key }) => key)
  const revoked = revokeKeySteps(standing, keys)
  const unknown = activeKeys - revoked.length
  if (unknown > 0) return err({ reason: 'unknown_keys_active', count: unknown })
  const started: OperatorStep = {
    contract: registry,
    functionName: 'startUnbonding',
    args: [stake],
  }
  return ok([...revoked, ...(stake > 0n ? [started] : [])])
}

/** Empty while the delay is not over by the chain's own clock, and once everything is out. */
export const withdrawalSteps = (
  { registry, unbonding, withdrawableAtS, headS }: OperatorStanding,
  to: Address,
): readonly OperatorStep[] =>
  unbonding > 0n && withdrawableAtS !== undefined && headS >= withdrawableAtS
    ? [{ contract: registry, functionName: 'withdrawUnbonded', args: [to] }]
    : []

/** Takes everything back that is on its way out. */
export const cancelSteps = (standing: OperatorStanding): readonly OperatorStep[] =>
  standing.unbonding > 0n ? [plainStep(standing, 'cancelUnbonding')] : []

/** Paused, no receipt of the operator is good, and nothing else changes. */
export const pauseSteps = (
  standing: OperatorStanding,
  wanted: 'open' | 'paused',
): readonly OperatorStep[] =>
  standing.state === 'unregistered' || standing.state === wanted
    ? []
    : [plainStep(standing, wanted === 'paused' ? 'pause' : 'resume')]

/** The endpoint is in events alone, which nodes answer for few blocks: sent again it does no harm. */
export const endpointStep = (
  { registry }: Pick<OperatorStanding, 'registry'>,
  endpoint: string,
): OperatorStep => ({ contract: registry, functionName: 'setEndpoint', args: [endpoint] })

const plainStep = (
  { registry }: OperatorStanding,
  functionName: 'resume' | 'pause' | 'cancelUnbonding',
): OperatorStep => ({ contract: registry, functionName, args: [] })

/** Where a contributor wants to be paid. */
export type WantedPayout = Omit<RegisteredPayout, 'nonce'>

/**
 * Nothing where the registry has it already. The contributor sends it itself, which needs no signature; `validUntil` only
 * bounds how late a block may take it, and a chain's clock may be ahead of ours.
 */
export function payoutSteps(
  standing: Pick<OperatorStanding, 'registry' | 'account' | 'headS'>,
  registered: RegisteredPayout | undefined,
  wanted: WantedPayout,
): readonly OperatorStep[] {
  const { registry, account, headS } = standing
  const { chainId, token, receiver, minWithdrawDelay } = wanted
  const same =
    registered?.chainId === chainId &&
    registered.token === token &&
    registered.receiver === receiver &&
    registered.minWithdrawDelay === minWithdrawDelay
  if (same) return []
  const registration = {
    contributor: account,
    payoutChainId: chainId,
    payoutToken: token,
    payoutReceiver: receiver,
    minWithdrawDelay,
    validUntil: headS + payoutValidS,
    nonce: registered?.nonce ?? 0,
  }
  return [{ contract: registry, functionName: 'registerPayout', args: [registration, '0x'] }]
}

const payoutValidS = 86_400
