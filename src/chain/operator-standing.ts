import { ok, type Result } from '../base/result.ts'
import {
  type Address,
  type AtomicAmount,
  address,
  atomic,
  type UnixSeconds,
  unixSeconds,
} from '../domain/units.ts'
import { readHead } from './blocks.ts'
import type { ChainFailure } from './chain-failure.ts'
import type { Contract, ContractCall } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'
import { readQuantity } from './quantity.ts'
import { readEach } from './read-each.ts'
import { readTokenLabel, type TokenLabel } from './token-label.ts'

/** Where an operator stands with one registry, and what its account has to spend there. */
export type OperatorStanding = {
  readonly account: Address
  /** The registry that was asked. */
  readonly registry: Contract
  readonly state: 'unregistered' | 'open' | 'paused'
  readonly stake: AtomicAmount
  /** On its way out: it can still be slashed, and nothing else can be done with it. */
  readonly unbonding: AtomicAmount
  /** By the chain's clock. Undefined while nothing is on its way out. */
  readonly withdrawableAtS: UnixSeconds | undefined
  /** How many are not revoked, those that nobody asked for included. */
  readonly activeKeys: number
  /** Of the keys that were asked for, in that order. */
  readonly keys: readonly SigningKeyStanding[]
  readonly terms: { readonly minStake: AtomicAmount; readonly unbondingDelayS: number }
  /** What is staked. */
  readonly asset: TokenLabel
  readonly balance: AtomicAmount
  /** What of the balance the registry may take. */
  readonly allowance: AtomicAmount
  /** Wei of the chain's own coin. */
  readonly coinBalance: bigint
  /** The newest block's time: the only clock that the registry knows. */
  readonly headS: UnixSeconds
}

export type SigningKeyStanding = {
  readonly key: Address
  /** A key that was revoked stays so for ever: the registry never takes it again. */
  readonly state: 'unknown' | 'active' | 'revoked'
  /** Zero while it is unknown. */
  readonly activeFromS: UnixSeconds
  /** Zero until it is revoked. */
  readonly revokedAtS: UnixSeconds
}

/** Whether receipts of this operator are good now: registered, not paused, with a key and its minimum at stake. */
export const isServingNow = ({ state, activeKeys, stake, terms }: OperatorStanding): boolean =>
  state === 'open' && activeKeys > 0 && stake >= terms.minStake

/** Keys that were not asked for are unknown. */
export const signingKeyState = (
  { keys }: Pick<OperatorStanding, 'keys'>,
  wanted: Address,
): SigningKeyStanding['state'] => keys.find(({ key }) => key === wanted)?.state ?? 'unknown'

/** Asks one node for everything. Works for the registry of contributors and for that of gateways. */
export async function readOperatorStanding(
  rpc: JsonRpc,
  question: {
    readonly registry: Contract
    readonly account: Address
    readonly signingKeys: readonly Address[]
  },
): Promise<Result<OperatorStanding, ChainFailure>> {
  const { registry, account, signingKeys } = question
  const call = (functionName: string, ...args: unknown[]): ContractCall => ({
    contract: registry,
    functionName,
    args,
  })
  const [values, epochs, coinBalance, head] = await Promise.all([
    readEach(rpc, [
      call('operators', account),
      call('minStake'),
      call('unbondingDelay'),
      call('asset'),
    ]),
    readEach(
      rpc,
      signingKeys.map((key) => call('signingKeys', account, key)),
    ),
    readQuantity(rpc, 'eth_getBalance', [account, 'latest']),
    readHead(rpc),
  ])
  if (!values.ok) return values
  if (!epochs.ok) return epochs
  if (!coinBalance.ok) return coinBalance
  if (!head.ok) return head
  const [[record], [minStake], [delay], [assetText]] = values.value as readonly [
    readonly [OperatorRecord],
    readonly [bigint],
    readonly [bigint],
    readonly [string],
  ]
  const asset = address(assetText)
  const holding = await readHolding(rpc, { asset, account, spender: registry.address })
  if (!holding.ok) return holding
  return ok({
    account,
    registry,
    ...recordOf(record),
    keys: signingKeys.map((key, i) => keyStanding(key, epochs.value[i])),
    terms: { minStake: atomic(minStake), unbondingDelayS: Number(delay) },
    ...holding.value,
    coinBalance: coinBalance.value,
    headS: unixSeconds(head.value.timestampS),
  })
}

/** `operators` of a registry, as ethers decodes it. */
type OperatorRecord = {
  readonly [member in 'stake' | 'unbonding' | 'withdrawableAt' | 'activeKeys' | 'state']: bigint
}

const states = ['unregistered', 'open', 'paused'] as const

const recordOf = ({ stake, unbonding, withdrawableAt, activeKeys, state }: OperatorRecord) => ({
  state: states[Number(state)] ?? 'unregistered',
  stake: atomic(stake),
  unbonding: atomic(unbonding),
  withdrawableAtS: unbonding === 0n ? undefined : unixSeconds(Number(withdrawableAt)),
  activeKeys: Number(activeKeys),
})

function keyStanding(key: Address, epoch: readonly unknown[] | undefined): SigningKeyStanding {
  const [activeFrom = 0n, revokedAt = 0n] = (epoch ?? []) as readonly bigint[]
  return {
    key,
    state: activeFrom === 0n ? 'unknown' : revokedAt === 0n ? 'active' : 'revoked',
    activeFromS: unixSeconds(Number(activeFrom)),
    revokedAtS: unixSeconds(Number(revokedAt)),
  }
}

const tokenAbi = [
  'function balanceOf(address account) view returns (uint256)',
  'function allowance(address owner, address spender) view returns (uint256)',
  'function approve(address spender, uint256 amount) returns (bool)',
] as const

/** A token as its owner lets others take of it. */
export const stakeTokenAt = (token: Address): Contract => ({
  name: 'token',
  address: token,
  abi: tokenAbi,
})

async function readHolding(
  rpc: JsonRpc,
  place: { readonly asset: Address; readonly account: Address; readonly spender: Address },
): Promise<Result<Pick<OperatorStanding, 'asset' | 'balance' | 'allowance'>, ChainFailure>> {
  const { account, spender } = place
  const contract = stakeTokenAt(place.asset)
  const [label, amounts] = await Promise.all([
    readTokenLabel(rpc, place.asset),
    readEach(rpc, [
      { contract, functionName: 'balanceOf', args: [account] },
      { contract, functionName: 'allowance', args: [account, spender] },
    ]),
  ])
  if (!label.ok) return label
  if (!amounts.ok) return amounts
  const [balance, allowance] = amounts.value.map(([amount]) => cappedAmount(amount as bigint))
  return ok({
    asset: label.value,
    balance: balance ?? atomic(0n),
    allowance: allowance ?? atomic(0n),
  })
}

/** Wallets allow 2^256 - 1 for "everything"; more than fits an amount is as good as the most that does. */
const cappedAmount = (amount: bigint): AtomicAmount => {
  const most = 2n ** 128n - 1n
  return atomic(amount < most ? amount : most)
}
