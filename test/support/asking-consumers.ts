/*
 * Contracts that ask at the coordinator of one chain, some of which do not behave when they are called back; and the books of that
 * coordinator as its events tell them.
 */
import type { Hex } from '../../src/base/hex.ts'
import { sha256Hex } from '../../src/base/sha256.ts'
import { type ContractCall, encodeCall, readContract } from '../../src/chain/contracts.ts'
import { decodeCoordinatorLog, readCoordinatorEvents } from '../../src/chain/coordinator-events.ts'
import {
  readBooked,
  requestCall,
  requestPrivateCall,
} from '../../src/chain/inference-coordinator.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { sendCall } from '../../src/chain/transactions.ts'
import { devUsdAt } from '../../src/dev/dev-contracts.ts'
import type { ContractAsk, JobTerms } from '../../src/domain/contract-job.ts'
import { type Address, type Bytes32, bytes32 } from '../../src/domain/units.ts'
import { booksOf, type ToldBooks } from './coordinator-books.ts'
import { consumerCode } from './coordinator-place.ts'
import { expectOk } from './dev-chain.ts'
import type { AskedChain } from './mirrored-jobs.ts'

export type ConsumerKind = keyof typeof consumerCode
export const consumerKinds = Object.keys(consumerCode) as readonly ConsumerKind[]

export type AskingConsumers = {
  readonly chain: AskedChain
  readonly ask: (method: string, ...params: readonly unknown[]) => Promise<unknown>
  readonly request: (
    asked: { readonly terms: JobTerms; readonly input: string },
    by?: ConsumerKind,
  ) => Promise<ContractAsk>
  readonly requestPrivate: (
    asked: { readonly terms: JobTerms; readonly input: string },
    by?: ConsumerKind,
  ) => Promise<ContractAsk>
  /** Sent by nobody in particular, and mined. */
  readonly send: (call: ContractCall) => Promise<void>
  /** Ids of jobs that were delivered, in the order of their blocks; each delivery is one. */
  readonly delivered: () => Promise<readonly Bytes32[]>
  readonly books: () => Promise<ToldBooks & BookedAccounts>
}

type BookedAccounts = {
  /** Of the asset, that the coordinator has. */
  readonly held: bigint
  readonly booked: ReadonlyMap<Address, bigint>
}

const hex = (text: string): Hex => `0x${Buffer.from(text).toString('hex')}`
const much = 10n ** 15n

export async function openAskingConsumers(chain: AskedChain): Promise<AskingConsumers> {
  const { rpc, coordinator, chainId, minter } = chain
  const asset = devUsdAt(chain.asset)
  const ask = async (method: string, ...params: readonly unknown[]) =>
    expectOk(await rpc.call(method, params))
  const sendAs = async (from: Address, call: ContractCall): Promise<Bytes32> => {
    await ask('anvil_impersonateAccount', from)
    const data = await encodeCall(call)
    // Its own limit: what it costs is nobody's concern here.
    const transaction = { from, to: call.contract.address, data, gas: '0x989680' }
    return String(await ask('eth_sendTransaction', transaction)) as Bytes32
  }
  const consumers = new Map<ConsumerKind, Address>()
  for (const kind of consumerKinds) {
    const at = addressOfPrivateKey(randomPrivateKey())
    await ask('anvil_setCode', at, consumerCode[kind])
    await ask('anvil_setBalance', at, `0x${(10n ** 21n).toString(16)}`)
    expectOk(await sendCall(minter, { contract: asset, functionName: 'mint', args: [at, much] }))
    await sendAs(at, { contract: asset, functionName: 'approve', args: [coordinator, much] })
    consumers.set(kind, at)
  }
  const asked = async (by: ConsumerKind, call: ContractCall): Promise<ContractAsk> => {
    const consumer = consumers.get(by)
    if (consumer === undefined) throw new Error('no such consumer')
    const hash = await sendAs(consumer, call)
    const receipt = (await mined(ask, hash)) as ReceiptLogs
    for (const log of receipt.logs) {
      const event = await decodeCoordinatorLog(log)
      if (event?.kind === 'JobRequested') return { ...event, chainId, coordinator }
    }
    throw new Error(`not asked: ${JSON.stringify(receipt)}`)
  }
  const events = async () =>
    expectOk(await readCoordinatorEvents(rpc, coordinator, { from: 0, to: 'latest' })).map(
      ({ event }) => event,
    )
  return {
    ...{ chain, ask },
    request: ({ terms, input }, by = 'silent') =>
      asked(by, requestCall(coordinator, terms, hex(input))),
    requestPrivate: ({ terms, input }, by = 'silent') => {
      const inputHash = bytes32(`0x${sha256Hex(input)}`)
      return asked(by, requestPrivateCall(coordinator, terms, inputHash))
    },
    send: async (call) => {
      await mined(ask, await sendAs(minter.address, call))
    },
    delivered: async () =>
      (await events()).flatMap((event) => (event.kind === 'JobDelivered' ? [event.jobId] : [])),
    books: async () => {
      const told = booksOf(await events())
      const booked = new Map<Address, bigint>()
      for (const account of told.accounts.keys()) {
        booked.set(account, expectOk(await readBooked(rpc, coordinator, account)))
      }
      const balanceOf = { contract: asset, functionName: 'balanceOf', args: [coordinator] }
      const [held] = expectOk(await readContract(rpc, balanceOf))
      return { ...told, booked, held: held as bigint }
    },
  }
}

type Ask = AskingConsumers['ask']
type ReceiptLogs = {
  readonly logs: readonly { readonly topics: readonly string[]; readonly data: string }[]
}

/** Automined, or mined by this. */
async function mined(ask: Ask, hash: Bytes32): Promise<unknown> {
  const receipt = await ask('eth_getTransactionReceipt', hash)
  if (receipt !== null) return receipt
  await ask('evm_mine')
  return ask('eth_getTransactionReceipt', hash)
}
