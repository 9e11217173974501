/*
 * The law of caps under any schedule of crashes, spikes of fees, forgetful nodes, reorganisations and time: what has caps is
 * executed at most once, nothing but what takes its nonce back is sent after its time, and all that was sent of it costs no
 * more than it may. What has none, such as a claim, gets through all the same.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readTransactionCost } from '../../src/chain/transaction-cost.ts'
import { type TransactionCaps, worstCostWei } from '../../src/domain/transaction-caps.ts'
import { advanceLane } from '../../src/settlement/outbox-lane.ts'
import type { Lane } from '../../src/settlement/outbox-step.ts'
import type { OutboxEntry, OutboxStore } from '../../src/store/outbox-store.ts'
import { Crash, type CrashPoint, mortal } from '../support/crash-points.ts'
import { expectOk } from '../support/dev-chain.ts'
import {
  gwei,
  laneOf,
  type OutboxChain,
  queuedEntry,
  startOutboxChain,
} from '../support/outbox-chain.ts'
import { type OutboxPlace, sqliteOutboxPlace } from '../support/outbox-place.ts'

let chain: OutboxChain
beforeAll(async () => {
  chain = await startOutboxChain()
  await chain.ask('evm_setAutomine', false)
})
afterAll(() => chain.stop())

const confirmations = 3

type Action =
  | { readonly kind: 'put'; readonly feeGwei: number; readonly gas: number; readonly timeS: number }
  | { readonly kind: 'claim' }
  | { readonly kind: 'look'; readonly crash: CrashPoint }
  | { readonly kind: 'mine' }
  | { readonly kind: 'drop'; readonly which: number }
  | { readonly kind: 'reorganise'; readonly depth: number }
  | { readonly kind: 'spike'; readonly baseFeeGwei: number }
  | { readonly kind: 'pass'; readonly seconds: number }

const crash = fc.option(fc.record({ step: fc.integer({ min: 1, max: 6 }), after: fc.boolean() }), {
  nil: undefined,
  freq: 2,
})
const put: fc.Arbitrary<Action> = fc.record({
  kind: fc.constant('put' as const),
  feeGwei: fc.integer({ min: 1, max: 60 }),
  // Less than it needs, or as much as a delivery has: what takes its nonce back must be cheaper than it by a replacement's eighth.
  gas: fc.oneof(fc.constant(21_010), fc.integer({ min: 60_000, max: 400_000 })),
  timeS: fc.integer({ min: 1, max: 600 }),
})
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: put },
  { weight: 1, arbitrary: fc.constant({ kind: 'claim' } as const) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('look' as const), crash }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'mine' } as const) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), which: fc.nat(7) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('reorganise' as const),
      depth: fc.integer({ min: 1, max: confirmations - 1 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('spike' as const),
      baseFeeGwei: fc.integer({ min: 1, max: 120 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      seconds: fc.integer({ min: 30, max: 700 }),
    }),
  },
)

const seen = { executed: 0, emptied: 0, neverSigned: 0, crashes: 0, claims: 0 }

/** One account with its outbox, through any number of processes. */
class Trial {
  readonly #account: Awaited<ReturnType<OutboxChain['account']>>
  readonly #fromBlock: number
  readonly #place: OutboxPlace
  #store: OutboxStore
  #nowMs = 1_700_000_000_000
  #puts = 0
  /** What left a process of ours, and the chain's newest second then. */
  readonly #sentAtS = new Map<string, number>()

  private constructor(parts: {
    readonly account: Awaited<ReturnType<OutboxChain['account']>>
    readonly fromBlock: number
    readonly place: OutboxPlace
    readonly store: OutboxStore
  }) {
    this.#account = parts.account
    this.#fromBlock = parts.fromBlock
    this.#place = parts.place
    this.#store = parts.store
  }

  static async begin(): Promise<Trial> {
    await setBaseFee(1)
    const place = await sqliteOutboxPlace()
    const account = await chain.account()
    const fromBlock = await chain.height()
    return new Trial({ account, fromBlock, place, store: await place.open() })
  }

  async act(step: Action): Promise<void> {
    switch (step.kind) {
      case 'put':
        return this.#put({
          feeWeiMax: BigInt(step.feeGwei) * gwei,
          gasLimitMax: BigInt(step.gas),
          notAfterS: (await chainNowS()) + step.timeS,
        })
      case 'claim':
        return this.#put(undefined)
      case 'look':
        return this.#look(step.crash)
      case 'mine':
        await chain.ask('evm_mine')
        return
      case 'drop':
        return this.#drop(step.which)
      case 'reorganise':
        if ((await chain.height()) - this.#fromBlock < step.depth) return
        await chain.ask('anvil_reorg', step.depth, [])
        return
      case 'spike':
        return setBaseFee(step.baseFeeGwei)
      case 'pass':
        await chain.ask('evm_increaseTime', step.seconds)
        await chain.ask('evm_mine')
        this.#nowMs += step.seconds * 1_000
    }
  }

  /** Fees fall at last, and everything comes to its end. */
  async settle(): Promise<void> {
    for (let round = 0; (await this.#open()).length > 0; round += 1) {
      expect(round).toBeLessThan(120)
      this.#nowMs += 31_000
      await advanceLane(this.#lane(undefined))
      await chain.ask('evm_increaseTime', 60)
      await setBaseFee(1)
    }
  }

  async check(): Promise<void> {
    const entries = await this.#store.recent(1_000)
    const executed = await chain.executions(this.#account.address, this.#fromBlock)
    for (const entry of entries.filter(({ kind }) => kind === 'other')) {
      const times = executed.get(entry.intentId) ?? 0
      expect(times).toBe(entry.state === 'final' ? 1 : 0)
      if (entry.caps === undefined) {
        expect(entry.state).toBe('final')
        seen.claims += 1
      } else await this.#checkCapped(entry, entry.caps)
    }
  }

  async end(): Promise<void> {
    await this.#store.close()
    await this.#place.remove()
  }

  async #checkCapped(entry: OutboxEntry, caps: TransactionCaps): Promise<void> {
    for (const { isEmpty, raw, gasLimit, maxFeePerGas } of entry.attempts) {
      expect(gasLimit * maxFeePerGas).toBeLessThanOrEqual(worstCostWei(caps))
      if (!isEmpty) expect(this.#sentAtS.get(raw) ?? 0).toBeLessThanOrEqual(caps.notAfterS)
    }
    if (entry.inclusion === undefined) {
      seen.neverSigned += 1
      return
    }
    const hash = entry.inclusion.transactionHash
    const cost = expectOk(await readTransactionCost(chain.rpc, hash))
    expect(cost).toBeLessThanOrEqual(worstCostWei(caps))
    if (entry.state === 'final') seen.executed += 1
    else seen.emptied += 1
  }

  async #put(caps: TransactionCaps | undefined): Promise<void> {
    this.#puts += 1
    await this.#store.put(queuedEntry(this.#account.address, `intent-${this.#puts}`, caps))
  }

  async #look(point: CrashPoint): Promise<void> {
    try {
      const failure = await advanceLane(this.#lane(point))
      expect(failure?.reason).toBeOneOf([undefined, 'chain_error'])
    } catch (error) {
      if (!(error instanceof Crash)) throw error
      seen.crashes += 1
      await this.#store.close()
      this.#store = await this.#place.open()
    }
  }

  #lane(point: CrashPoint): Lane {
    const rpc = {
      origin: chain.rpc.origin,
      call: async (method: string, params: readonly unknown[]) => {
        // The newest time counts: nothing is sent again later than it may be.
        if (method === 'eth_sendRawTransaction') {
          this.#sentAtS.set(String(params[0]), await chainNowS())
        }
        return chain.rpc.call(method, params)
      },
    }
    const parts = mortal({ store: this.#store, rpc }, point)
    return laneOf(this.#account, { ...parts, nowMs: () => this.#nowMs, confirmations })
  }

  #open() {
    return this.#store.open(this.#lane(undefined))
  }

  async #drop(which: number): Promise<void> {
    const sent = (await this.#open()).filter(({ state }) => state === 'sent')
    const hash = sent[which % Math.max(1, sent.length)]?.attempts.at(-1)?.transactionHash
    if (hash !== undefined) await chain.ask('anvil_dropTransaction', hash)
  }
}

async function setBaseFee(inGwei: number): Promise<void> {
  const wei = BigInt(inGwei) * gwei
  await chain.ask('anvil_setNextBlockBaseFeePerGas', `0x${wei.toString(16)}`)
  await chain.ask('evm_mine')
}

async function chainNowS(): Promise<number> {
  const head = (await chain.ask('eth_getBlockByNumber', 'latest', false)) as { timestamp: string }
  return Number(head.timestamp)
}

test('what has caps is executed at most once, in time, and for no more than it may cost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 8, maxLength: 40 }), async (actions) => {
      const trial = await Trial.begin()
      try {
        for (const step of actions) await trial.act(step)
        await trial.settle()
        await trial.check()
      } finally {
        await trial.end()
      }
    }),
    { numRuns: 100 },
  )
  for (const [what, count] of Object.entries(seen)) expect([what, count > 0]).toEqual([what, true])
}, 240_000)
