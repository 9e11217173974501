/*
 * A real InferenceCoordinator on a real chain, consumers that ask it, and answers that its registries' keys have signed: for
 * what becomes of a delivery, whoever made the answer.
 */
import { packReceipt } from '../../src/attestation/packed-receipt.ts'
import type { Hex } from '../../src/base/hex.ts'
import { readHead } from '../../src/chain/blocks.ts'
import { type ContractCall, encodeCall } from '../../src/chain/contracts.ts'
import { decodeCoordinatorLog } from '../../src/chain/coordinator-events.ts'
import { requestCall } from '../../src/chain/inference-coordinator.ts'
import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import { keccak256Hex } from '../../src/chain/keccak.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { openSender, sendCall } from '../../src/chain/transactions.ts'
import { devUsdAt } from '../../src/dev/dev-contracts.ts'
import { type ContractAsk, escrowOf, type JobTerms } from '../../src/domain/contract-job.ts'
import { type Address, type Bytes32, unixSeconds } from '../../src/domain/units.ts'
import { coordinatorSource } from '../../src/jobs/coordinator-source.ts'
import type { JobSource } from '../../src/jobs/job-source.ts'
import type { ContractJob } from '../../src/store/contract-job-store.ts'
import { someContractJob } from './contract-jobs.ts'
import { expectOk, startDevChain, type TestDevChain } from './dev-chain.ts'
import { documentOf, signReceipt } from './signed-receipt.ts'

/** Runtime code: takes nothing; reverts on every call; burns all gas that it gets. */
export const consumerCode = { silent: '0x00', reverting: '0x5f5ffd', burning: '0x5b5f56' } as const

export type CoordinatorPlace = {
  readonly running: TestDevChain
  readonly rpc: JsonRpc
  readonly coordinator: Address
  readonly ask: (method: string, ...params: readonly unknown[]) => Promise<unknown>
  /** Money for gas and nothing else. */
  readonly account: () => Promise<{ readonly privateKey: PrivateKey; readonly address: Address }>
  /** A contract with this code and enough of the asset to ask for anything. */
  readonly consumer: (code: Hex) => Promise<Address>
  readonly terms: (change?: Partial<JobTerms>) => JobTerms
  /** Sends as somebody whose key nobody has. */
  readonly sendAs: (from: Address, call: ContractCall) => Promise<Bytes32>
  /** As the coordinator's event says it. */
  readonly request: (consumer: Address, terms: JobTerms, input?: Hex) => Promise<ContractAsk>
  /** Answered by the registered contributor and sealed by the registered gateway, and not yet delivered. */
  readonly answered: (ask: ContractAsk, content?: string) => Promise<ContractJob>
  readonly source: JobSource
  readonly chainNowS: () => Promise<number>
  readonly stop: () => Promise<void>
}

const hex = (text: string): Hex => `0x${Buffer.from(text).toString('hex')}`
const sha256 = async (bytes: Hex): Promise<Bytes32> => {
  const digest = await crypto.subtle.digest('SHA-256', Buffer.from(bytes.slice(2), 'hex'))
  return `0x${Buffer.from(digest).toString('hex')}` as Bytes32
}

export const someInput: Hex = hex('{"model":"vouch-mini","max_tokens":16}')

export async function openCoordinatorPlace(): Promise<CoordinatorPlace> {
  const running = await startDevChain()
  const { dev, chain } = running
  const { rpc } = chain
  const { coordinator } = dev.contracts
  const ask = async (method: string, ...params: readonly unknown[]) =>
    expectOk(await rpc.call(method, params))
  const minter = openSender({ rpc, chainId: dev.chainId, privateKey: dev.keys.gatewayOperator })
  const asset = devUsdAt(dev.contracts.asset)
  const fund = (account: Address) =>
    ask('anvil_setBalance', account, `0x${(10n ** 20n).toString(16)}`)
  const sendAs = async (from: Address, call: ContractCall) => {
    await ask('anvil_impersonateAccount', from)
    const data = await encodeCall(call)
    // Its own limit: what it costs is nobody's concern here.
    const transaction = { from, to: call.contract.address, data, gas: '0x989680' }
    return String(await ask('eth_sendTransaction', transaction)) as Bytes32
  }
  const place = { rpc, chainId: dev.chainId, coordinator, confirmations: 1, fromBlock: undefined }
  const source = coordinatorSource(place)
  return {
    running,
    rpc,
    coordinator,
    ask,
    sendAs,
    source,
    account: async () => {
      const privateKey = randomPrivateKey()
      const account = addressOfPrivateKey(privateKey)
      await fund(account)
      return { privateKey, address: account }
    },
    consumer: async (code) => {
      const at = addressOfPrivateKey(randomPrivateKey())
      await ask('anvil_setCode', at, code)
      await fund(at)
      expectOk(
        await sendCall(minter, { contract: asset, functionName: 'mint', args: [at, 10n ** 15n] }),
      )
      await sendAs(at, {
        contract: asset,
        functionName: 'approve',
        args: [coordinator, 10n ** 15n],
      })
      return at
    },
    terms: (change = {}) => ({
      modelId: dev.prices.modelId,
      gateway: dev.addresses.gatewayOperator,
      minTiers: 3,
      promptAtomicPerMtok: dev.prices.promptAtomicPerMtok,
      completionAtomicPerMtok: dev.prices.completionAtomicPerMtok,
      maxFee: 10_000n,
      deliveryFee: 50_000_000n,
      deliveryTime: 600,
      callbackGas: 100_000,
      agreement: 1,
      answersMax: 1,
      ...change,
    }),
    request: async (consumer, terms, input = someInput) => {
      const hash = await sendAs(consumer, requestCall(coordinator, terms, input))
      const receipt = await minedReceipt(ask, hash)
      for (const log of receipt.logs) {
        const event = await decodeCoordinatorLog(log)
        if (event?.kind === 'JobRequested') {
          return { ...event, chainId: dev.chainId, coordinator }
        }
      }
      throw new Error(`not asked: ${JSON.stringify(receipt)}, escrow ${escrowOf(terms)}`)
    },
    answered: async (asked, content = 'yes') => {
      const bytes = hex(content)
      const nowS = await chainNow(rpc)
      const parsed = signReceipt({
        keys: { gateway: dev.keys.gatewaySigner, contributor: dev.keys.contributorSigner },
        place: { chainId: dev.chainId, verifyingContract: dev.contracts.receiptVerifier },
        sheet: dev.prices,
        work: {
          jobId: asked.jobId,
          gateway: dev.addresses.gatewayOperator,
          contributor: dev.addresses.contributorOperator,
          modelId: asked.terms.modelId,
          inputHash: await sha256(someInput),
          contentHash: keccak256Hex(bytes.slice(2)),
          startedAt: unixSeconds(nowS - 1),
          finishedAt: unixSeconds(nowS),
        },
        receipt: { client: asked.consumer },
      })
      return someContractJob({
        jobId: asked.jobId,
        ask: asked,
        source: source.name,
        input: someInput,
        state: 'answered',
        answers: [
          {
            requestId: 'req_1',
            receiptId: parsed.receipt.receiptId,
            state: 'kept',
            content: bytes,
            contributor: dev.addresses.contributorOperator,
            contentHash: parsed.receipt.work.contentHash,
            packed: await packReceipt(documentOf(parsed)),
          },
        ],
      })
    },
    chainNowS: () => chainNow(rpc),
    stop: () => running.stop(),
  }
}

const chainNow = async (rpc: JsonRpc): Promise<number> => expectOk(await readHead(rpc)).timestampS

type ReceiptJson = {
  readonly status: string
  readonly logs: readonly { readonly topics: readonly string[]; readonly data: string }[]
}

/** Automined, or mined by this. */
async function minedReceipt(ask: CoordinatorPlace['ask'], hash: Bytes32): Promise<ReceiptJson> {
  const receipt = await ask('eth_getTransactionReceipt', hash)
  if (receipt !== null) return receipt as ReceiptJson
  await ask('evm_mine')
  return (await ask('eth_getTransactionReceipt', hash)) as ReceiptJson
}
