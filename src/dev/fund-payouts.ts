import { assert } from '../base/assert.ts'
import { ok, type Result } from '../base/result.ts'
import { channelDomain } from '../chain/channel-typed-data.ts'
import { readStanding } from '../chain/contributor-registration.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { payoutSteps } from '../chain/operator-steps.ts'
import type { RegisteredPayout } from '../chain/payout-registration.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { type StepsFailure, takeSteps } from '../chain/take-steps.ts'
import type { Sender } from '../chain/transactions.ts'
import { contributorShareRoundedDown } from '../domain/contributor-share.ts'
import type { Address, UnixSeconds } from '../domain/units.ts'
import { type PayoutTerms, payoutChannel } from '../settlement/payout-terms.ts'
import { type DevContractHandles, type DevContracts, devUsd } from './dev-contracts.ts'
import type { DevKeys } from './dev-keys.ts'
import { type FundedChannel, fundChannel } from './fund-channel.ts'
import { mintUpTo } from './mint-up-to.ts'

/** What the gateway of the development mode keeps of each answer: 10 %. */
export const devFeeBps = 1_000
/** Seconds that the contributor has to claim after the treasury began to withdraw. */
export const devPayoutWithdrawDelayS: number = 7 * 86_400
/** What the treasury keeps for further deposits. */
const devFloatAmount = devUsd(100n)

type PayoutChain = {
  readonly chainId: number
  readonly contracts: DevContracts
  readonly handles: DevContractHandles
  readonly keys: Pick<DevKeys, 'treasury' | 'payoutSigner'>
}

/** How contributors are paid on the development chain. */
export const devPayoutTerms = ({
  chainId,
  contracts,
  handles,
  keys,
}: PayoutChain): PayoutTerms => ({
  chainId,
  settlement: handles.settlement,
  registry: handles.contributorRegistry,
  token: contracts.asset,
  domain: channelDomain({ chainId, verifyingContract: contracts.settlement }),
  treasury: addressOfPrivateKey(keys.treasury),
  voucherKey: keys.payoutSigner,
  voucherSigner: addressOfPrivateKey(keys.payoutSigner),
  receiverAuthorizer: contracts.openClaimAuthorizer,
  withdrawDelayS: devPayoutWithdrawDelayS,
  earningOf: (cost) => contributorShareRoundedDown({ cost, feeBps: devFeeBps }),
})

/** Registers where the contributor wants its money, and puts some there in escrow. */
export async function fundPayouts(
  terms: PayoutChain & {
    readonly rpc: JsonRpc
    readonly contributor: Sender
    /** Pays the gas of the deposit. */
    readonly relayer: Sender
    readonly receiver: Address
    readonly nowS: UnixSeconds
  },
): Promise<Result<FundedChannel, StepsFailure>> {
  const { rpc, chainId, contracts, handles, keys, contributor, relayer, nowS } = terms
  const registered = await registerPayout(terms)
  if (!registered.ok) return registered
  const payoutTerms = devPayoutTerms(terms)
  const { config } = payoutChannel(payoutTerms, contributor.address, registered.value)
  const { asset, settlement } = handles
  const funded = await fundChannel({
    rpc,
    chainId,
    asset,
    settlement,
    collector: contracts.eip3009Collector,
    config,
    relayer,
    payerKey: keys.treasury,
    nowS,
  })
  if (!funded.ok) return funded
  const to = payoutTerms.treasury
  const minted = await mintUpTo({ rpc, asset, minter: relayer, to, amount: devFloatAmount })
  return minted.ok ? funded : minted
}

async function registerPayout(
  terms: Parameters<typeof fundPayouts>[0],
): Promise<Result<RegisteredPayout, StepsFailure>> {
  const { rpc, chainId, contracts, handles, contributor, receiver } = terms
  const question = {
    registry: handles.contributorRegistry,
    account: contributor.address,
    signingKeys: [],
  }
  const wanted = {
    chainId,
    token: contracts.asset,
    receiver,
    minWithdrawDelay: devPayoutWithdrawDelayS,
  }
  const registered = await takeSteps({
    rpc,
    sender: contributor,
    look: () => readStanding(rpc, question),
    stepsLeft: (standing) => ok(payoutSteps(standing, standing.payout, wanted)),
  })
  if (!registered.ok) return registered
  assert(registered.value.payout !== undefined, 'nothing is left to send once it is registered')
  return ok(registered.value.payout)
}
