/*
 * What answering one interval brings. Infernet pays whoever delivers, in whatever token the consumer chose, into a wallet of its own:
 * here that is a delivery fee in the asset of the chain's jobs, so that the policy for fees is the same for both coordinators.
 */
import { err, ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import type { InfernetPlaces } from '../chain/infernet-coordinator.ts'
import {
  nodeShare,
  readAreWallets,
  readCanPay,
  readInfernetFees,
} from '../chain/infernet-payments.ts'
import type { InfernetSubscription } from '../chain/infernet-subscription.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import type { FreeConsumer, InfernetToken } from '../domain/infernet-container.ts'
import { type Address, zeroAddress } from '../domain/units.ts'

export type InfernetPaymentTerms = {
  readonly tokens: readonly InfernetToken[]
  readonly free: readonly FreeConsumer[]
  /** Verifiers whose word about a proof the operator accepts. */
  readonly verifiers: readonly Address[]
  /** Where payments go; zero: none is taken. */
  readonly nodeWallet: Address
}

export type InfernetOffer =
  /** Whoever is first has it. */
  | { readonly kind: 'paid'; readonly deliveryFee: bigint }
  /** The operator's own money, already taken from the consumer's budget. */
  | { readonly kind: 'granted'; readonly deliveryFee: bigint }
  | {
      readonly kind: 'refused'
      readonly reason: InfernetRefusal
      readonly detail: string
      /** Another interval may be paid for. */
      readonly isForNow: boolean
    }

/** Told in logs alone: a record for each subscription that pays nothing could be had by anybody for nothing. */
type InfernetRefusal =
  | 'payment_too_small'
  | 'payment_token_unknown'
  | 'verifier_not_accepted'
  | 'wallet_invalid'
  | 'wallet_empty'

const refused = (reason: InfernetRefusal, detail: string): InfernetOffer => ({
  kind: 'refused',
  reason,
  detail,
  isForNow: reason === 'wallet_empty',
})

/** @param granted what the consumer had for nothing so far, in atomic units. */
export async function judgeInfernetPayment(
  rpc: JsonRpc,
  subscription: InfernetSubscription,
  terms: InfernetPaymentTerms & {
    readonly answerPrice: bigint
    readonly granted: bigint
    readonly places: Pick<InfernetPlaces, 'fee' | 'walletFactory'>
  },
): Promise<Result<InfernetOffer, ChainFailure>> {
  if (subscription.paymentAmount === 0n) return ok(grant(subscription, terms))
  const token = terms.tokens.find(({ token }) => token === subscription.paymentToken)
  if (token === undefined) return ok(refused('payment_token_unknown', subscription.paymentToken))
  const { verifier } = subscription
  if (verifier !== zeroAddress && !terms.verifiers.includes(verifier)) {
    return ok(refused('verifier_not_accepted', verifier))
  }
  const share = await readShare(rpc, subscription, terms)
  if (!share.ok) return share
  if (typeof share.value !== 'bigint') return ok(share.value)
  const deliveryFee = valueRoundedDown(share.value, token) - terms.answerPrice
  return ok(
    deliveryFee > 0n
      ? { kind: 'paid', deliveryFee }
      : refused('payment_too_small', 'it does not cover the answer'),
  )
}

/** What of the payment would reach this node, or why nothing does. */
async function readShare(
  rpc: JsonRpc,
  subscription: InfernetSubscription,
  terms: {
    readonly nodeWallet: Address
    readonly places: Pick<InfernetPlaces, 'fee' | 'walletFactory'>
  },
): Promise<Result<bigint | InfernetOffer, ChainFailure>> {
  const { nodeWallet, places } = terms
  if (nodeWallet === zeroAddress) return ok(refused('wallet_invalid', 'no wallet is configured'))
  const wallets = [nodeWallet, subscription.wallet]
  const areWallets = await readAreWallets(rpc, places.walletFactory, wallets)
  if (!areWallets.ok) return areWallets
  if (!areWallets.value) return ok(refused('wallet_invalid', 'one is not of the WalletFactory'))
  const canPay = await readCanPay(rpc, subscription)
  if (!canPay.ok) return theirFault(canPay.error, refused('wallet_invalid', 'it cannot be asked'))
  if (!canPay.value) return ok(refused('wallet_empty', 'it does not have or allow so much'))
  const fees = await readInfernetFees(rpc, places.fee, subscription)
  if (!fees.ok) {
    const silent = refused('verifier_not_accepted', 'it does not say its fee')
    return theirFault(fees.error, silent)
  }
  return fees.value.isTokenTaken
    ? ok(nodeShare(subscription.paymentAmount, fees.value))
    : ok(refused('verifier_not_accepted', 'it does not take the token'))
}

/** Tokens and verifiers are contracts of anybody's: where one fails, nothing is wrong with the chain. */
const theirFault = <Said>(failure: ChainFailure, said: Said): Result<Said, ChainFailure> =>
  isConsumersFault(failure) ? ok(said) : err(failure)

/** A node that could not be asked says nothing about a contract; all else was the contract's doing. */
export const isConsumersFault = ({ reason }: ChainFailure): boolean =>
  reason !== 'chain_unreachable' && reason !== 'chain_timeout'

function grant(
  { owner }: InfernetSubscription,
  { free, granted }: { readonly free: readonly FreeConsumer[]; readonly granted: bigint },
): InfernetOffer {
  const known = free.find(({ consumer }) => consumer === owner)
  if (known === undefined) return refused('payment_too_small', 'it pays nothing')
  return granted + known.deliveryFee <= known.budget
    ? { kind: 'granted', deliveryFee: known.deliveryFee }
    : refused('payment_too_small', 'its free budget is spent')
}

const valueRoundedDown = (amount: bigint, { price, decimals }: InfernetToken): bigint =>
  (amount * price) / 10n ** BigInt(decimals)
