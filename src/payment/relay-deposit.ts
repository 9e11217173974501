/*
 * Sends deposits that payers signed, and pays their gas. A channel's balance is raised only by what the chain itself says
 * after the deposit is mined and final, never by what anybody claims (payments.md W3).
 *
 *   judged --simulated--> sent --mined--> buried --chain read--> credited
 *     |         |           '--no word--> pending  (asked again, the same authorization goes on: it can be executed once)
 *     '---------'--refused
 *
 * One deposit of a channel is under way at a time; the same one asked for again shares its outcome.
 */
import {
  depositConfirmationTimeoutMs,
  depositsQueuedPerChannelMax,
  depositsRememberedMax,
  depositValidityMinS,
} from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import { readHead } from '../chain/blocks.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import { channelIdOf, depositNonce } from '../chain/channel-typed-data.ts'
import { type Buried, waitUntilBuried } from '../chain/confirmations.ts'
import { type Contract, type ContractCall, encodeCall } from '../chain/contracts.ts'
import {
  type DepositCollectors,
  depositDigest,
  orderedDepositCall,
} from '../chain/deposit-authorization.ts'
import { erc3009At, isAuthorizationUsed } from '../chain/erc3009.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { keccak256Hex } from '../chain/keccak.ts'
import { parseSignature, recoverSigner } from '../chain/signatures.ts'
import { simulateCall } from '../chain/simulate-call.ts'
import { type Sender, sendCall } from '../chain/transactions.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { Channel } from '../domain/channel.ts'
import type { DepositAuthorization, DepositOrder } from '../domain/deposit.ts'
import type { DepositRefusal, GatewayRefusal, VoucherRefusal } from '../domain/refusal.ts'
import { type AtomicAmount, atomic, type Bytes32, unixSecondsOf } from '../domain/units.ts'
import { type LedgerStore, StoreFailure } from '../store/ledger-store.ts'
import type { ReadChannel } from './accept-voucher.ts'
import { type ChannelTerms, objectionTo } from './channel-terms.ts'
import { DepositLimits, type DepositPolicy } from './deposit-limits.ts'

/** A deposit as far as this process followed it. */
export type DepositRecord = {
  /** keccak256 of the call: the same for whoever asks with the same authorization. */
  readonly depositId: Bytes32
  readonly channelId: Bytes32
  readonly amount: AtomicAmount
  readonly state: 'pending' | 'confirmed' | 'failed'
  /** Undefined while it is not known: nothing was sent yet, or an earlier process sent it. */
  readonly transactionHash: Bytes32 | undefined
}

export type RelayedDeposit = {
  readonly channel: Channel
  /** Undefined where the balance sufficed without it, so that nothing was sent. */
  readonly deposit: DepositRecord | undefined
}

export type RelayRefusal = DepositRefusal | VoucherRefusal | GatewayRefusal
type Outcome = Result<RelayedDeposit, RelayRefusal>

export type DepositRelayDeps = {
  readonly ledger: Pick<LedgerStore, 'channel' | 'openChannel' | 'observeChain'>
  readonly terms: ChannelTerms
  readonly policy: DepositPolicy
  readonly readChannel: ReadChannel
  readonly rpc: JsonRpc
  readonly settlement: Contract
  readonly collectors: DepositCollectors
  /** The asset's own EIP-712 domain. */
  readonly tokenDomain: DomainSeparator
  readonly sender: Sender
  readonly nowMs: () => number
}

/** An order whose terms are fit, and the transaction that it comes down to. */
type Judged = {
  readonly order: DepositOrder
  readonly channelId: Bytes32
  readonly depositId: Bytes32
  readonly call: ContractCall
}

export class DepositRelay {
  readonly #deps: DepositRelayDeps
  readonly #limits: DepositLimits
  readonly #underWay = new Map<Bytes32, Promise<Outcome>>()
  readonly #lanes = new Map<Bytes32, { waiting: number; tail: Promise<unknown> }>()
  readonly #records = new Map<Bytes32, DepositRecord>()

  constructor(deps: DepositRelayDeps) {
    this.#deps = deps
    this.#limits = new DepositLimits(deps.policy)
  }

  /**
   * Makes the deposit and answers the channel as the ledger has it then, durable. Where `enough` is given and the channel
   * has that balance by the time that it is this deposit's turn, nothing is sent.
   */
  async relay(order: DepositOrder, enough?: AtomicAmount): Promise<Outcome> {
    const judged = await this.#judge(order)
    if (!judged.ok) return judged
    const { channelId, depositId } = judged.value
    const same = this.#underWay.get(depositId)
    if (same !== undefined) return same
    const lane = this.#lanes.get(channelId) ?? { waiting: 0, tail: Promise.resolve() }
    if (lane.waiting >= depositsQueuedPerChannelMax) return err({ reason: 'overloaded' })
    this.#lanes.set(channelId, lane)
    lane.waiting += 1
    const outcome = lane.tail.then(() => this.#deposit(judged.value, enough))
    this.#underWay.set(depositId, outcome)
    lane.tail = outcome.then(ignore, ignore).then(() => {
      lane.waiting -= 1
      this.#underWay.delete(depositId)
      if (lane.waiting === 0) this.#lanes.delete(channelId)
    })
    return outcome
  }

  /** What this process knows of a deposit that it was asked for. */
  record(depositId: Bytes32): DepositRecord | undefined {
    return this.#records.get(depositId)
  }

  /** Everything that needs no chain, cheapest first. */
  async #judge(asked: DepositOrder): Promise<Result<Judged, RelayRefusal>> {
    const { terms, policy, nowMs } = this.#deps
    const objection = objectionTo(asked.config, terms)
    if (objection !== undefined) return unacceptable(objection)
    const { config, amount } = asked
    if (policy.deniedPayers.has(config.payer)) return unacceptable('its payer is not served here')
    if (amount < policy.minimumAmount) {
      return err({ reason: 'deposit_below_minimum', minimumAmount: policy.minimumAmount })
    }
    const expiresInS = expiryOf(asked.authorization) - unixSecondsOf(nowMs())
    if (expiresInS < depositValidityMinS)
      return rejected('its authorization has expired or is about to')
    const order = { ...asked, authorization: canonical(asked.authorization) }
    const call = await orderedDepositCall(this.#deps, order)
    if (call === undefined) return rejected('authorizations of this kind are not taken here')
    const depositId = keccak256Hex((await encodeCall(call)).slice(2))
    return ok({ order, channelId: channelIdOf(terms.domain, config), depositId, call })
  }

  async #deposit(judged: Judged, enough: AtomicAmount | undefined): Promise<Outcome> {
    try {
      const known = await this.#deps.ledger.channel(judged.channelId)
      if (
        enough !== undefined &&
        known !== undefined &&
        !known.closing &&
        known.balance >= enough
      ) {
        return ok({ channel: known, deposit: undefined })
      }
      const obstacle = await simulateCall(this.#deps.rpc, {
        ...judged.call,
        from: this.#deps.sender.address,
      })
      if (obstacle === undefined) return await this.#send(judged)
      if (obstacle.reason !== 'reverted') return err({ reason: 'chain_unavailable' })
      return await this.#madeBefore(judged, obstacle)
    } catch (error) {
      if (error instanceof StoreFailure) return err({ reason: 'store_unavailable' })
      throw error
    }
  }

  async #send(judged: Judged): Promise<Outcome> {
    const { sender, nowMs } = this.#deps
    const { depositId, channelId, order, call } = judged
    const waitS = this.#records.has(depositId)
      ? undefined
      : this.#limits.take(order.config.payer, nowMs())
    if (waitS !== undefined) return err({ reason: 'deposit_limit_reached', retryAfterS: waitS })
    this.#note(judged, 'pending', undefined)
    const sent = await sendCall(sender, call, {
      intentId: `deposit:${depositId}`,
      kind: 'deposit',
      channelIds: [channelId],
    })
    if (sent.ok) return this.#credit(judged, sent.value)
    if (sent.error.reason !== 'reverted') return this.#pending(judged, sent.error)
    this.#note(judged, 'failed', undefined)
    return rejected(sent.error.error)
  }

  /** A simulation fails also where the very same authorization was executed before: by us, or by anyone who saw it. */
  async #madeBefore(judged: Judged, obstacle: ChainFailure): Promise<Outcome> {
    const { rpc } = this.#deps
    const { order, channelId } = judged
    const { config, authorization } = order
    if (authorization.kind !== 'eip3009' || !this.#isSignedByPayer(judged)) {
      return rejected(describeChainFailure(obstacle))
    }
    const nonce = depositNonce({ channelId, salt: authorization.salt })
    const asked = { from: config.payer, nonce }
    const used = await isAuthorizationUsed(rpc, erc3009At(config.token), asked)
    if (!used.ok) return err({ reason: 'chain_unavailable' })
    if (!used.value) return rejected(describeChainFailure(obstacle))
    const head = await readHead(rpc)
    if (!head.ok) return err({ reason: 'chain_unavailable' })
    const transactionHash = this.#records.get(judged.depositId)?.transactionHash
    return this.#credit(judged, { transactionHash, blockNumber: head.value.number })
  }

  /** Waits for finality and believes the chain alone. */
  async #credit(judged: Judged, mined: Buried): Promise<Outcome> {
    const { ledger, terms, rpc, nowMs } = this.#deps
    const { channelId, order } = judged
    this.#note(judged, 'pending', mined.transactionHash)
    const confirmations = this.#limits.confirmationsFor(order.amount, nowMs())
    const patience = { confirmations, timeoutMs: depositConfirmationTimeoutMs }
    const buried = await waitUntilBuried(rpc, mined, patience)
    if (!buried.ok) return this.#pending(judged, buried.error)
    const { config, amount } = order
    const isFinal = confirmations >= this.#deps.policy.confirmations
    const arrivedAmount = isFinal ? atomic(0n) : amount
    const onChain = await this.#deps.readChannel({ channelId, config, arrivedAmount })
    if (onChain === undefined) return err({ reason: 'chain_unavailable' })
    // An authorization that was cancelled is used, too, and brought nothing.
    if (onChain.balance === 0n) return rejected('its authorization was cancelled')
    const opened = await ledger.openChannel({ channelId, chainId: terms.chainId, config, onChain })
    await opened.durable
    await ledger.observeChain(channelId, onChain)
    const channel = (await ledger.channel(channelId)) ?? opened.value
    return ok({ channel, deposit: this.#note(judged, 'confirmed', mined.transactionHash) })
  }

  #isSignedByPayer({ order, channelId }: Judged): boolean {
    const { config, amount, authorization } = order
    if (authorization.kind !== 'eip3009') return false
    const digest = depositDigest(this.#deps.tokenDomain, {
      channelId,
      payer: config.payer,
      collector: this.#deps.collectors.eip3009,
      amount,
      authorization,
    })
    return recoverSigner(digest, authorization.signature) === config.payer
  }

  #pending(judged: Judged, failure: ChainFailure): Outcome {
    const hash = failure.reason === 'transaction_unconfirmed' ? failure.transactionHash : undefined
    const transactionHash = hash ?? this.#records.get(judged.depositId)?.transactionHash
    this.#note(judged, 'pending', transactionHash)
    return err({ reason: 'deposit_pending', transactionHash })
  }

  #note(
    { depositId, channelId, order }: Judged,
    state: DepositRecord['state'],
    transactionHash: Bytes32 | undefined,
  ): DepositRecord {
    const record = { depositId, channelId, amount: order.amount, state, transactionHash }
    this.#records.delete(depositId)
    this.#records.set(depositId, record)
    const [oldest] = this.#records.keys()
    if (this.#records.size > depositsRememberedMax && oldest !== undefined) {
      this.#records.delete(oldest)
    }
    return record
  }
}

/** A wallet's own signature in the one form that tokens take; a contract's is whatever its contract says. */
function canonical(authorization: DepositAuthorization): DepositAuthorization {
  const parsed = parseSignature(authorization.signature)
  return parsed.ok ? { ...authorization, signature: parsed.value } : authorization
}

const expiryOf = (authorization: DepositAuthorization): number =>
  authorization.kind === 'eip3009' ? authorization.validBefore : authorization.deadline

const unacceptable = (detail: string): Result<never, RelayRefusal> =>
  err({ reason: 'channel_terms_unacceptable', detail })

const rejected = (detail: string): Result<never, RelayRefusal> =>
  err({ reason: 'deposit_rejected', detail })

const ignore = (): void => undefined
