import { setTimeout as wait } from 'node:timers/promises'
import type { Hex } from '../base/hex.ts'
import { confirmationTimeoutMs, receiptPollFirstMs, receiptPollLastMs } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import { type Address, type Bytes32, bytes32, isBytes32 } from '../domain/units.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import { type ContractCall, encodeCall, explainRevert } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'
import type { PrivateKey } from './private-key.ts'
import { addressOfPrivateKey, signDigest } from './signatures.ts'

export type MinedTransaction = {
  readonly transactionHash: Bytes32
  readonly blockNumber: number
}

type Transaction = { readonly to: Address; readonly data: Hex }

/** An account that sends transactions on one chain, one after the other. */
export type Sender = {
  readonly address: Address
  /** Sends and waits for the block. What would revert is not sent. */
  readonly transact: (transaction: Transaction) => Promise<Result<MinedTransaction, ChainFailure>>
}

type Account = {
  readonly rpc: JsonRpc
  readonly chainId: number
  readonly address: Address
  readonly privateKey: PrivateKey
}

/**
 * One lane for each sender: the next transaction takes its nonce when the one before is in a block or has failed, so that
 * two of ours never compete for a nonce. Other processes must not use the same key.
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
): Promise<Result<MinedTransaction, ChainFailure>> {
  const data = await encodeCall(call)
  const outcome = await sender.transact({ to: call.contract.address, data })
  return outcome.ok ? outcome : err(await explainRevert(outcome.error, call))
}

async function signAndSend(
  account: Account,
  transaction: Transaction,
): Promise<Result<MinedTransaction, ChainFailure>> {
  const { rpc } = account
  const signed = await signTransaction(account, transaction)
  if (!signed.ok) return signed
  const method = 'eth_sendRawTransaction'
  const sent = await rpc.call(method, [signed.value])
  if (!sent.ok) return sent
  return isBytes32(sent.value)
    ? waitForBlock(rpc, bytes32(sent.value))
    : err(badAnswer({ origin: rpc.origin, method, detail: 'no hash' }))
}

/** Estimates (which simulates), prices and signs. Answers the raw transaction. */
async function signTransaction(
  { rpc, chainId, address, privateKey }: Account,
  { to, data }: Transaction,
): Promise<Result<Hex, ChainFailure>> {
  const [gas, nonce, gasPrice, tip] = await Promise.all([
    quantity(rpc, 'eth_estimateGas', [{ from: address, to, data }]),
    quantity(rpc, 'eth_getTransactionCount', [address, 'pending']),
    quantity(rpc, 'eth_gasPrice', []),
    quantity(rpc, 'eth_maxPriorityFeePerGas', []),
  ])
  if (!gas.ok) return gas
  if (!nonce.ok) return nonce
  if (!gasPrice.ok) return gasPrice
  if (!tip.ok) return tip

  const ethers = await import('ethers')
  const transaction = ethers.Transaction.from({
    type: 2,
    chainId,
    nonce: Number(nonce.value),
    to,
    data,
    // The state may change between the estimate and the block, and a nested call keeps back 1/64 of its gas.
    gasLimit: (gas.value * 5n) / 4n,
    // Twice the current price outlasts five full blocks of rising base fee; what is not needed is not paid.
    maxFeePerGas: gasPrice.value * 2n + tip.value,
    maxPriorityFeePerGas: tip.value,
  })
  transaction.signature = signDigest(bytes32(transaction.unsignedHash), privateKey)
  return ok(transaction.serialized as Hex)
}

async function quantity(
  rpc: JsonRpc,
  method: string,
  params: readonly unknown[],
): Promise<Result<bigint, ChainFailure>> {
  const answer = await rpc.call(method, params)
  if (!answer.ok) return answer
  if (typeof answer.value === 'string' && /^0x[0-9a-f]{1,64}$/i.test(answer.value)) {
    return ok(BigInt(answer.value))
  }
  return err(badAnswer({ origin: rpc.origin, method, detail: 'no quantity' }))
}

async function waitForBlock(
  rpc: JsonRpc,
  transactionHash: Bytes32,
): Promise<Result<MinedTransaction, ChainFailure>> {
  const method = 'eth_getTransactionReceipt'
  let pauseMs = receiptPollFirstMs
  for (let waitedMs = 0; waitedMs < confirmationTimeoutMs; waitedMs += pauseMs) {
    const answer = await rpc.call(method, [transactionHash])
    if (!answer.ok) return answer
    if (answer.value !== null) return readReceipt(rpc, transactionHash, answer.value)
    await wait(pauseMs)
    pauseMs = Math.min(pauseMs * 2, receiptPollLastMs)
  }
  return err({
    reason: 'transaction_unconfirmed',
    transactionHash,
    waitedMs: confirmationTimeoutMs,
  })
}

function readReceipt(
  rpc: JsonRpc,
  transactionHash: Bytes32,
  receipt: unknown,
): Result<MinedTransaction, ChainFailure> {
  const method = 'eth_getTransactionReceipt'
  if (typeof receipt !== 'object' || receipt === null) {
    return err(badAnswer({ origin: rpc.origin, method, detail: 'no receipt' }))
  }
  const { status, blockNumber } = receipt as Record<string, unknown>
  if (status !== '0x1') {
    const message = `transaction ${transactionHash} reverted in its block`
    return err({ reason: 'chain_error', method, code: 3, message, data: undefined })
  }
  return ok({ transactionHash, blockNumber: Number(blockNumber) })
}
