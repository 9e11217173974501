/*
 * A contract that asks at the coordinator of a development chain, as any contract would: it pays, and keeps what it is answered.
 * Sent as itself, because whoever would call it is no concern of the tests.
 */
import type { Hex } from '../../src/base/hex.ts'
import { sha256Hex } from '../../src/base/sha256.ts'
import {
  type Contract,
  type ContractCall,
  encodeCall,
  readContract,
} from '../../src/chain/contracts.ts'
import { decodeCoordinatorLog } from '../../src/chain/coordinator-events.ts'
import { requestCall, requestPrivateCall } from '../../src/chain/inference-coordinator.ts'
import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { openSender, sendCall } from '../../src/chain/transactions.ts'
import type { DevChain } from '../../src/dev/bootstrap-chain.ts'
import { devUsdAt } from '../../src/dev/dev-contracts.ts'
import type { JobTerms } from '../../src/domain/contract-job.ts'
import { type Address, type Bytes32, bytes32 } from '../../src/domain/units.ts'
import { compileSolidity } from './compile-solidity.ts'
import { expectOk } from './dev-chain.ts'
import { pollUntil } from './poll-until.ts'

export const hexOfText = (text: string): Hex => `0x${Buffer.from(text).toString('hex')}`
export const textOfHex = (hex: unknown): string =>
  Buffer.from(String(hex).slice(2), 'hex').toString()

/** The `jobs` section of a vouch.yaml for a development chain. */
export const jobsSection = ({ chainId, contracts }: DevChain, more = ''): string => `
jobs:
  pollS: 1
  chains:
    - chainId: ${chainId}
      coordinator: '${contracts.coordinator}'
      offers: '${contracts.jobOffers}'
      fees:
        nativePrice: '10'
        raceBudget: '5'
${more}`

export type AskingPlace = {
  readonly consumer: Address
  readonly terms: (change?: Partial<JobTerms>) => JobTerms
  readonly request: (terms: JobTerms, input: string) => Promise<Bytes32>
  readonly requestPrivate: (terms: JobTerms, input: string) => Promise<Bytes32>
  /** Resolves when the callback has come. */
  readonly answered: (jobId: Bytes32) => Promise<string>
  readonly timesAnswered: (jobId: Bytes32) => Promise<number>
  readonly booked: (account: Address) => Promise<bigint>
  readonly rpc: JsonRpc
}

type ReceiptLogs = {
  readonly logs: readonly { readonly topics: readonly string[]; readonly data: string }[]
}

/** `rpc` is that of the chain, whose blocks come with transactions. */
export async function openAskingPlace(rpc: JsonRpc, dev: DevChain): Promise<AskingPlace> {
  const { coordinator } = dev.contracts
  const code = compileSolidity('AnswerKeeper.sol')('AnswerKeeper')
  const consumer = addressOfPrivateKey(randomPrivateKey())
  const ask = async (method: string, ...params: readonly unknown[]) =>
    expectOk(await rpc.call(method, params))
  const keeper: Contract = {
    name: 'AnswerKeeper',
    address: consumer,
    abi: [
      'function answers(bytes32) view returns (bytes)',
      'function times(bytes32) view returns (uint256)',
    ],
  }
  const sendAs = async (call: ContractCall): Promise<Bytes32> => {
    await ask('anvil_impersonateAccount', consumer)
    const data = await encodeCall(call)
    const transaction = { from: consumer, to: call.contract.address, data, gas: '0x989680' }
    return String(await ask('eth_sendTransaction', transaction)) as Bytes32
  }
  /** Automined, or mined by this. */
  const minedReceipt = async (hash: Bytes32): Promise<ReceiptLogs> => {
    const receipt = await ask('eth_getTransactionReceipt', hash)
    if (receipt !== null) return receipt as ReceiptLogs
    await ask('evm_mine')
    return (await ask('eth_getTransactionReceipt', hash)) as ReceiptLogs
  }
  await ask('anvil_setCode', consumer, code)
  await ask('anvil_setBalance', consumer, `0x${(10n ** 20n).toString(16)}`)
  const minter = openSender({ rpc, chainId: dev.chainId, privateKey: dev.keys.gatewayOperator })
  const asset = devUsdAt(dev.contracts.asset)
  const much = 10n ** 15n
  expectOk(
    await sendCall(minter, { contract: asset, functionName: 'mint', args: [consumer, much] }),
  )
  await sendAs({ contract: asset, functionName: 'approve', args: [coordinator, much] })
  const read = async (functionName: string, jobId: Bytes32): Promise<unknown> =>
    expectOk(await readContract(rpc, { contract: keeper, functionName, args: [jobId] }))[0]
  const asked = async (call: ContractCall): Promise<Bytes32> => {
    const hash = await sendAs(call)
    const receipt = await minedReceipt(hash)
    for (const log of receipt.logs) {
      const event = await decodeCoordinatorLog(log)
      if (event?.kind === 'JobRequested') return event.jobId
    }
    throw new Error(`not asked: ${JSON.stringify(receipt)}`)
  }
  return {
    rpc,
    consumer,
    terms: (change = {}) => ({
      modelId: dev.prices.modelId,
      gateway: dev.addresses.gatewayOperator,
      minTiers: 3,
      promptAtomicPerMtok: dev.prices.promptAtomicPerMtok,
      completionAtomicPerMtok: dev.prices.completionAtomicPerMtok,
      maxFee: 10_000n,
      deliveryFee: 1_000_000n,
      deliveryTime: 600,
      callbackGas: 300_000,
      agreement: 1,
      answersMax: 1,
      ...change,
    }),
    request: (terms, input) => asked(requestCall(coordinator, terms, hexOfText(input))),
    requestPrivate: (terms, input) => {
      const inputHash = bytes32(`0x${sha256Hex(Buffer.from(input))}`)
      return asked(requestPrivateCall(coordinator, terms, inputHash))
    },
    answered: async (jobId) =>
      textOfHex(
        await pollUntil(
          () => read('answers', jobId),
          (content) => content !== '0x',
        ),
      ),
    timesAnswered: async (jobId) => Number(await read('times', jobId)),
    booked: async (account) => {
      const contract: Contract = {
        name: 'InferenceCoordinator',
        address: coordinator,
        abi: ['function balances(address) view returns (uint256)'],
      }
      const balances = { contract, functionName: 'balances', args: [account] }
      return expectOk(await readContract(rpc, balances))[0] as bigint
    },
  }
}
