import type { GatewayLog } from '../base/log.ts'
import { describeChainFailure } from '../chain/chain-failure.ts'
import { channelSettlementAt } from '../chain/channel-settlement.ts'
import { channelDomain } from '../chain/channel-typed-data.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { isOpenClaimAuthorizer } from '../chain/open-claims.ts'
import { contributorRegistryAt } from '../chain/operator-registry.ts'
import { contributorDomain } from '../chain/payout-typed-data.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { readTokenDomain } from '../chain/token-domain.ts'
import { domainSeparator } from '../chain/typed-data.ts'
import type { GatewayConfig } from '../config.ts'
import type { PayoutsConfig } from '../config-payouts.ts'
import { contributorShareRoundedDown } from '../domain/contributor-share.ts'
import { type PayContributors, startPayingContributors } from '../settlement/pay-contributors.ts'
import { noPayouts, type PayoutDesk } from '../settlement/payout-desk.ts'
import { createPayoutStep, noPayoutStep, type PayoutStep } from '../settlement/payout-step.ts'
import type { PayoutTerms } from '../settlement/payout-terms.ts'
import type { Treasury } from '../settlement/payout-treasury.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import { CommandFailure } from './command.ts'
import type { RunningSettlement } from './open-settlement.ts'

export type RunningPayouts = Pick<PayContributors, 'promiseNow' | 'relayNow' | 'stop'> & {
  readonly desk: PayoutDesk
  readonly step: PayoutStep
}

type Wiring = {
  readonly config: GatewayConfig
  readonly rpc: JsonRpc
  readonly ledger: LedgerStore
  readonly settlement: Pick<RunningSettlement, 'sender' | 'pendingChannels'>
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
  promiseNow: async () => {},
  relayNow: async () => {},
  stop: async () => {},
}

async function startPaying(wiring: Wiring, payouts: PayoutsConfig): Promise<RunningPayouts> {
  const { config, rpc, ledger, settlement, log, nowMs } = wiring
  const terms = payoutTermsOf(config, payouts)
  const signing = config.upstreams.flatMap(({ id, identity }) =>
    identity === undefined ? [] : [{ contributorId: id, ...identity }],
  )
  const [treasury] = await Promise.all([
    treasuryOf(wiring, { payouts, terms }),
    checkAuthorizer(rpc, payouts),
  ])
  const paying = await startPayingContributors({
    rpc,
    terms,
    ledger,
    payees: signing,
    treasury,
    escrow: payouts,
    relay: { whenUnclaimed: payouts.whenUnclaimed, everyMs: payouts.everyS * 1000 },
    sender: settlement.sender,
    log,
    nowMs,
  })
  if (!paying.ok) {
    throw new CommandFailure(`payouts cannot start: ${describeChainFailure(paying.error)}`)
  }
  const { chainId, contributorRegistry } = config.chain
  const step = createPayoutStep({
    paying: paying.value,
    gateway: config.gateway.operator,
    identities: signing,
    domain: contributorDomain({ chainId, verifyingContract: contributorRegistry }),
    nowMs,
  })
  return { ...paying.value, step }
}

const payoutTermsOf = ({ chain }: GatewayConfig, payouts: PayoutsConfig): PayoutTerms => ({
  chainId: chain.chainId,
  settlement: channelSettlementAt(chain.settlement),
  registry: contributorRegistryAt(chain.contributorRegistry),
  token: chain.asset,
  domain: channelDomain({ chainId: chain.chainId, verifyingContract: chain.settlement }),
  treasury: payouts.treasury,
  voucherKey: payouts.voucherKey,
  voucherSigner: addressOfPrivateKey(payouts.voucherKey),
  receiverAuthorizer: payouts.receiverAuthorizer,
  withdrawDelayS: payouts.withdrawDelayS,
  earningOf: (cost) => contributorShareRoundedDown({ cost, feeBps: payouts.feeBps }),
})

/** No contributor would take a voucher on a channel that another contract watches over. */
async function checkAuthorizer(rpc: JsonRpc, { receiverAuthorizer }: PayoutsConfig): Promise<void> {
  const open = await isOpenClaimAuthorizer(rpc, receiverAuthorizer)
  if (!open.ok) throw new CommandFailure(describeChainFailure(open.error))
  if (open.value) return
  throw new CommandFailure(
    `payouts.receiverAuthorizer: ${receiverAuthorizer} is no OpenClaimAuthorizer; 'vouch contracts deploy' makes one`,
  )
}

async function treasuryOf(
  { config, rpc, settlement }: Wiring,
  paid: { readonly payouts: PayoutsConfig; readonly terms: PayoutTerms },
): Promise<Treasury | undefined> {
  const { treasuryKey } = paid.payouts
  if (treasuryKey === undefined) return undefined
  const { chainId, asset } = config.chain
  const token = await readTokenDomain(rpc, { chainId, address: asset })
  if (!token.ok) throw new CommandFailure(describeChainFailure(token.error))
  return {
    settlement: paid.terms.settlement,
    collector: config.deposits.collector,
    tokenDomain: domainSeparator({ ...token.value, chainId, verifyingContract: asset }),
    treasuryKey,
    ...settlement,
  }
}
