/*
 * Everything that settlement works with, without a gateway around it: a real chain with contracts and funded channels, a real
 * ledger and outbox, and the loop, begun and ended as often as a test wants.
 */
import { join } from 'node:path'
import type { GatewayLog } from '../../src/base/log.ts'
import { readChannel } from '../../src/chain/channel-settlement.ts'
import { channelDomain, channelIdOf, voucherDigest } from '../../src/chain/channel-typed-data.ts'
import { readContract } from '../../src/chain/contracts.ts'
import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import type { PrivateKey } from '../../src/chain/private-key.ts'
import { rpcOfTwo } from '../../src/chain/rpc-of-two.ts'
import { signDigest } from '../../src/chain/signatures.ts'
import { openSender, sendCall } from '../../src/chain/transactions.ts'
import { type DevContractHandles, devContractHandles, devUsd } from '../../src/dev/dev-contracts.ts'
import type { DevRole } from '../../src/dev/dev-keys.ts'
import { fundChannel } from '../../src/dev/fund-channel.ts'
import type { Channel, ChannelConfig } from '../../src/domain/channel.ts'
import {
  type AtomicAmount,
  atomic,
  type Bytes32,
  bytes32,
  unixSeconds,
  unixSecondsOf,
  zeroBytes32,
} from '../../src/domain/units.ts'
import { type Outbox, openOutbox } from '../../src/settlement/outbox.ts'
import {
  type SettlementLoop,
  type SettlementPolicy,
  startSettlementLoop,
} from '../../src/settlement/settlement-loop.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { openSqliteLedger } from '../../src/store/ledger-store-sqlite.ts'
import type { OutboxStore } from '../../src/store/outbox-store.ts'
import { openSqliteOutbox } from '../../src/store/outbox-store-sqlite.ts'
import { expectOk, startDevChain, type TestDevChain } from './dev-chain.ts'
import { gwei } from './outbox-chain.ts'

export const neverByItself: SettlementPolicy = {
  claim: { whenUnclaimed: atomic(2n ** 128n - 1n), everyMs: Number.MAX_SAFE_INTEGER },
  settle: { whenClaimed: atomic(2n ** 128n - 1n), everyMs: Number.MAX_SAFE_INTEGER },
  disagreementMax: devUsd(5n),
}

export type LoopChange = {
  readonly policy?: Partial<SettlementPolicy>
  readonly rpc?: JsonRpc
  readonly secondRpc?: JsonRpc
  readonly confirmations?: number
  readonly nowMs?: () => number
  /** Whose key sends; the channels' receiverAuthorizer unless said. */
  readonly role?: DevRole
  readonly authorized?: boolean
}

export class SettlementRig {
  readonly running: TestDevChain
  readonly handles: DevContractHandles
  readonly ledger: LedgerStore
  readonly store: OutboxStore
  /** What was logged, by name. */
  readonly events: string[] = []
  readonly lines: { readonly event: string; readonly facts: object }[] = []
  #loops: { readonly loop: SettlementLoop; readonly outbox: Outbox }[] = []
  #requests = 0

  private constructor(running: TestDevChain) {
    this.running = running
    this.handles = devContractHandles(running.dev.contracts)
    this.ledger = openSqliteLedger({
      path: join(running.folder, 'ledger.db'),
      onFailure: (error) => this.events.push(`ledger ${String(error)}`),
    })
    this.store = openSqliteOutbox(join(running.folder, 'outbox.db'))
  }

  static async open(): Promise<SettlementRig> {
    return new SettlementRig(await startDevChain())
  }

  async close(): Promise<void> {
    await this.stopLoops()
    await this.store.close()
    await this.ledger.close()
    await this.running.stop()
  }

  get log(): GatewayLog {
    const note = (event: string, facts: object = {}) => {
      this.events.push(event)
      this.lines.push({ event, facts })
    }
    return { info: note, error: note }
  }

  startLoop(change: LoopChange = {}): SettlementLoop {
    const { dev, chain } = this.running
    const rpc = change.rpc ?? chain.rpc
    const nowMs = change.nowMs ?? Date.now
    const domain = channelDomain({
      chainId: dev.chainId,
      verifyingContract: dev.contracts.settlement,
    })
    const outbox = openOutbox({
      rpc: rpcOfTwo(rpc, change.secondRpc),
      chainId: dev.chainId,
      privateKey: dev.keys[change.role ?? 'gatewayOperator'],
      store: this.store,
      confirmations: change.confirmations ?? 1,
      feeWeiMax: 1_000n * gwei,
      log: this.log,
      nowMs,
    })
    const loop = startSettlementLoop({
      chainId: dev.chainId,
      settlement: this.handles.settlement,
      rpc,
      secondRpc: change.secondRpc,
      confirmations: change.confirmations ?? 1,
      outbox,
      authorizer:
        change.authorized === true ? { privateKey: dev.keys.gatewayOperator, domain } : undefined,
      notes: this.store,
      ledger: this.ledger,
      policy: { ...neverByItself, ...change.policy },
      log: this.log,
      nowMs,
    })
    this.#loops.push({ loop, outbox })
    return loop
  }

  /** As a process that ends: nobody waits any longer for a block, and what is open in the outbox stays open. */
  async stopLoops(): Promise<void> {
    for (const { loop, outbox } of this.#loops.splice(0)) {
      await outbox.stop()
      await loop.stop()
    }
  }

  senderOf(role: DevRole) {
    const { dev, chain } = this.running
    return openSender({ rpc: chain.rpc, chainId: dev.chainId, privateKey: dev.keys[role] })
  }

  ask = async (method: string, ...params: readonly unknown[]): Promise<unknown> =>
    expectOk(await this.running.chain.rpc.call(method, params))

  /** Another channel of the same payer, funded with 100 devUSD. */
  async fundedConfig(name: number): Promise<ChannelConfig> {
    const { dev, chain } = this.running
    const salt = bytes32(`0x${name.toString(16).padStart(64, '0')}`)
    const funded = await fundChannel({
      rpc: chain.rpc,
      chainId: dev.chainId,
      asset: this.handles.asset,
      settlement: this.handles.settlement,
      collector: dev.contracts.eip3009Collector,
      config: { ...dev.channel.config, salt },
      relayer: this.senderOf('deployer'),
      payerKey: dev.keys.payer,
      nowS: unixSecondsOf(Date.now()),
    })
    return expectOk(funded).config
  }

  /** Opens the channel's book with a voucher, signed by the session key unless told otherwise. */
  async openBook(
    config: ChannelConfig = this.running.dev.channel.config,
    signed: AtomicAmount = devUsd(5n),
    key: PrivateKey = this.running.dev.keys.session,
  ): Promise<Bytes32> {
    const { chainId, contracts } = this.running.dev
    const domain = channelDomain({ chainId, verifyingContract: contracts.settlement })
    const channelId = channelIdOf(domain, config)
    const channel = { channelId, config }
    const onChain = await this.onChain(channel)
    await this.ledger.openChannel({ ...channel, chainId, onChain })
    const promise = { channelId, maxClaimableAmount: signed }
    const voucher = { ...promise, signature: signDigest(voucherDigest(domain, promise), key) }
    const accepted = expectOk(await this.ledger.acceptVoucher(voucher))
    await accepted.durable
    return channelId
  }

  /** Holds an amount for a request that is being answered. */
  async hold(channelId: Bytes32, amount: bigint): Promise<string> {
    this.#requests += 1
    const requestId = `request-${this.#requests}`
    expectOk(
      await this.ledger.hold({
        requestId,
        channelId,
        heldAmount: atomic(amount),
        context: '{}',
        budget: undefined,
        announces: false,
      }),
    )
    return requestId
  }

  async chargeHeld(requestId: string, actual: bigint): Promise<void> {
    const receiptId = bytes32(`0x${Buffer.from(requestId).toString('hex').padStart(64, '0')}`)
    const charged = await this.ledger.charge(requestId, atomic(actual), () => ({
      receiptId,
      digest: zeroBytes32,
      body: () => '{}',
      record: '{}',
      sealedAt: unixSeconds(1),
      answerId: undefined,
    }))
    await charged?.durable
  }

  async charge(channelId: Bytes32, actual: bigint): Promise<void> {
    await this.chargeHeld(await this.hold(channelId, actual), actual)
  }

  async book(channelId: Bytes32): Promise<Channel> {
    const channel = await this.ledger.channel(channelId)
    if (channel === undefined) throw new Error('no such channel')
    return channel
  }

  onChain = async (channel: Pick<Channel, 'channelId' | 'config'>) =>
    expectOk(await readChannel(this.running.chain.rpc, this.handles.settlement, channel))

  async balanceOf(role: DevRole): Promise<unknown> {
    const balance = await readContract(this.running.chain.rpc, {
      contract: this.handles.asset,
      functionName: 'balanceOf',
      args: [this.running.dev.addresses[role]],
    })
    return expectOk(balance)[0]
  }

  /** A call that the payer sends by itself. */
  async payerCalls(functionName: string, channelId: Bytes32, ...args: unknown[]): Promise<void> {
    const { config } = await this.book(channelId)
    const contract = this.handles.settlement
    const call = { contract, functionName, args: [config, ...args] }
    expectOk(await sendCall(this.senderOf('payer'), call))
  }

  /** What of the outbox is of this kind, oldest first. */
  async intents(kind: string) {
    return (await this.store.recent(1_000)).filter((entry) => entry.kind === kind).reverse()
  }
}
