/*
 * Contributors on a real chain, each registered with an address of its own to be paid at, and the gateway's books about
 * them, without the gateway: earnings come from charges that a test makes.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { readContract } from '../../src/chain/contracts.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { openSender, sendCall } from '../../src/chain/transactions.ts'
import {
  type DevContractHandles,
  devContractHandles,
  devStake,
  devUsd,
  devUsdDomain,
} from '../../src/dev/dev-contracts.ts'
import { devPayoutTerms } from '../../src/dev/fund-payouts.ts'
import { registerOperator } from '../../src/dev/register-operator.ts'
import { type Address, atomic, unixSeconds, unixSecondsOf } from '../../src/domain/units.ts'
import {
  type PayContributors,
  type PayingTerms,
  startPayingContributors,
} from '../../src/settlement/pay-contributors.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { openSqliteLedger } from '../../src/store/ledger-store-sqlite.ts'
import { channelIdOf, holdOf, openSignedChannel, sealNote } from './channels.ts'
import { expectOk, startDevChain, type TestDevChain } from './dev-chain.ts'
import { temporaryFolder } from './embedded-chain.ts'

export type RegisteredContributor = {
  readonly contributorId: string
  readonly operator: Address
  readonly operatorKey: PrivateKey
  readonly payoutKey: PrivateKey
  readonly receiver: Address
}

/** The clients' channel, on which everything is charged. */
const clientChannel = channelIdOf(0)

export class PayoutRig {
  readonly running: TestDevChain
  readonly handles: DevContractHandles
  readonly folder = temporaryFolder()
  readonly log: [level: string, event: string, facts: unknown][] = []
  ledger: LedgerStore
  #ledgers = 0
  #requests = 0
  #paying: PayContributors[] = []

  static async open(): Promise<PayoutRig> {
    const rig = new PayoutRig(await startDevChain())
    await openSignedChannel(rig.ledger, clientChannel, devUsd(1_000_000n))
    return rig
  }

  private constructor(running: TestDevChain) {
    this.running = running
    this.handles = devContractHandles(running.dev.contracts)
    this.ledger = this.#newLedger()
  }

  get terms() {
    const { chainId, contracts, keys } = this.running.dev
    return devPayoutTerms({ chainId, contracts, handles: this.handles, keys })
  }

  /** The file of the ledger that is open. */
  get ledgerPath(): string {
    return join(this.folder.path, `ledger-${this.#ledgers}.db`)
  }

  /** Registers contributors with keys of their own, gas money included. */
  async register(count: number): Promise<readonly RegisteredContributor[]> {
    const contributors: RegisteredContributor[] = []
    for (let i = 0; i < count; i += 1) contributors.push(await this.#registerOne(i))
    return contributors
  }

  async pay(
    contributors: readonly Pick<RegisteredContributor, 'contributorId' | 'operator'>[],
    more: Partial<PayingTerms> = {},
  ): Promise<PayContributors> {
    const { chain, dev } = this.running
    const sender = this.sender(dev.keys.gatewayOperator)
    const paying = expectOk(
      await startPayingContributors({
        rpc: chain.rpc,
        terms: this.terms,
        ledger: this.ledger,
        payees: contributors,
        treasury: {
          settlement: this.handles.settlement,
          collector: dev.contracts.eip3009Collector,
          tokenDomain: devUsdDomain({
            chainId: dev.chainId,
            verifyingContract: dev.contracts.asset,
          }),
          treasuryKey: dev.keys.treasury,
          sender,
          pendingChannels: async () => new Set(),
        },
        escrow: { escrowMin: devUsd(5n), escrowMax: devUsd(50n) },
        relay: { whenUnclaimed: devUsd(1n), everyMs: 86_400_000 },
        sender,
        log: {
          info: (event, facts) => this.log.push(['info', event, facts]),
          error: (event, facts) => this.log.push(['error', event, facts]),
        },
        nowMs: Date.now,
        ...more,
      }),
    )
    this.#paying.push(paying)
    return paying
  }

  /** Charges an answer and credits its contributor, as the conductor does. */
  async charge(paying: PayContributors, contributorId: string, cost: bigint): Promise<void> {
    this.#requests += 1
    const requestId = `req_${this.#requests}`
    const held = await this.ledger.hold(holdOf(requestId, clientChannel, cost))
    if (!held.ok) throw new Error(held.error.reason)
    const earning = paying.desk.earning(contributorId, atomic(cost))
    const charged = await this.ledger.charge(requestId, atomic(cost), sealNote(requestId), earning)
    await charged?.durable
  }

  sender(privateKey: PrivateKey) {
    const { chain, dev } = this.running
    return openSender({ rpc: chain.rpc, chainId: dev.chainId, privateKey })
  }

  async balanceOf(account: Address): Promise<bigint> {
    const { rpc } = this.running.chain
    const contract = this.handles.asset
    const read = await readContract(rpc, { contract, functionName: 'balanceOf', args: [account] })
    return expectOk(read)[0] as bigint
  }

  async mint(to: Address, amount: bigint): Promise<void> {
    const { keys } = this.running.dev
    const args = [to, amount]
    const call = { contract: this.handles.asset, functionName: 'mint', args }
    expectOk(await sendCall(this.sender(keys.deployer), call))
  }

  async fuel(account: Address): Promise<void> {
    const balance = `0x${(10n ** 20n).toString(16)}`
    expectOk(await this.running.chain.rpc.call('anvil_setBalance', [account, balance]))
  }

  /** The gateway's disk is gone: an empty book takes the place of the ledger. */
  async loseLedger(): Promise<void> {
    await this.stopPaying()
    await this.ledger.close()
    this.ledger = this.#newLedger()
    await openSignedChannel(this.ledger, clientChannel, devUsd(1_000_000n))
  }

  /** Whoever had the ledger has closed it; it goes on as it was. */
  async reopenLedger(): Promise<void> {
    await this.ledger.close()
    this.ledger = openSqliteLedger({ path: this.ledgerPath })
  }

  async stopPaying(): Promise<void> {
    await Promise.all(this.#paying.map((paying) => paying.stop()))
    this.#paying = []
  }

  async close(): Promise<void> {
    await this.stopPaying()
    await this.ledger.close()
    await this.running.stop()
    rmSync(this.folder.path, { recursive: true })
  }

  async #registerOne(index: number): Promise<RegisteredContributor> {
    const { chain, dev } = this.running
    const [operatorKey, payoutKey] = [randomPrivateKey(), randomPrivateKey()]
    const operator = this.sender(operatorKey)
    const receiver = addressOfPrivateKey(payoutKey)
    await this.fuel(operator.address)
    const { asset, contributorRegistry } = this.handles
    expectOk(
      await registerOperator({
        rpc: chain.rpc,
        asset,
        registry: contributorRegistry,
        operator,
        signingKey: operator.address,
        activeFrom: unixSeconds(unixSecondsOf(Date.now()) - 600),
        endpoint: `contributor ${index}, stake ${devStake}`,
      }),
    )
    const registration = {
      contributor: operator.address,
      payoutChainId: dev.chainId,
      payoutToken: dev.contracts.asset,
      payoutReceiver: receiver,
      minWithdrawDelay: 604_800,
      validUntil: unixSecondsOf(Date.now()) + 86_400,
      nonce: 0,
    }
    const contract = contributorRegistry
    const args = [registration, '0x']
    expectOk(await sendCall(operator, { contract, functionName: 'registerPayout', args }))
    const contributorId = `contributor-${index}`
    return { contributorId, operator: operator.address, operatorKey, payoutKey, receiver }
  }

  #newLedger(): LedgerStore {
    this.#ledgers += 1
    return openSqliteLedger({ path: this.ledgerPath })
  }
}
