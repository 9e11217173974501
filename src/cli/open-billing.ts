import { err, type Result } from '../base/result.ts'
import { describeChainFailure } from '../chain/chain-failure.ts'
import { channelSettlementAt, readChannel } from '../chain/channel-settlement.ts'
import { channelDomain } from '../chain/channel-typed-data.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { readTokenDomain, type TokenDomain } from '../chain/token-domain.ts'
import { domainSeparator } from '../chain/typed-data.ts'
import type { GatewayConfig } from '../config.ts'
import type { BillingTerms } from '../domain/billing-terms.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { Bytes32 } from '../domain/units.ts'
import { acceptVoucher, type ReadChannel } from '../payment/accept-voucher.ts'
import { type BillingStep, createBillingStep, type RefundSent } from '../payment/billing-step.ts'
import type { ChannelTerms } from '../payment/channel-terms.ts'
import { DepositRelay } from '../payment/relay-deposit.ts'
import type { RefundRefusal } from '../settlement/refund-channel.ts'
import type { ApiKeyStore } from '../store/api-key-store.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import { CommandFailure } from './command.ts'
import type { RunningSettlement } from './open-settlement.ts'

export type OpenBilling = {
  readonly billing: BillingStep
  readonly deposits: DepositRelay
  /** What judges a voucher: the ledger, the terms, and the chain. */
  readonly channels: Parameters<typeof acceptVoucher>[0]
  /** Sends what was not charged back to the payer, whose consent was proven. */
  readonly refund: (channelId: Bytes32) => Promise<Result<RefundSent, Refusal>>
}

/** What payers ask and order, wired to one chain. Throws CommandFailure when the asset cannot be deposited by signature. */
export async function openBilling(terms: {
  readonly config: GatewayConfig
  readonly rpc: JsonRpc
  readonly ledger: LedgerStore
  readonly apiKeys: ApiKeyStore
  readonly settlement: Pick<RunningSettlement, 'sender' | 'refund'>
  readonly nowMs: () => number
}): Promise<OpenBilling> {
  const { config, rpc, ledger, nowMs } = terms
  const token = await tokenDomainOf(config, rpc)
  const { chainId, asset, settlement: settlementAddress } = config.chain
  const settlement = channelSettlementAt(settlementAddress)
  const readOneChannel: ReadChannel = async (channel) => {
    const read = await readChannel(rpc, settlement, channel)
    return read.ok ? read.value : undefined
  }
  const channels = { ledger, terms: channelTermsOf(config), readChannel: readOneChannel }
  const deposits = new DepositRelay({
    ...channels,
    policy: depositPolicyOf(config),
    rpc,
    settlement,
    collectors: { eip3009: config.deposits.collector, permit2: undefined },
    tokenDomain: domainSeparator({ ...token, chainId, verifyingContract: asset }),
    sender: terms.settlement.sender,
    nowMs,
  })
  const refund: OpenBilling['refund'] = async (channelId) => {
    const refunded = await terms.settlement.refund(channelId)
    return refunded.ok ? refunded : asPayerSeesIt(refunded.error, nowMs())
  }
  const billing = createBillingStep({
    ledger,
    keys: terms.apiKeys,
    terms: billingTermsOf(config, token),
    acceptVoucher: (voucher) => acceptVoucher(channels, voucher),
    refund,
    deposits,
    nowMs,
  })
  return { billing, deposits, channels, refund }
}

async function tokenDomainOf({ chain }: GatewayConfig, rpc: JsonRpc): Promise<TokenDomain> {
  const token = await readTokenDomain(rpc, { chainId: chain.chainId, address: chain.asset })
  if (token.ok) return token.value
  const why = describeChainFailure(token.error)
  throw new CommandFailure(`deposits of ${chain.asset} cannot be signed for: ${why}`)
}

const channelTermsOf = ({ chain, gateway }: GatewayConfig): ChannelTerms => ({
  chainId: chain.chainId,
  domain: channelDomain({ chainId: chain.chainId, verifyingContract: chain.settlement }),
  token: chain.asset,
  receiver: gateway.receiver,
  receiverAuthorizer: addressOfPrivateKey(gateway.claimKey),
  withdrawDelayMinS: gateway.withdrawDelayMinS,
})

const depositPolicyOf = ({ chain, deposits }: GatewayConfig) => ({
  minimumAmount: deposits.minimum,
  deniedPayers: new Set(deposits.deniedPayers),
  perPayerPerHour: deposits.perPayerPerHour,
  confirmations: chain.confirmations,
  atOnceMaxAmount: deposits.atOnceMax,
  atOncePerHourAmount: deposits.atOncePerHour,
})

const billingTermsOf = (config: GatewayConfig, token: TokenDomain): BillingTerms => {
  const { chain, gateway, deposits } = config
  return {
    gateway: gateway.operator,
    registry: { chainId: chain.chainId, verifyingContract: chain.gatewayRegistry },
    receiptVerifier: chain.receiptVerifier,
    accepts: [
      {
        chainId: chain.chainId,
        settlement: chain.settlement,
        collector: deposits.collector,
        asset: { address: chain.asset, decimals: chain.assetDecimals, ...token },
        receiver: gateway.receiver,
        receiverAuthorizer: addressOfPrivateKey(gateway.claimKey),
        withdrawDelayMinS: gateway.withdrawDelayMinS,
        minimumDeposit: deposits.minimum,
      },
    ],
  }
}

function asPayerSeesIt(refusal: RefundRefusal, nowMs: number): Result<RefundSent, Refusal> {
  switch (refusal.reason) {
    case 'refunded_recently': {
      const retryAfterS = Math.max(1, Math.ceil((refusal.againAtMs - nowMs) / 1000))
      return err({ reason: 'refunded_recently', retryAfterS })
    }
    case 'refund_unconfirmed':
      return err({ reason: 'refund_unconfirmed' })
    case 'charges_not_claimed':
    case 'refund_reverted':
    case 'chain_not_read':
      return err({ reason: 'chain_unavailable' })
    default:
      return err(refusal)
  }
}
