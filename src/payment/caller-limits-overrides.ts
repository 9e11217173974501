import { limitOverridesLookMs } from '../base/limits.ts'
import type { Caller, LimitOverride } from '../domain/caller-limits.ts'
import type { CallerLimitsStore, OverrideBook } from '../store/caller-limits-store.ts'

type ByCaller = Readonly<Record<Caller['kind'], ReadonlyMap<string, LimitOverride>>>

/**
 * What the operator said of single callers, as this process last read it: a look-up makes nothing and asks nobody. What
 * another process changes counts here a moment later; what is changed here counts at once.
 */
export class LimitOverrides {
  readonly #store: CallerLimitsStore
  readonly #onFailure: (error: unknown) => void
  readonly #timer: NodeJS.Timeout
  #known: ByCaller
  #version: number

  private constructor(
    store: CallerLimitsStore,
    book: OverrideBook,
    onFailure: (error: unknown) => void,
  ) {
    this.#store = store
    this.#onFailure = onFailure
    this.#known = byCaller(book)
    this.#version = book.version
    this.#timer = setInterval(() => void this.look(), limitOverridesLookMs)
    this.#timer.unref()
  }

  /** Rejects with StoreFailure. `onFailure` is told when the book cannot be read later: what was read before goes on. */
  static async open(
    store: CallerLimitsStore,
    onFailure: (error: unknown) => void = () => {},
  ): Promise<LimitOverrides> {
    return new LimitOverrides(store, await store.read(), onFailure)
  }

  of(kind: Caller['kind'], id: string): LimitOverride | undefined {
    return this.#known[kind].get(id)
  }

  /** Rejects with StoreFailure: then nothing is known to have changed. */
  async put(caller: Caller, override: LimitOverride): Promise<void> {
    await this.#store.put(caller, override)
    await this.#read()
  }

  /** False when nothing was said of the caller. Rejects with StoreFailure. */
  async remove(caller: Caller): Promise<boolean> {
    const wasThere = await this.#store.remove(caller)
    await this.#read()
    return wasThere
  }

  /** Reads the book where it has changed. Never rejects. */
  async look(): Promise<void> {
    try {
      if ((await this.#store.version()) !== this.#version) await this.#read()
    } catch (error) {
      this.#onFailure(error)
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#store.close()
  }

  async #read(): Promise<void> {
    const book = await this.#store.read()
    this.#known = byCaller(book)
    this.#version = book.version
  }
}

function byCaller({ overrides }: OverrideBook): ByCaller {
  const known = {
    key: new Map<string, LimitOverride>(),
    account: new Map<string, LimitOverride>(),
  }
  for (const { caller, override } of overrides) known[caller.kind].set(caller.id, override)
  return known
}
