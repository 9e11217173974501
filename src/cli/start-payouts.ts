import type { GatewayLog } from '../base/log.ts'
import { ok } from '../base/result.ts'
import { describeChainFailure } from '../chain/chain-failure.ts'
import { channelSettlementAt } from '../chain/channel-settlement.ts'
import { channelDomain } from '../chain/channel-typed-data.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { isOpenClaimAuthorizer } from '../chain/open-claims.ts'
import { contributorRegistryAt } from '../chain/operator-registry.ts'
import { contributorDomain } from '../chain/payout-typed-data.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { domainSeparator } from '../chain/typed-data.ts'
import type { GatewayConfig } from '../config.ts'
import type { PayoutsConfig } from '../config-payouts.ts'
import type { SigningIdentity } from '../domain/contributor.ts'
import { contributorShareRoundedDown, earnedRoundedDown } from '../domain/contributor-share.ts'
import type { Address } from '../domain/units.ts'
import type { PriceExchange } from '../payment/price-exchange.ts'
import { type PayContributors, startPayingContributors } from '../settlement/pay-contributors.ts'
import { noPayouts, type PayoutDesk } from '../settlement/payout-desk.ts'
import { payInAll } from '../settlement/payout-places.ts'
import { createPayoutStep, noPayoutStep, type PayoutStep } from '../settlement/payout-step.ts'
import type { Payee, PayoutTerms, ShareOf } from '../settlement/payout-terms.ts'
import type { Treasury } from '../settlement/payout-treasury.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import { CommandFailure } from './command.ts'
import type { MoneyPlace, MoneyPlaces } from './money-places.ts'
import type { ChainSender, RunningSettlement } from './open-settlement.ts'

/** Somebody who is paid, and the keys that may ask for it beside its own account. */
export type PaidSigner = Payee & Pick<SigningIdentity, 'signingAddresses'>

export type RunningPayouts = Pick<PayContributors, 'promiseNow' | 'relayNow' | 'stop' | 'pays'> & {
  /** As `PayContributors.setLenders`. */
  readonly setLenders: (lenders: readonly PaidSigner[]) => ReturnType<PayContributors['setLenders']>
  readonly desk: PayoutDesk
  readonly step: PayoutStep
}

type Wiring = {
  readonly config: GatewayConfig
  readonly places: MoneyPlaces
  readonly exchange: PriceExchange
  readonly ledger: LedgerStore
  readonly settlement: Pick<RunningSettlement, 'on'>
  readonly log: GatewayLog
  readonly nowMs: () => number
}

/** Pays contributors as configured, or nobody. Throws CommandFailure with the line that says what is wrong. */
export async function startPayouts(wiring: Wiring): Promise<RunningPayouts> {
  const { payouts } = wiring.config
  return payouts === undefined ? nobodyPaid : startPaying(wiring, payouts)
}

const nobodyPaid: RunningPayouts = {
  desk: noPayouts,
  step: noPayoutStep,
  setLenders: async () => ok(undefined),
  pays: () => false,
  promiseNow: async () => {},
  relayNow: async () => {},
  stop: async () => {},
}

async function startPaying(wiring: Wiring, payouts: PayoutsConfig): Promise<RunningPayouts> {
  const { config, nowMs } = wiring
  const signing = config.upstreams.flatMap(({ id, identity }) =>
    identity === undefined ? [] : [{ contributorId: id, ...identity }],
  )
  const started: PayContributors[] = []
  for (const place of wiring.places) {
    const one = await startPayingIn(wiring, payouts, { place, payees: signing })
    if (one !== undefined) started.push(one)
  }
  const paying = payInAll(started)
  const { chainId, contributorRegistry } = config.chain
  let lending: readonly SigningIdentity[] = []
  const step = createPayoutStep({
    paying,
    gateway: config.gateway.operator,
    identities: () => [...signing, ...lending],
    domain: contributorDomain({ chainId, verifyingContract: contributorRegistry }),
    nowMs,
  })
  return {
    ...paying,
    setLenders: (lenders) => {
      lending = lenders
      return paying.setLenders(lenders.map(({ signingAddresses: _, ...payee }) => payee))
    },
    step,
  }
}

/** Pays those who registered this chain and token. Undefined where there is no contract that would let them claim. */
async function startPayingIn(
  { config, places, exchange, ledger, settlement, log, nowMs }: Wiring,
  payouts: PayoutsConfig,
  { place, payees }: { readonly place: MoneyPlace; readonly payees: readonly Payee[] },
): Promise<PayContributors | undefined> {
  const { chain, rpc, limit } = place
  const receiverAuthorizer = chain.payoutAuthorizer ?? payouts.receiverAuthorizer
  const isNamed = chain === places[0].chain || chain.payoutAuthorizer !== undefined
  if (!(await mayClaim({ rpc, isNamed }, receiverAuthorizer))) {
    log.info('no_payouts_here', { chainId: chain.chainId })
    return undefined
  }
  const lane = settlement.on(chain.chainId)
  const terms = {
    ...payoutTermsOf(config, payouts, place),
    receiverAuthorizer,
    shareOf: shareIn(exchange, place, payouts.feeBps),
  }
  const paying = await startPayingContributors({
    rpc,
    registryRpc: places[0].rpc,
    terms,
    ledger,
    payees,
    treasury: treasuryOf(place, { payouts, terms, lane }),
    escrow: { escrowMin: limit(payouts.escrowMin), escrowMax: limit(payouts.escrowMax) },
    relay: { whenUnclaimed: limit(payouts.whenUnclaimed), everyMs: payouts.everyS * 1000 },
    sender: lane.sender,
    log,
    nowMs,
  })
  if (paying.ok) return paying.value
  throw new CommandFailure(`payouts cannot start: ${describeChainFailure(paying.error)}`)
}

const payoutTermsOf = (
  config: GatewayConfig,
  payouts: PayoutsConfig,
  { chain: { chainId, settlement }, asset }: MoneyPlace,
): PayoutTerms => ({
  chainId,
  settlement: channelSettlementAt(settlement),
  registry: contributorRegistryAt(config.chain.contributorRegistry),
  token: asset.address,
  domain: channelDomain({ chainId, verifyingContract: settlement }),
  treasury: payouts.treasury,
  voucherKey: payouts.voucherKey,
  voucherSigner: addressOfPrivateKey(payouts.voucherKey),
  receiverAuthorizer: payouts.receiverAuthorizer,
  withdrawDelayS: payouts.withdrawDelayS,
  earningOf: (cost) => contributorShareRoundedDown({ cost, feeBps: payouts.feeBps }),
})

/** What is earned here of what was charged anywhere; unknown while it is unknown what a unit is worth. */
const shareIn =
  (exchange: PriceExchange, { asset }: MoneyPlace, feeBps: number): ShareOf =>
  (charged) => {
    const rate = exchange.payoutRateOf(asset)
    if (!rate.ok) return undefined
    const paid = { asset, rate: rate.value }
    return (cost) => earnedRoundedDown({ cost, feeBps, charged, paid })
  }

/**
 * No contributor would take a voucher on a channel that another contract watches over. Where one was named and is not there
 * nothing starts; on another chain that nobody said contributors are paid on, nobody is.
 */
async function mayClaim(
  { rpc, isNamed }: { readonly rpc: JsonRpc; readonly isNamed: boolean },
  receiverAuthorizer: Address,
): Promise<boolean> {
  const open = await isOpenClaimAuthorizer(rpc, receiverAuthorizer)
  if (!open.ok) throw new CommandFailure(describeChainFailure(open.error))
  if (open.value || !isNamed) return open.value
  throw new CommandFailure(
    `payouts.receiverAuthorizer: ${receiverAuthorizer} is no OpenClaimAuthorizer; 'vouch contracts deploy' makes one`,
  )
}

function treasuryOf(
  { chain: { chainId, collector }, asset, token }: MoneyPlace,
  paid: {
    readonly payouts: PayoutsConfig
    readonly terms: PayoutTerms
    readonly lane: ChainSender
  },
): Treasury | undefined {
  const { treasuryKey } = paid.payouts
  if (treasuryKey === undefined) return undefined
  return {
    settlement: paid.terms.settlement,
    collector,
    tokenDomain: domainSeparator({ ...token, chainId, verifyingContract: asset.address }),
    treasuryKey,
    ...paid.lane,
  }
}
