/*
 * The outbox's law under any schedule: whatever a process dies of, a node forgets or a chain takes back, each intent that
 * was written down is executed at most once and, when the chain lives on, exactly once.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import { advanceLane } from '../../src/settlement/outbox-lane.ts'
import type { Lane } from '../../src/settlement/outbox-step.ts'
import type { OutboxStore } from '../../src/store/outbox-store.ts'
import { Crash, type CrashPoint, mortal } from '../support/crash-points.ts'
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

/** A reorganisation takes back less than what counts as final: more is what "final" excludes. */
const confirmations = 3

type Action =
  | { readonly kind: 'put'; readonly crash: CrashPoint }
  | { readonly kind: 'look'; readonly crash: CrashPoint }
  | { readonly kind: 'mine' }
  | { readonly kind: 'drop'; readonly which: number }
  | { readonly kind: 'reorganise'; readonly depth: number }
  | { readonly kind: 'spike'; readonly baseFeeGwei: number }
  | { readonly kind: 'echo'; readonly which: number }
  | { readonly kind: 'wait' }

const crash = fc.option(fc.record({ step: fc.integer({ min: 1, max: 6 }), after: fc.boolean() }), {
  nil: undefined,
  freq: 2,
})
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('put' as const), crash }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('look' as const), crash }) },
  { weight: 4, arbitrary: fc.constant({ kind: 'mine' } as const) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('drop' as const), which: fc.nat(7) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('reorganise' as const),
      depth: fc.integer({ min: 1, max: confirmations - 1 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('spike' as const),
      baseFeeGwei: fc.integer({ min: 5, max: 60 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('echo' as const), which: fc.nat(31) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'wait' } as const) },
)

const seen = { accepted: 0, crashes: 0, drops: 0, reorganised: 0, replaced: 0, echoed: 0 }

/** One account with its outbox, through any number of processes. */
class Trial {
  readonly #account: Awaited<ReturnType<OutboxChain['account']>>
  readonly #fromBlock: number
  readonly #place: OutboxPlace
  #store: OutboxStore
  #lane: Lane
  #nowMs = 1_700_000_000_000
  #puts = 0
  /** Everything that ever left a process of ours: some node somewhere still has it. */
  readonly #sent: unknown[] = []

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
    this.#lane = this.#process(undefined)
  }

  static async begin(): Promise<Trial> {
    const place = await sqliteOutboxPlace()
    return new Trial({
      account: await chain.account(),
      fromBlock: await chain.height(),
      place,
      store: await place.open(),
    })
  }

  async act(step: Action): Promise<void> {
    switch (step.kind) {
      case 'put':
        this.#puts += 1
        return this.#until(step.crash, async (lane) => {
          await lane.store.put(queuedEntry(this.#account.address, `intent-${this.#puts}`))
        })
      case 'look':
        return this.#until(step.crash, async (lane) => {
          const failure = await advanceLane(lane)
          expect(failure?.reason).toBeOneOf([undefined, 'chain_error'])
        })
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
        await chain.ask(
          'anvil_setNextBlockBaseFeePerGas',
          `0x${(BigInt(step.baseFeeGwei) * gwei).toString(16)}`,
        )
        await chain.ask('evm_mine')
        return
      case 'echo':
        return this.#echo(step.which)
      case 'wait':
        this.#nowMs += 60_000
    }
  }

  /** The chain lives on: everything that was written down comes to its end. */
  async settle(): Promise<void> {
    for (let round = 0; (await this.#store.open(this.#lane)).length > 0; round += 1) {
      expect(round).toBeLessThan(80)
      this.#nowMs += 31_000
      await advanceLane(this.#lane)
      await chain.ask('evm_mine')
    }
  }

  async check(): Promise<void> {
    const entries = await this.#store.recent(1_000)
    const executed = await chain.executions(this.#account.address, this.#fromBlock)
    const intents = entries.filter(({ kind }) => kind === 'other')
    expect(intents.map(({ state }) => state)).toEqual(intents.map(() => 'final'))
    expect(Object.fromEntries(executed)).toEqual(
      Object.fromEntries(intents.map(({ intentId }) => [intentId, 1])),
    )
    seen.accepted += intents.length
    seen.replaced += intents.filter(({ attempts }) => attempts.length > 1).length
  }

  async end(): Promise<void> {
    await this.#store.close()
    await this.#place.remove()
  }

  #process(point: CrashPoint): Lane {
    const log = {
      info: () => undefined,
      error: (event: string) => {
        if (event === 'transaction_reorganised') seen.reorganised += 1
      },
    }
    const parts = mortal({ store: this.#store, rpc: this.#overheard() }, point)
    return laneOf(this.#account, { ...parts, log, nowMs: () => this.#nowMs, confirmations })
  }

  async #until(point: CrashPoint, work: (lane: Lane) => Promise<void>): Promise<void> {
    const lane = point === undefined ? this.#lane : this.#process(point)
    try {
      await work(lane)
    } catch (error) {
      if (!(error instanceof Crash)) throw error
      seen.crashes += 1
      await this.#store.close()
      this.#store = await this.#place.open()
      this.#lane = this.#process(undefined)
    }
  }

  #overheard(): JsonRpc {
    return {
      origin: chain.rpc.origin,
      call: (method, params) => {
        if (method === 'eth_sendRawTransaction') this.#sent.push(params[0])
        return chain.rpc.call(method, params)
      },
    }
  }

  /** A node that still has a transaction tells it to the others. */
  async #echo(which: number): Promise<void> {
    const raw = this.#sent[which % Math.max(1, this.#sent.length)]
    if (raw === undefined) return
    const taken = await chain.rpc.call('eth_sendRawTransaction', [raw])
    if (taken.ok) seen.echoed += 1
  }

  async #drop(which: number): Promise<void> {
    const sent = (await this.#store.open(this.#lane)).filter(({ state }) => state === 'sent')
    const hash = sent[which % Math.max(1, sent.length)]?.attempts.at(-1)?.transactionHash
    if (hash === undefined) return
    if ((await chain.ask('anvil_dropTransaction', hash)) !== null) seen.drops += 1
  }
}

test('each intent is executed at most once, and in the end exactly once', async () => {
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
    { numRuns: 120 },
  )
  for (const [what, count] of Object.entries(seen)) expect([what, count > 0]).toEqual([what, true])
}, 240_000)
