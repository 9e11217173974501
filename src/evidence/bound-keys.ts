/*
 * Which contributors' keys are bound to trusted execution environments, as the chain says. Requests read a map; the chain is
 * asked once a minute. A claim that the chain does not back costs this gateway's whole stake (S5), so nothing is believed
 * longer than the chain was asked for.
 *
 * A key that is bound now and still will be later is bound all the time between: bindings begin when they are registered, so
 * the one that covers later covers now.
 */
import { readHead } from '../chain/blocks.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { readBoundAt } from '../chain/tier-evidence.ts'
import type { SigningIdentity } from '../domain/contributor.ts'
import { type Address, type UnixSeconds, unixSeconds } from '../domain/units.ts'
import { boundAheadS, boundLookMs } from './limits.ts'

export type BoundKeysTerms = {
  readonly rpc: JsonRpc
  readonly tierEvidence: Address
  /** Whose keys are asked about. */
  readonly identities: () => readonly SigningIdentity[]
}

type Window = { readonly fromS: number; readonly untilS: number }

export class BoundKeys {
  readonly #terms: BoundKeysTerms
  #windows: ReadonlyMap<string, Window> = new Map()
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()

  constructor(terms: BoundKeysTerms) {
    this.#terms = terms
  }

  /** Looks now, and then every minute. */
  start(): void {
    this.#looking = this.look()
    this.#timer = setInterval(() => {
      this.#looking = this.look()
    }, boundLookMs)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
  }

  /** Whether the chain is known to say that this key of this operator was bound at that time. */
  isBound(operator: Address, key: Address, at: UnixSeconds): boolean {
    const window = this.#windows.get(operator + key)
    return window !== undefined && window.fromS <= at && at <= window.untilS
  }

  /** Asks the chain anew. What it does not answer stays known for as long as it was asked for. Never rejects. */
  async look(): Promise<void> {
    const head = await readHead(this.#terms.rpc)
    if (!head.ok) return
    const { timestampS } = head.value
    const keys = this.#terms
      .identities()
      .flatMap(({ operator, signingAddresses }) =>
        signingAddresses.map((key) => ({ operator, key })),
      )
    const windows = await Promise.all(
      keys.map(
        async (one) => [one.operator + one.key, await this.#windowOf(one, timestampS)] as const,
      ),
    )
    this.#windows = new Map(
      windows.flatMap(([name, window]) => (window === undefined ? [] : [[name, window]])),
    )
  }

  async #windowOf(
    one: { readonly operator: Address; readonly key: Address },
    headS: number,
  ): Promise<Window | undefined> {
    const { rpc, tierEvidence } = this.#terms
    const known = this.#windows.get(one.operator + one.key)
    const untilS = headS + boundAheadS
    const [now, later] = await Promise.all(
      [headS, untilS].map((at) => readBoundAt(rpc, { ...one, tierEvidence }, unixSeconds(at))),
    )
    if (now === undefined || later === undefined || !now.ok || !later.ok) return known
    if (!now.value) return undefined
    const fromS = known !== undefined && headS <= known.untilS ? known.fromS : headS
    // In its last minutes only what was known before counts: nobody asked for the seconds in between.
    return { fromS, untilS: later.value ? untilS : Math.max(headS, known?.untilS ?? headS) }
  }
}
