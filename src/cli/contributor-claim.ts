import type { JsonRpc } from '../chain/json-rpc.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { openSender } from '../chain/transactions.ts'
import {
  assumedCoinPrice,
  type ClaimCost,
  readClaimCost,
  readRowCost,
} from '../contributor/claim-cost.ts'
import {
  broughtAmount,
  type ClaimPlan,
  planClaim,
  readStandings,
  sendClaim,
} from '../contributor/claim-payouts.ts'
import { type AtomicAmount, atomic } from '../domain/units.ts'
import { parseAmount } from './amounts.ts'
import { confirmOrEnd } from './ask-person.ts'
import { readOwnKey } from './channel-file.ts'
import { type PayerSurroundings, report } from './channel-surroundings.ts'
import { CommandFailure } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import { formatCoinRoundedUp } from './contracts-report.ts'
import type { ContributorOptions } from './contributor-options.ts'
import {
  amountsOf,
  type ContributorPlace,
  checkChain,
  openPlace,
  ownAccount,
  readCredit,
  readPayoutToken,
} from './contributor-place.ts'
import { withdrawalLine, withdrawFees } from './contributor-withdraw.ts'
import type { OperatorAccount } from './operator-account.ts'

/**
 * `vouch contributor claim`: what coordinators have booked, a transaction for each, and everything that was promised, in one
 * transaction; each where it is worth its gas.
 */
export async function claimEarnings(
  options: ContributorOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const place = openPlace(options)
  await checkChain(place)
  const credit = await readCredit(place)
  const token = await readPayoutToken(place)
  const coinPrice = coinPriceOf(options, {
    chainId: place.file.chain.chainId,
    decimals: token.decimals,
  })
  const withdrawals = await withdrawFees(place, options, {
    surroundings,
    coinPriceOf: (chainId, decimals) => coinPriceOf(options, { chainId, decimals }),
  })
  const fees = withdrawals.map(withdrawalLine)
  const standings = orFail(await readStandings(place.rpc, credit))
  const rowMin = options.force ? atomic(1n) : orFail(await readRowCost(place.rpc, coinPrice))
  // Where no channel is worth its row of gas, a person is told what all of them together would bring.
  const plan = (await planClaim(credit, standings, rowMin)) ?? (await planClaim(credit, standings))
  if (plan === undefined) {
    report(surroundings, options, {
      lines: [...fees, 'nothing to claim: everything that was promised is paid out'],
      value: { ...nothingClaimed, withdrawals },
    })
    return 0
  }
  const account = await payerOf(place, options, surroundings)
  const cost = orFail(
    await readClaimCost(place.rpc, { from: account.address, call: plan.call, coinPrice }),
  )
  const amount = amountsOf(token)
  for (const line of priceLines({ plan, cost, coinPrice, options, amount })) {
    surroundings.terminal.printError(line)
  }
  refuseLoss({ plan, cost, options, amount })
  await confirmOrEnd('Claim?', options)
  const { rpc, file } = place
  const sender = await account.openSender({ rpc, chainId: file.chain.chainId })
  const { claimedAmount, settledAmount, transaction } = orFail(await sendClaim(sender, plan))
  report(surroundings, options, {
    lines: [
      ...fees,
      `${amount(broughtAmount(plan))} paid out to ${file.payout.receiver} in ${transaction?.transactionHash}`,
    ],
    value: {
      object: 'vouch.contributor_claim',
      claimed: String(claimedAmount),
      settled: String(settledAmount),
      gas: String(cost.gas),
      transaction: transaction?.transactionHash ?? null,
      withdrawals,
    },
  })
  return 0
}

const nothingClaimed = {
  object: 'vouch.contributor_claim',
  claimed: '0',
  settled: '0',
  transaction: null,
} as const

/** As the person says, or what is assumed of the chain. */
function coinPriceOf(
  { coinPrice }: Pick<ContributorOptions, 'coinPrice'>,
  place: { readonly chainId: number; readonly decimals: number },
): AtomicAmount {
  const { chainId, decimals } = place
  return coinPrice === undefined
    ? assumedCoinPrice(chainId, decimals)
    : parseAmount('--coin-price', coinPrice, decimals)
}

/** Anyone may send a claim: the money goes to the receiver that is registered. */
async function payerOf(
  place: ContributorPlace,
  options: ContributorOptions,
  { terminal }: PayerSurroundings,
): Promise<OperatorAccount> {
  if (options.keyFile === undefined) return ownAccount(place, options, terminal)
  const privateKey = await readOwnKey(options.keyFile)
  return {
    address: addressOfPrivateKey(privateKey),
    opensUnasked: true,
    openSender: async (chain: { readonly rpc: JsonRpc; readonly chainId: number }) =>
      openSender({ ...chain, privateKey }),
  }
}

type Weighed = {
  readonly plan: ClaimPlan
  readonly cost: ClaimCost
  readonly options: ContributorOptions
  readonly amount: (amount: bigint) => string
}

const priceLines = ({
  plan,
  cost,
  coinPrice,
  options,
  amount,
}: Weighed & { readonly coinPrice: AtomicAmount }): readonly string[] => [
  `brings ${amount(broughtAmount(plan))}: ${amount(plan.claimedAmount)} that was promised, ${amount(plan.settledAmount)} that was claimed and not yet paid out`,
  `costs  ${formatCoinRoundedUp(cost.feeWei)} of gas, ${amount(cost.feeAmount)} at ${amount(coinPrice)} a coin${options.coinPrice === undefined ? ' (assumed; --coin-price says better)' : ''}`,
]

function refuseLoss({ plan, cost, options, amount }: Weighed): void {
  if (options.force || broughtAmount(plan) > cost.feeAmount) return
  throw new CommandFailure(
    `the gas costs ${amount(cost.feeAmount)} and brings ${amount(broughtAmount(plan))}: wait until more is promised, say what a coin is worth by --coin-price, or claim all the same by --force`,
  )
}
