/*
 * One round of a wallet: look, verify every receipt since the last one, and sign the next tranche if it is due. What was
 * verified is saved before more is asked for, and what is signed before it is sent, so that it may be killed at any point.
 */
import { err, ok, type Result } from '../base/result.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import { channelSettlementAt, readChannel } from '../chain/channel-settlement.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { readRegistry } from '../chain/receipt-verifier-contract.ts'
import type { ChannelOnChain } from '../domain/channel.ts'
import type { AtomicAmount } from '../domain/units.ts'
import { type BillingFailure, describeBillingFailure } from './ask-gateway.ts'
import { type ChannelPlace, voucherBody } from './billing-orders.ts'
import { type CheckLine, fails, unknown } from './check-line.ts'
import { checkRegisteredKey } from './check-registration.ts'
import { claimsContributor } from './check-signatures.ts'
import type { RemoteChannel } from './gateway-answers.ts'
import type { GatewayBilling } from './gateway-billing.ts'
import type { ParsedReceipt, ReceiptPlace } from './parse-receipt-document.ts'
import { recoverSigners } from './recover-signers.ts'
import {
  expiredReceipt,
  missingReceipt,
  type NextVoucher,
  nextVoucher,
  objectionToBook,
  objectionToClaims,
  takeReceipt,
  type WalletLimits,
  type WalletObjection,
  type WalletState,
  type WalletTrust,
  withSigned,
} from './wallet.ts'

export type WalletDeps = {
  readonly place: ChannelPlace
  readonly billing: Pick<GatewayBilling, 'channel' | 'receipts' | 'sendVoucher'>
  readonly trust: WalletTrust
  readonly limits: WalletLimits
  readonly sessionKey: PrivateKey
  /** With a chain, keys are looked up in the registries and claims are compared with receipts. */
  readonly chain: { readonly rpc: JsonRpc; readonly receiptVerifier: ReceiptPlace } | undefined
  /** Durable when it returns. */
  readonly save: (state: WalletState) => void
  readonly nowMs: () => number
}

export type RoundReport = {
  readonly state: WalletState
  readonly verified: number
  readonly next: NextVoucher
  readonly free: AtomicAmount
}

/** An objection ends the dealings with this gateway; a disturbance only this round. */
export type RoundFailure =
  | { readonly kind: 'objection'; readonly objection: WalletObjection }
  | { readonly kind: 'disturbance'; readonly detail: string }

export async function runWalletRound(
  deps: WalletDeps,
  before: WalletState,
): Promise<Result<RoundReport, RoundFailure>> {
  // The chain first, the book second, the receipts last: each may only lag behind the one after it.
  const onChain = await readOwnChannel(deps)
  if (!onChain.ok) return disturbed(describeChainFailure(onChain.error))
  const book = await deps.billing.channel()
  if (!book.ok) return disturbedBy(book.error)
  const verified = await verifyNewReceipts(deps, before, book.value)
  if (!verified.ok) return verified
  const state = verified.value
  const overclaim = onChain.value && objectionToClaims(state, onChain.value.totalClaimed)
  if (overclaim !== undefined) return objecting(overclaim)
  const next = nextVoucher(state, withChain(book.value, onChain.value), {
    limits: deps.limits,
    nowMs: deps.nowMs(),
  })
  const report = { verified: state.seq - before.seq, next }
  if (next.kind !== 'sign') return ok({ ...report, state, free: book.value.free })
  return sign(deps, state, { ...report, next })
}

/** A gateway that knows of less than the chain is behind; one that knows of more is not believed. */
function withChain(book: RemoteChannel, onChain: ChannelOnChain | undefined): RemoteChannel {
  return onChain === undefined || onChain.balance >= book.balance
    ? book
    : { ...book, balance: onChain.balance }
}

async function sign(
  deps: WalletDeps,
  state: WalletState,
  due: {
    readonly verified: number
    readonly next: Extract<NextVoucher, { kind: 'sign' }>
  },
): Promise<Result<RoundReport, RoundFailure>> {
  const { next, verified } = due
  const { maxClaimableAmount } = next
  const signed = withSigned(state, maxClaimableAmount, deps.nowMs())
  deps.save(signed)
  const { chainId } = deps.place
  const body = { ...voucherBody(deps.place, maxClaimableAmount, deps.sessionKey), chainId }
  const sent = await deps.billing.sendVoucher(body)
  return sent.ok
    ? ok({ state: signed, verified, next, free: sent.value.free })
    : disturbedBy(sent.error)
}

async function verifyNewReceipts(
  deps: WalletDeps,
  before: WalletState,
  book: RemoteChannel,
): Promise<Result<WalletState, RoundFailure>> {
  let state = before
  const compared = objectionToBook(state, book)
  if (compared !== undefined) return objecting(compared)
  while (state.seq < book.receipts) {
    const page = await deps.billing.receipts(state.seq)
    if (!page.ok) return asObjection(page.error, state)
    if (page.value.length === 0) return objecting(missingReceipt(state, book))
    for (const receipt of page.value) {
      const registered = await registrationLines(deps, receipt)
      const taken = takeReceipt(state, receipt, {
        trust: deps.trust,
        registered,
        nowMs: deps.nowMs(),
      })
      if (!taken.ok) return objecting(taken.error)
      state = taken.value
      const wrongBook = objectionToBook(state, book)
      if (wrongBook !== undefined) return objecting(wrongBook)
    }
    deps.save(state)
  }
  return ok(state)
}

/** Receipts that cannot be read, or are not kept any more, are no fault of the network's: to ask again changes nothing. */
function asObjection(failure: BillingFailure, state: WalletState): Result<never, RoundFailure> {
  if (failure.reason === 'gateway_refused' && failure.code === 'receipt_expired') {
    return objecting(expiredReceipt(state))
  }
  if (failure.reason !== 'gateway_unintelligible') return disturbedBy(failure)
  const { detail } = failure
  return objecting({ seq: state.seq + 1, receiptId: undefined, check: 'shape', detail })
}

async function readOwnChannel({
  chain,
  place,
}: WalletDeps): Promise<Result<ChannelOnChain | undefined, ChainFailure>> {
  if (chain === undefined) return ok(undefined)
  return readChannel(chain.rpc, channelSettlementAt(place.settlement), place)
}

/** What the registries say of the keys that signed, where a chain is there to be asked. */
async function registrationLines(
  { chain }: WalletDeps,
  parsed: ParsedReceipt,
): Promise<readonly CheckLine[]> {
  if (chain === undefined) return []
  const { verifyingContract, chainId } = chain.receiptVerifier
  if (parsed.domain.verifyingContract !== verifyingContract || parsed.domain.chainId !== chainId) {
    return [fails('policy-verifier', `signed for ${parsed.domain.verifyingContract}`)]
  }
  const signers = recoverSigners(parsed)
  const roles = claimsContributor(parsed)
    ? (['gateway', 'contributor'] as const)
    : (['gateway'] as const)
  return Promise.all(
    roles.map(async (role) => {
      const check = `${role}-key` as const
      const registry = await readRegistry(chain.rpc, verifyingContract, `${role}s`)
      if (!registry.ok) return unknown(check, describeChainFailure(registry.error))
      const { work } = parsed.receipt
      return checkRegisteredKey(chain.rpc, check, {
        registry: registry.value,
        operator: work[role],
        finishedAt: work.finishedAt,
        trusted: true,
        signer: signers[role],
      })
    }),
  )
}

const objecting = (objection: WalletObjection): Result<never, RoundFailure> =>
  err({ kind: 'objection', objection })

const disturbed = (detail: string): Result<never, RoundFailure> =>
  err({ kind: 'disturbance', detail })

const disturbedBy = (failure: BillingFailure): Result<never, RoundFailure> =>
  disturbed(describeBillingFailure(failure))
