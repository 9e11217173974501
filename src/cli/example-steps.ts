/* What every example does on the chain, and how it is told: one line for each step, with its time, hash and gas. */
import { assert } from '../base/assert.ts'
import { utf8Text } from '../base/bytes.ts'
import type { Hex } from '../base/hex.ts'
import { decodeTensor } from '../base/wire-tensor.ts'
import type { Contract, ContractCall } from '../chain/contracts.ts'
import { readContract } from '../chain/contracts.ts'
import { creationCodeOf } from '../chain/deployment.ts'
import { parseQuantity } from '../chain/quantity.ts'
import { sendCall } from '../chain/transactions.ts'
import { jobIdsIn, type LoggedTransaction } from '../client/asked-jobs.ts'
import { followJob, JobUnanswered } from '../client/follow-job.ts'
import type { JobDelivered, JobProgress } from '../client/job-progress.ts'
import { devUsdAt } from '../dev/dev-contracts.ts'
import { type Address, address, type Bytes32, bytes32 } from '../domain/units.ts'
import { formatAmount } from './amounts.ts'
import { CommandFailure, type Terminal } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import type { ExamplePlace } from './example-place.ts'

type MinedReceipt = LoggedTransaction & {
  readonly gasUsed: string
  readonly contractAddress: string | null
  readonly blockNumber: string
}

const devUsdDecimals = 6
const pollMs = 100
/** A block of the embedded chain comes with its transaction; a busy machine may take longer. */
const looksMax = 300

export class ExampleSteps {
  readonly place: ExamplePlace
  readonly #terminal: Terminal
  readonly #nowMs: () => number
  readonly #startedAtMs: number

  constructor(place: ExamplePlace, terminal: Terminal, nowMs: () => number) {
    this.place = place
    this.#terminal = terminal
    this.#nowMs = nowMs
    this.#startedAtMs = nowMs()
  }

  tell(line: string): void {
    const seconds = ((this.#nowMs() - this.#startedAtMs) / 1_000).toFixed(1)
    this.#terminal.print(`${seconds.padStart(7)} s  ${line}`)
  }

  /** Created by the guest itself, which its owner then is: anvil signs for it. */
  async deploy(contract: {
    readonly name: string
    readonly abi: Contract['abi']
    readonly bytecode: Hex
    readonly args: readonly unknown[]
  }): Promise<Contract> {
    const { rpc, guest } = this.place
    orFail(await rpc.call('anvil_impersonateAccount', [guest.address]))
    const creation = { from: guest.address, data: await creationCodeOf(contract) }
    const hash = bytes32(String(orFail(await rpc.call('eth_sendTransaction', [creation]))))
    const receipt = await this.#receipt(hash)
    const deployed = address(String(receipt.contractAddress))
    this.tell(`${contract.name} deployed at ${deployed}${costOf(receipt, hash)}`)
    return { name: contract.name, abi: contract.abi, address: deployed }
  }

  /** Sends, and tells it in `words`; undefined tells nothing. */
  async send(call: ContractCall, words: string | undefined): Promise<MinedReceipt> {
    const { transactionHash } = orFail(await sendCall(this.place.guest, call))
    const receipt = await this.#receipt(transactionHash)
    if (words !== undefined) this.tell(`${words}${costOf(receipt, transactionHash)}`)
    return receipt
  }

  async pay(to: Address, amount: bigint): Promise<void> {
    const contract = devUsdAt(this.place.running.asset)
    const words = `paid it ${formatAmount(amount, devUsdDecimals)} devUSD`
    await this.send({ contract, functionName: 'transfer', args: [to, amount] }, words)
  }

  async read(contract: Contract, functionName: string): Promise<unknown> {
    const answer = await readContract(this.place.rpc, { contract, functionName, args: [] })
    return orFail(answer)[0]
  }

  /** Tells each state that a job comes into, and answers what was delivered. Throws `JobUnanswered`. */
  async follow(jobId: Bytes32): Promise<JobDelivered> {
    const { rpcUrl, coordinator } = this.place.running
    let delivered: JobDelivered | undefined
    for await (const progress of followJob({ rpcUrl, coordinator, jobId, pollMs })) {
      if (progress.state === 'failed' || progress.state === 'expired') {
        throw new JobUnanswered(progress)
      }
      const cost =
        progress.state === 'delivered' ? await this.#costOf(progress.transactionHash) : ''
      this.tell(`${wordsOf(progress)}${cost}`)
      if (progress.state === 'delivered') delivered = progress
      if (progress.state === 'callback_failed') break
    }
    if (delivered === undefined) throw new TypeError('a job that ended was delivered or has failed')
    return delivered
  }

  /** The one job that a transaction asked for. */
  async jobOf(receipt: MinedReceipt): Promise<Bytes32> {
    const [jobId] = await jobIdsIn(receipt, this.place.running.coordinator)
    if (jobId === undefined) throw new TypeError('the transaction asked for nothing')
    return jobId
  }

  /** Of an answer in numbers. */
  valuesOf({ content }: JobDelivered): readonly bigint[] {
    const values = decodeTensor(content)
    assert(values !== undefined, 'what was delivered is a tensor')
    return [...values].map(BigInt)
  }

  /** What is on the chain at the end. */
  conclude(rows: readonly (readonly [string, string])[]): void {
    this.#terminal.print('\non the chain now:\n')
    for (const [name, value] of rows) this.#terminal.print(`  ${name.padEnd(16)} ${value}`)
  }

  async #costOf(hash: Bytes32): Promise<string> {
    return costOf(await this.#receipt(hash), hash)
  }

  /** Waits until a block has the transaction. */
  async #receipt(hash: Bytes32): Promise<MinedReceipt> {
    for (let look = 0; look < looksMax; look += 1) {
      const receipt = orFail(await this.place.rpc.call('eth_getTransactionReceipt', [hash]))
      if (receipt !== null) return receipt as MinedReceipt
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
    throw new CommandFailure(`no block has the transaction ${hash}`)
  }
}

const costOf = ({ gasUsed }: MinedReceipt, hash: Bytes32): string =>
  `  (${Number(parseQuantity(gasUsed) ?? 0n).toLocaleString('en')} gas, ${hash})`

function wordsOf(progress: JobProgress): string {
  switch (progress.state) {
    case 'requested':
      return `the chain has the question: ${progress.agreement} answer(s) must agree`
    case 'answered':
      return `answered by ${progress.contributor}, receipt ${progress.receiptDigest}`
    case 'delivered':
      return `delivered, verified on the chain: content ${progress.contentHash}`
    case 'called_back':
      return 'the contract took the answer'
    case 'callback_failed':
      return 'the contract did not take the answer'
    case 'failed':
    case 'expired':
      return progress.state
  }
}

export const textOf = ({ content }: JobDelivered): string => utf8Text(content)
