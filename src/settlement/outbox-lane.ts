/*
 * One look at a lane of the outbox: what was sent is followed to its block and to finality, what is queued gets the next
 * nonce. A look reads everything from the store and the chain, so that a crash between any two lines is repaired by the next
 * look, in this process or another.
 *
 * Invariants:
 *   (1) bytes that were ever sent are in the store: they are written before they are sent
 *   (2) two intents of a lane never hold one nonce (the store refuses the second)
 *   (3) an intent is signed for another nonce only when its own can never be used by it again: then at most one of its
 *       transactions is ever executed
 *   (4) all that is ever sent of an intent with caps costs at most what they allow (outbox-caps.ts)
 */
import { feeBumpAfterMs, outboxInFlightMax, strangeForMsMin } from '../base/limits.ts'
import { ok, type Result } from '../base/result.ts'
import { type Block, readHead } from '../chain/blocks.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { firstFees, readFeeQuote, replacementFees } from '../chain/fees.ts'
import { readInclusionOfAny } from '../chain/inclusion.ts'
import { hexQuantity, readQuantity } from '../chain/quantity.ts'
import { type SendVerdict, sendRaw } from '../chain/send-raw.ts'
import { gasLimitOf } from '../chain/sign-transaction.ts'
import { holdsNonce, type OutboxEntry, type SignedAttempt } from '../store/outbox-store.ts'
import { emptyGas, isEmptied, isTooLate, mustBeEmptied, priceMaxOf } from './outbox-caps.ts'
import { endOf, factsOf, isRevert, lowestFree, newEntry } from './outbox-rules.ts'
import { type Lane, refuse, signAndSend, waitsForPrice, write } from './outbox-step.ts'

/** The chain as one look sees it. */
type Standing = {
  readonly head: Block
  readonly chainNonce: number
  /** Something without caps waits in the lane: a claim has its own deadline. */
  readonly isHurried: boolean
}

/** Answers the first thing that the chain could not do; everything else was done. Throws StoreFailure. */
export async function advanceLane(lane: Lane): Promise<ChainFailure | undefined> {
  const entries = await lane.store.open(lane)
  if (entries.length === 0) return undefined
  const isHurried = entries.some(({ caps }) => caps === undefined)
  const standing = await readStanding(lane, isHurried)
  if (!standing.ok) return standing.error
  let failure: ChainFailure | undefined
  const followed: OutboxEntry[] = []
  for (const entry of entries) {
    const step = holdsNonce(entry) ? await follow(lane, entry, standing.value) : ok(entry)
    if (!step.ok) failure ??= step.error
    followed.push(step.ok ? step.value : entry)
  }
  return (await dispatchQueued(lane, followed, standing.value)) ?? failure
}

async function readStanding(
  lane: Lane,
  isHurried: boolean,
): Promise<Result<Standing, ChainFailure>> {
  // The head first: whatever is read after it is at least as new, so that confirmations are never counted too high.
  const head = await readHead(lane.rpc)
  if (!head.ok) return head
  const nonce = await readQuantity(lane.rpc, 'eth_getTransactionCount', [lane.sender, 'latest'])
  if (!nonce.ok) return nonce
  return ok({ head: head.value, chainNonce: Number(nonce.value), isHurried })
}

/** Sees what became of a transaction that was signed, and answers the entry as it is now. */
async function follow(
  lane: Lane,
  entry: OutboxEntry,
  standing: Standing,
): Promise<Result<OutboxEntry, ChainFailure>> {
  const hashes = entry.attempts.map(({ transactionHash }) => transactionHash).reverse()
  const found = await readInclusionOfAny(lane.rpc, hashes)
  if (!found.ok) return found
  const inclusion = found.value
  if (inclusion !== undefined) {
    lane.strangeSinceMs.delete(entry.intentId)
    const depth = standing.head.number - inclusion.blockNumber + 1
    if (depth >= lane.confirmations) {
      const emptied = isEmptied(entry, inclusion.transactionHash)
      return write(lane, entry, { inclusion, ...endOf({ ...inclusion, emptied }) })
    }
    return inclusion.blockHash === entry.inclusion?.blockHash
      ? ok(entry)
      : write(lane, entry, { state: 'mined', inclusion })
  }
  if (entry.state === 'mined') {
    lane.log.error('transaction_reorganised', factsOf(entry))
    return write(lane, entry, { state: 'sent', inclusion: undefined })
  }
  const nonce = entry.nonce ?? 0
  return nonce < standing.chainNonce
    ? requeueWhenLost(lane, entry, standing)
    : keepInPool(lane, entry, standing)
}

/**
 * The nonce is used, and not by us: somebody else has the key, or the node that counts is ahead of the one that has
 * receipts. Only the first is a reason to sign anew, so it must last for a while and be so at the depth of finality.
 */
async function requeueWhenLost(
  lane: Lane,
  entry: OutboxEntry,
  { head }: Standing,
): Promise<Result<OutboxEntry, ChainFailure>> {
  if (!isStrangeForLong(lane, entry.intentId)) return ok(entry)
  const finalBlock = Math.max(0, head.number - lane.confirmations + 1)
  const params = [lane.sender, hexQuantity(finalBlock)]
  const finalNonce = await readQuantity(lane.rpc, 'eth_getTransactionCount', params)
  if (!finalNonce.ok) return finalNonce
  if (Number(finalNonce.value) <= (entry.nonce ?? 0)) return ok(entry)
  lane.strangeSinceMs.delete(entry.intentId)
  lane.log.error('nonce_taken_by_another', factsOf(entry))
  if (entry.kind === 'nonce-gap') {
    return write(lane, entry, {
      state: 'failed',
      failure: { message: 'another transaction has closed the gap', data: undefined },
    })
  }
  return write(lane, entry, { state: 'queued', nonce: undefined, attempts: [] })
}

/** Sends again what the node has forgotten, and replaces what does not get in. */
async function keepInPool(
  lane: Lane,
  entry: OutboxEntry,
  { head, chainNonce, isHurried }: Standing,
): Promise<Result<OutboxEntry, ChainFailure>> {
  lane.strangeSinceMs.delete(entry.intentId)
  const last = entry.attempts.at(-1)
  if (last === undefined) return ok(entry)
  const isEmpty = mustBeEmptied(entry, { last, head, isHurried, nowMs: lane.nowMs() })
  if (isEmpty && !last.isEmpty) return replace(lane, entry, { last, isEmpty })
  const known = await lane.rpc.call('eth_getTransactionByHash', [last.transactionHash])
  if (!known.ok) return known
  const sent: Result<SendVerdict, ChainFailure> =
    known.value === null ? await sendRaw(lane.rpc, last.raw) : ok('accepted')
  // Only the transaction that could be next is worth more: the others wait for it, whatever they offer.
  const isNext = entry.nonce === chainNonce
  const tooLow =
    lane.nowMs() - last.signedAtMs >= feeBumpAfterMs || last.maxFeePerGas < head.baseFeePerGas
  if (isNext && tooLow) return replace(lane, entry, { last, isEmpty })
  return sent.ok ? ok(entry) : sent
}

async function replace(
  lane: Lane,
  entry: OutboxEntry,
  { last, isEmpty }: { readonly last: SignedAttempt; readonly isEmpty: boolean },
): Promise<Result<OutboxEntry, ChainFailure>> {
  const quote = await readFeeQuote(lane.rpc)
  if (!quote.ok) return quote
  const priceMax = priceMaxOf(entry, lane.feeWeiMax, isEmpty)
  // What has caps is not signed anew for a price at which no block takes it either.
  if (entry.caps !== undefined && quote.value.gasPrice > priceMax) return ok(entry)
  const fees = replacementFees(last, quote.value, priceMax)
  if (fees === undefined) return waitsForPrice(lane, entry)
  const gasLimit = isEmpty ? emptyGas : last.gasLimit
  const replaced = await signAndSend(lane, entry, { ...fees, gasLimit, isEmpty })
  const event = isEmpty ? 'transaction_emptied' : 'transaction_replaced'
  if (replaced.ok) lane.log.info(event, factsOf(replaced.value))
  return replaced
}

/** Gives nonces to what is queued, as far as the node keeps them in order. */
async function dispatchQueued(
  lane: Lane,
  entries: readonly OutboxEntry[],
  { head, chainNonce }: Standing,
): Promise<ChainFailure | undefined> {
  const used = new Set(entries.filter(holdsNonce).map(({ nonce }) => nonce ?? 0))
  const queued = entries.filter(({ state }) => state === 'queued')
  let inFlight = entries.filter(({ state }) => state === 'sent').length
  for (const entry of queued) {
    if (inFlight >= outboxInFlightMax) return undefined
    const nonce = lowestFree(used, chainNonce)
    const dispatched = await dispatch(lane, { ...entry, nonce }, { head, inFlight })
    if (!dispatched.ok) return dispatched.error
    if (dispatched.value.state === 'failed') continue
    if (dispatched.value.state === 'queued') {
      // Nobody waits behind what waits for a lower fee. Else it waits for what is before it, as does everything behind it.
      if (entry.caps !== undefined) continue
      return undefined
    }
    used.add(nonce)
    inFlight += 1
  }
  const free = lowestFree(used, chainNonce)
  if (queued.length === 0 && [...used].some((nonce) => nonce > free)) await fillGap(lane, free)
  else lane.strangeSinceMs.delete('gap')
  return undefined
}

async function dispatch(
  lane: Lane,
  entry: OutboxEntry,
  { head, inFlight }: { readonly head: Block; readonly inFlight: number },
): Promise<Result<OutboxEntry, ChainFailure>> {
  const { to, data, caps } = entry
  if (isTooLate(entry, head)) return refuse(lane, entry, { message: 'too late' })
  const behindOthers = inFlight > 0
  const call = { from: lane.sender, to, data }
  const gas = await readQuantity(
    lane.rpc,
    'eth_estimateGas',
    behindOthers || caps !== undefined ? [call, 'pending'] : [call],
  )
  if (!gas.ok) {
    if (!isRevert(gas.error)) return gas
    // What is before it in the lane may be what makes it possible.
    if (behindOthers && caps === undefined) return ok({ ...entry, state: 'queued' })
    return refuse(lane, entry, gas.error)
  }
  if (caps !== undefined && gas.value > caps.gasLimitMax) {
    const message = `needs ${gas.value} gas, more than its ${caps.gasLimitMax}`
    return refuse(lane, entry, { message })
  }
  const quote = await readFeeQuote(lane.rpc)
  if (!quote.ok) return quote
  const fees = firstFees(quote.value, priceMaxOf(entry, lane.feeWeiMax, false))
  if (fees === undefined) return waitsForPrice(lane, entry)
  const gasLimit = caps?.gasLimitMax ?? gasLimitOf(gas.value)
  return signAndSend(lane, entry, { ...fees, gasLimit, isEmpty: false })
}

/** A nonce that nothing of ours has, below one that is signed: all that is behind it waits until it is used. */
async function fillGap(lane: Lane, nonce: number): Promise<void> {
  if (!isStrangeForLong(lane, 'gap')) return
  lane.strangeSinceMs.delete('gap')
  lane.log.error('nonce_gap', { nonce })
  const nowMs = lane.nowMs()
  const intentId = `nonce-gap:${lane.chainId}:${lane.sender}:${nonce}:${nowMs}`
  // Nothing to nobody: it only uses the nonce.
  const intent = { to: lane.sender, data: '0x', intentId, kind: 'nonce-gap', nowMs } as const
  await lane.store.put(newEntry(lane, intent))
}

function isStrangeForLong({ strangeSinceMs, nowMs }: Lane, what: string): boolean {
  const sinceMs = strangeSinceMs.get(what) ?? nowMs()
  strangeSinceMs.set(what, sinceMs)
  return nowMs() - sinceMs >= strangeForMsMin
}
