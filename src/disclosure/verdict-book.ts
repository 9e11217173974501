/*
 * What auditors said, and what it comes to for each contributor and model. Any gateway is told; each looks every second
 * whether another was, and at once after it was told itself. Requests only read a map.
 */
import type { GatewayLog } from '../base/log.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import { type KeptVerdict, type VerdictStore, verdictName } from '../store/verdict-store.ts'
import { judgeVerdicts, type ScoreTerms, type Standing } from './judge-verdicts.ts'
import { verdictLookMs, verdictsKept } from './limits.ts'

export type JudgedModel = {
  readonly contributor: Address
  readonly modelId: Bytes32
} & Standing

export type VerdictBookTerms = {
  readonly store: VerdictStore
  readonly scores: ScoreTerms
  /** Told whenever somebody passes or fails, or does so no more; all that stand. */
  readonly apply: (judged: readonly JudgedModel[]) => void
  readonly log: GatewayLog
  readonly nowMs: () => number
}

const nameOf = (contributor: Address, modelId: Bytes32): string => contributor + modelId

export class VerdictBook {
  readonly #terms: VerdictBookTerms
  #version = -1
  /** The newest first. */
  #verdicts: readonly KeptVerdict[] = []
  #judged: ReadonlyMap<string, JudgedModel> = new Map()
  /** When somebody's standing may change by itself. */
  #judgeAgainAtS = Number.POSITIVE_INFINITY
  #isLost = false
  /** Looks, one after the other. */
  #looks: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined

  constructor(terms: VerdictBookTerms) {
    this.#terms = terms
  }

  /** Begins to look every second. */
  start(): void {
    this.#timer = setInterval(() => void this.look().catch(() => undefined), verdictLookMs)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looks
  }

  /** How a contributor's model stands; undefined where nothing follows from what was said. */
  standing(contributor: Address, modelId: Bytes32): JudgedModel | undefined {
    return this.#judged.get(nameOf(contributor, modelId))
  }

  get judged(): readonly JudgedModel[] {
    return [...this.#judged.values()]
  }

  /** The newest first, at most `limit`. */
  verdicts(asked: {
    readonly contributor?: Address | undefined
    readonly modelId?: Bytes32 | undefined
    readonly limit: number
  }): readonly KeptVerdict[] {
    const { contributor, modelId, limit } = asked
    const found = this.#verdicts.filter(
      ({ verdict }) =>
        (contributor === undefined || verdict.contributor === contributor) &&
        (modelId === undefined || verdict.modelId === modelId),
    )
    return found.slice(0, limit)
  }

  /** Keeps a verdict whose signature was checked. Rejects with StoreFailure. */
  async add(kept: KeptVerdict): Promise<'stored' | 'known' | 'conflict'> {
    const put = await this.#terms.store.put(kept, namesTooMany(this.#verdicts))
    if (put !== 'conflict') await this.look()
    return put
  }

  /** Takes what was added since the last look, and counts no more what is too old. Rejects with StoreFailure. */
  look(): Promise<void> {
    const looked = this.#looks.then(() => this.#look())
    this.#looks = looked.catch(() => undefined)
    return looked
  }

  async #look(): Promise<void> {
    const { store, nowMs } = this.#terms
    try {
      const isOld = (await store.version()) !== this.#version
      if (isOld) {
        const { version, verdicts } = await store.read()
        this.#version = version
        this.#verdicts = verdicts.toSorted(newestFirst)
      }
      this.#tellLost(false)
      if (isOld || nowMs() / 1000 >= this.#judgeAgainAtS) this.#judge()
    } catch (error) {
      this.#tellLost(true)
      // Nobody stays audited because a store cannot be asked.
      if (nowMs() / 1000 >= this.#judgeAgainAtS) this.#judge()
      throw error
    }
  }

  #judge(): void {
    const { scores, nowMs, apply } = this.#terms
    const nowS = nowMs() / 1000
    const byModel = Map.groupBy(this.#verdicts, ({ verdict }) =>
      nameOf(verdict.contributor, verdict.modelId),
    )
    const judged = [...byModel].flatMap(([name, kept]): (readonly [string, JudgedModel])[] => {
      const [first] = kept
      const verdicts = kept.map(({ verdict }) => verdict)
      const standing = judgeVerdicts(verdicts, scores, nowS)
      if (first === undefined || standing === undefined) return []
      const { contributor, modelId } = first.verdict
      return [[name, { contributor, modelId, ...standing }]]
    })
    this.#judged = new Map(judged)
    this.#judgeAgainAtS = Math.min(...judged.map(([, { until }]) => until))
    apply(this.judged)
  }

  /** Once when the store goes away and once when it is back: meanwhile this gateway goes on with what it knew. */
  #tellLost(isLost: boolean): void {
    if (isLost === this.#isLost) return
    this.#isLost = isLost
    if (isLost) this.#terms.log.error('verdicts_unreadable')
    else this.#terms.log.info('verdicts_readable')
  }
}

/**
 * Whose verdicts go for one more, the newest first: the oldest of whoever said most. Else one auditor could report so much that
 * what another one found was forgotten.
 */
function namesTooMany(verdicts: readonly KeptVerdict[]): readonly string[] {
  const excess = verdicts.length + 1 - verdictsKept
  if (excess <= 0) return []
  const byAuditor = Map.groupBy(verdicts, ({ verdict }) => verdict.auditor)
  const most = [...byAuditor.values()].reduce((a, b) => (b.length > a.length ? b : a))
  return most.slice(-excess).map(verdictName)
}

const newestFirst = (a: KeptVerdict, b: KeptVerdict): number =>
  b.verdict.issuedAt - a.verdict.issuedAt || (a.digest < b.digest ? -1 : 1)
