import { setTimeout as wait } from 'node:timers/promises'
import type { Hex } from '../base/hex.ts'
import { confirmationTimeoutMs, receiptPollFirstMs, receiptPollLastMs } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { TransactionCaps } from '../domain/transaction-caps.ts'
import { type Address, type Bytes32, bytes32, isBytes32 } from '../domain/units.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import { type ContractCall, encodeCall, explainRevert } from './contracts.ts'
import { type Fees, readFeeQuote, wantedFees } from './fees.ts'
import { type Inclusion, readInclusion } from './inclusion.ts'
import type { JsonRpc } from './json-rpc.ts'
import type { PrivateKey } from './private-key.ts'
import { hexQuantity, readQuantity } from './quantity.ts'
import { gasLimitOf, signTransaction } from './sign-transaction.ts'
import { addressOfPrivateKey } from './signatures.ts'

export type MinedTransaction = {
  readonly transactionHash: Bytes32
  readonly blockNumber: number
}

export type Transaction = { readonly to: Address; readonly data: Hex }

/** What a transaction is for. A durable sender executes an intent once, however often it is asked to. */
export type Purpose = {
  /** The intent's name, the same whenever the same thing is meant. */
  readonly intentId: string
  readonly kind: TransactionKind
  /** The channels that it is about, for whoever asks what is on its way for one. */
  readonly channelIds?: readonly Bytes32[]
  /** For what must not cost more than it earns. Only a durable sender (settlement/outbox.ts) keeps to them. */
  readonly caps?: TransactionCaps | undefined
}

export type TransactionKind =
  | 'deposit'
  | 'claim'
  | 'settle'
  | 'refund'
  | 'withdraw'
  | 'payout-deposit'
  | 'payout-claim'
  | 'anchor'
  | 'timestamp'
  | 'inclusion-answer'
  | 'delivery'
  | 'poke'
  | 'callback-retry'
  | 'job-expiry'
  | 'nonce-gap'
  | 'other'

/** An account that sends transactions on one chain, one nonce after the other. */
export type Sender = {
  readonly address: Address
  /**
   * Sends and waits for the block. What would revert is not sent. A revert is final: it had no effect. After any other
   * failure the outcome is unknown, and with a durable sender the intent goes on by itself.
   */
  readonly transact: (
    transaction: Transaction,
    purpose?: Purpose,
  ) => Promise<Result<MinedTransaction, ChainFailure>>
}

type Account = {
  readonly rpc: JsonRpc
  readonly chainId: number
  readonly address: Address
  readonly privateKey: PrivateKey
}

/**
 * One lane for each sender: the next transaction takes its nonce when the one before is in a block or has failed, so that
 * two of ours never compete for a nonce. Other processes must not use the same key. Remembers nothing: for commands that a
 * person watches; what must survive a crash goes through settlement/outbox.ts.
 */
export function openSender(terms: Omit<Account, 'address'>): Sender {
  const account = { ...terms, address: addressOfPrivateKey(terms.privateKey) }
  let lane: Promise<unknown> = Promise.resolve()
  return {
    address: account.address,
    transact(transaction) {
      const outcome = lane.then(() => signAndSend(account, transaction))
      lane = outcome.catch(() => undefined)
      return outcome
    },
  }
}

/** Calls a function by transaction. A revert is explained in the contract's own words. */
export async function sendCall(
  sender: Sender,
  call: ContractCall,
  purpose?: Purpose,
): Promise<Result<MinedTransaction, ChainFailure>> {
  const data = await encodeCall(call)
  const outcome = await sender.transact({ to: call.contract.address, data }, purpose)
  return outcome.ok ? outcome : err(await explainRevert(outcome.error, call))
}

async function signAndSend(
  account: Account,
  transaction: Transaction,
): Promise<Result<MinedTransaction, ChainFailure>> {
  const { rpc } = account
  const raw = await priceAndSign(account, transaction)
  if (!raw.ok) return raw
  const hash = await sendForHash(rpc, { method: 'eth_sendRawTransaction', params: [raw.value] })
  return hash.ok ? waitForBlock(rpc, hash.value) : hash
}

/** Hands a transaction over by a method that answers with its hash. */
async function sendForHash(
  rpc: JsonRpc,
  { method, params }: { readonly method: string; readonly params: readonly unknown[] },
): Promise<Result<Bytes32, ChainFailure>> {
  const sent = await rpc.call(method, params)
  if (!sent.ok) return sent
  return isBytes32(sent.value)
    ? ok(bytes32(sent.value))
    : err(badAnswer({ origin: rpc.origin, method, detail: 'no hash' }))
}

/**
 * An account whose key is held elsewhere, as by a hardware wallet behind a local signer (Frame, Clef, a development node):
 * `signer` is asked to sign and send, which may take as long as a person takes. Gas and fees are estimated here, by the node
 * of our own choice, which also simulates; the nonce is the signer's. Whether it is for the same chain the signer sees by
 * the transaction's `chainId`.
 */
export function openRemoteSender(terms: {
  readonly rpc: JsonRpc
  readonly chainId: number
  readonly signer: JsonRpc
  readonly address: Address
}): Sender {
  const { rpc, signer, chainId, address } = terms
  const send = async ({
    to,
    data,
  }: Transaction): Promise<Result<MinedTransaction, ChainFailure>> => {
    const priced = await priceTransaction(rpc, { from: address, to, data })
    if (!priced.ok) return priced
    const { gasLimit, maxFeePerGas, maxPriorityFeePerGas } = priced.value
    const transaction = {
      from: address,
      to,
      data,
      chainId: hexQuantity(chainId),
      gas: hexQuantity(gasLimit),
      maxFeePerGas: hexQuantity(maxFeePerGas),
      maxPriorityFeePerGas: hexQuantity(maxPriorityFeePerGas),
    }
    const hash = await sendForHash(signer, { method: 'eth_sendTransaction', params: [transaction] })
    return hash.ok ? waitForBlock(rpc, hash.value) : hash
  }
  let lane: Promise<unknown> = Promise.resolve()
  return {
    address,
    transact(transaction) {
      const outcome = lane.then(() => send(transaction))
      lane = outcome.catch(() => undefined)
      return outcome
    },
  }
}

/** Answers the raw transaction. */
async function priceAndSign(
  { rpc, chainId, address, privateKey }: Account,
  { to, data }: Transaction,
): Promise<Result<Hex, ChainFailure>> {
  const [priced, nonce] = await Promise.all([
    priceTransaction(rpc, { from: address, to, data }),
    readQuantity(rpc, 'eth_getTransactionCount', [address, 'pending']),
  ])
  if (!priced.ok) return priced
  if (!nonce.ok) return nonce
  const terms = { chainId, nonce: Number(nonce.value), to, data, ...priced.value }
  return ok((await signTransaction(terms, privateKey)).raw)
}

/** Estimates, which simulates, and prices. */
async function priceTransaction(
  rpc: JsonRpc,
  transaction: Transaction & { readonly from: Address },
): Promise<Result<Fees & { readonly gasLimit: bigint }, ChainFailure>> {
  const [gas, quote] = await Promise.all([
    readQuantity(rpc, 'eth_estimateGas', [transaction]),
    readFeeQuote(rpc),
  ])
  if (!gas.ok) return gas
  if (!quote.ok) return quote
  return ok({ gasLimit: gasLimitOf(gas.value), ...wantedFees(quote.value) })
}

async function waitForBlock(
  rpc: JsonRpc,
  transactionHash: Bytes32,
): Promise<Result<MinedTransaction, ChainFailure>> {
  let pauseMs = receiptPollFirstMs
  for (let waitedMs = 0; waitedMs < confirmationTimeoutMs; waitedMs += pauseMs) {
    const inclusion = await readInclusion(rpc, transactionHash)
    if (!inclusion.ok) return inclusion
    if (inclusion.value !== undefined) return minedOrReverted(inclusion.value)
    await wait(pauseMs)
    pauseMs = Math.min(pauseMs * 2, receiptPollLastMs)
  }
  return err({
    reason: 'transaction_unconfirmed',
    transactionHash,
    waitedMs: confirmationTimeoutMs,
  })
}

/** What a block made of a transaction, as a sender answers it. */
export function minedOrReverted(inclusion: Inclusion): Result<MinedTransaction, ChainFailure> {
  const { transactionHash, blockNumber } = inclusion
  if (inclusion.succeeded) return ok({ transactionHash, blockNumber })
  const method = 'eth_getTransactionReceipt'
  const message = `transaction ${transactionHash} reverted in its block`
  return err({ reason: 'chain_error', method, code: 3, message, data: undefined })
}
