/*
 * x402's `exact`: one transfer, settled on the chain, pays for one request. Its book is a channel with one deposit that is
 * signed in full from the start. No such channel can exist on the chain (its withdrawal delay is zero) and it has no voucher
 * signature, so nothing is ever claimed on it: the money is there already.
 *
 *   judged --not paid yet--> sent --mined, buried--> booked --held, charged--> served (409 from then on)
 *      '---paid before (a crash, an answer that failed, another sender)--------^
 *
 * The book is opened only when the chain shows this very transfer. The same authorization therefore pays once, and pays for
 * one answer: asked again it is served as long as nothing was charged for it, and never after.
 */
import {
  depositConfirmationTimeoutMs,
  depositValidityMinS,
  exactTransferBlocksMax,
} from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import { readHead } from '../chain/blocks.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import { channelIdOf } from '../chain/channel-typed-data.ts'
import { waitUntilBuried } from '../chain/confirmations.ts'
import { erc3009At, findTransfer, transferCall, transferDigest } from '../chain/erc3009.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { parseSignature, recoverSigner } from '../chain/signatures.ts'
import { simulateCall } from '../chain/simulate-call.ts'
import { type Sender, sendCall } from '../chain/transactions.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import { type ChannelConfig, settledUpFrontDelay } from '../domain/channel.ts'
import { atomic, type Bytes32, noSignature, unixSecondsOf } from '../domain/units.ts'
import type { ExactPayment, PaymentQuote, TransferAuthorization } from '../domain/x402-payment.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import type { ChannelTerms } from './channel-terms.ts'
import type { AcceptRefusal, ChannelPayer } from './x402-accept.ts'

export type ExactDeps = {
  readonly ledger: LedgerStore
  readonly terms: ChannelTerms
  readonly tokenDomain: DomainSeparator
  readonly rpc: JsonRpc
  readonly sender: Sender
  /** Blocks, its own included, after which a transfer is final. */
  readonly confirmations: number
  readonly nowMs: () => number
}

type Book = { readonly channelId: Bytes32; readonly config: ChannelConfig }
type Settled = { readonly transactionHash: Bytes32 | undefined; readonly blockNumber: number }

/** Settles the transfer, or finds it settled, and answers the book to charge. Throws StoreFailure. */
export async function acceptExactPayment(
  deps: ExactDeps,
  payment: ExactPayment,
  quote: Pick<PaymentQuote, 'ceilingAmount'>,
): Promise<Result<ChannelPayer, AcceptRefusal>> {
  const judged = judge(deps, payment.authorization)
  if (!judged.ok) return judged
  const authorization = judged.value
  const book = bookOf(deps.terms, authorization)
  const known = await deps.ledger.channel(book.channelId)
  if (known !== undefined && (known.chargedCumulativeAmount > 0n || known.heldAmount > 0n)) {
    return err({ reason: 'payment_replayed', response: undefined })
  }
  if (authorization.value !== quote.ceilingAmount) {
    return unacceptable(`the transfer must be of ${quote.ceilingAmount} atomic units`)
  }
  const settled = known === undefined ? await settle(deps, authorization) : ok(undefined)
  if (!settled.ok) return settled
  await openBook(deps, book, authorization)
  return ok({
    kind: 'channel',
    channelId: book.channelId,
    payment: {
      scheme: 'exact',
      maxClaimableAmount: authorization.value,
      toldAmount: atomic(0n),
      clientBaseAmount: undefined,
      transactionHash: settled.value?.transactionHash,
    },
  })
}

function judge(
  deps: ExactDeps,
  asked: TransferAuthorization,
): Result<TransferAuthorization, AcceptRefusal> {
  const { terms, tokenDomain, nowMs } = deps
  if (asked.to !== terms.receiver) return unacceptable(`it must pay ${terms.receiver}`)
  const parsed = parseSignature(asked.signature)
  const authorization = parsed.ok ? { ...asked, signature: parsed.value } : undefined
  if (
    authorization === undefined ||
    recoverSigner(transferDigest(tokenDomain, authorization), authorization.signature) !==
      authorization.from
  ) {
    return unacceptable("the transfer's signature is not its sender's over exactly these terms")
  }
  const nowS = unixSecondsOf(nowMs())
  // Far below what a request may wait: one that was settled in time is found all the same.
  if (authorization.validAfter > nowS) return unacceptable('the transfer is not valid yet')
  return ok(authorization)
}

function bookOf(terms: ChannelTerms, authorization: TransferAuthorization): Book {
  const config: ChannelConfig = {
    payer: authorization.from,
    payerAuthorizer: authorization.from,
    receiver: terms.receiver,
    receiverAuthorizer: terms.receiverAuthorizer,
    token: terms.token,
    withdrawDelay: settledUpFrontDelay,
    salt: authorization.nonce,
  }
  return { channelId: channelIdOf(terms.domain, config), config }
}

/** Makes the transfer unless it was made. Only the chain's events count, whoever sent it. */
async function settle(
  deps: ExactDeps,
  authorization: TransferAuthorization,
): Promise<Result<Settled, AcceptRefusal>> {
  const { rpc, sender, terms, nowMs } = deps
  const before = await findSettled(deps, authorization)
  if (!before.ok) return before
  if (before.value !== undefined) return bury(deps, before.value)
  if (authorization.validBefore - unixSecondsOf(nowMs()) < depositValidityMinS) {
    return unacceptable('the transfer has expired or is about to')
  }
  const call = transferCall(erc3009At(terms.token), authorization)
  const obstacle = await simulateCall(rpc, { ...call, from: sender.address })
  if (obstacle !== undefined) return refusalOf(obstacle)
  const intentId = `exact:${bookOf(terms, authorization).channelId}`
  const sent = await sendCall(sender, call, { intentId, kind: 'other' })
  if (!sent.ok) return refusalOf(sent.error)
  const after = await findSettled(deps, authorization)
  if (!after.ok) return after
  // A token that takes the authorization and moves nothing to us is none that can be paid with.
  if (after.value === undefined) return unacceptable('the transfer did not arrive')
  return bury(deps, after.value)
}

async function findSettled(
  { rpc, terms }: ExactDeps,
  transfer: TransferAuthorization,
): Promise<Result<Settled | undefined, AcceptRefusal>> {
  const head = await readHead(rpc)
  if (!head.ok) return err({ reason: 'chain_unavailable' })
  const asked = { transfer, head: head.value.number, blocks: exactTransferBlocksMax }
  const found = await findTransfer(rpc, erc3009At(terms.token), asked)
  return found.ok ? found : err({ reason: 'chain_unavailable' })
}

async function bury(
  { rpc, confirmations }: ExactDeps,
  settled: Settled,
): Promise<Result<Settled, AcceptRefusal>> {
  const patience = { confirmations, timeoutMs: depositConfirmationTimeoutMs }
  const buried = await waitUntilBuried(rpc, settled, patience)
  if (buried.ok) return ok(settled)
  return err({ reason: 'deposit_pending', transactionHash: settled.transactionHash })
}

/** Idempotent, and in an order that a crash may cut anywhere. */
async function openBook(
  { ledger, terms }: ExactDeps,
  { channelId, config }: Book,
  { value }: TransferAuthorization,
): Promise<void> {
  const onChain = { balance: value, totalClaimed: atomic(0n), withdrawFinalAtS: undefined }
  const opened = await ledger.openChannel({ channelId, chainId: terms.chainId, config, onChain })
  await opened.durable
  // Whoever looked for it among the channels on the chain found nothing, and closed it.
  await ledger.observeChain(channelId, onChain)
  const voucher = { channelId, maxClaimableAmount: value, signature: noSignature }
  const signed = await ledger.acceptVoucher(voucher)
  if (signed.ok) await signed.value.durable
}

function refusalOf(failure: ChainFailure): Result<never, AcceptRefusal> {
  if (failure.reason === 'reverted') return unacceptable(describeChainFailure(failure))
  if (failure.reason !== 'transaction_unconfirmed') return err({ reason: 'chain_unavailable' })
  return err({ reason: 'deposit_pending', transactionHash: failure.transactionHash })
}

const unacceptable = (detail: string): Result<never, AcceptRefusal> =>
  err({ reason: 'payment_unacceptable', detail })
