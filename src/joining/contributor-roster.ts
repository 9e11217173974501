/*
 * The contributors that are kept in the store, as this gateway has them in use. Any gateway may change them; each looks at
 * the store's version every second, and at once after its own changes.
 *
 * Keys are decrypted here and go nowhere but into `Contributor.authorization`.
 */
import { contributorLookMs } from '../base/limits.ts'
import type { GatewayLog } from '../base/log.ts'
import type { Result } from '../base/result.ts'
import type { Contributor } from '../domain/contributor.ts'
import type {
  ContributorBook,
  ContributorMark,
  ContributorRecord,
} from '../domain/contributor-record.ts'
import type { ApiKeySeal } from '../store/api-key-seal.ts'
import type { BookChange, ContributorStore } from '../store/contributor-store.ts'

/** One record, and what it comes to here. */
export type RosterEntry = {
  readonly record: ContributorRecord
  /** Undefined where it cannot be asked; `fault` says why. */
  readonly contributor: Contributor | undefined
  /** One line for the operator; undefined where nothing is wrong, or where it waits for approval. */
  readonly fault: string | undefined
}

export type Roster = {
  readonly entries: ReadonlyMap<string, RosterEntry>
  readonly marks: ReadonlyMap<string, ContributorMark>
}

export type RosterTerms = {
  readonly store: ContributorStore
  /** Undefined where there is no secret: then no key can be kept and none that is kept can be used. */
  readonly seal: ApiKeySeal | undefined
  /** What a record means to the router as the configuration is now; an error is one line for the operator. */
  readonly contributorOf: (
    record: ContributorRecord,
    apiKey: string | undefined,
  ) => Result<Contributor, string>
  /** Told of the roster after each change. What takes nobody's time, such as a drain, is done here. */
  readonly apply: (roster: Roster) => void
  /**
   * What takes time and may fail, such as a look at a chain: asked after each change, and again a second later until it
   * answers true. Never rejects, and is never asked twice at once.
   */
  readonly settle: (roster: Roster) => Promise<boolean>
  readonly log: GatewayLog
}

const emptyBook: ContributorBook = { version: -1, records: new Map(), marks: new Map() }

export class ContributorRoster {
  readonly #terms: RosterTerms
  #book: ContributorBook = emptyBook
  #roster: Roster = { entries: new Map(), marks: new Map() }
  /** The roster that was settled last. */
  #settled: Roster | undefined
  #settling: Promise<void> | undefined
  #isLost = false
  /** Looks, one after the other. */
  #looks: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined

  constructor(terms: RosterTerms) {
    this.#terms = terms
  }

  get current(): Roster {
    return this.#roster
  }

  /** Begins to look every second. */
  start(): void {
    this.#timer = setInterval(() => void this.look().catch(() => undefined), contributorLookMs)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looks
    await this.#settling
  }

  /** Takes what changed in the store since the last look. Rejects with StoreFailure where the store cannot be read. */
  async look(): Promise<void> {
    await this.#enqueue(async () => {
      try {
        if ((await this.#terms.store.version()) !== this.#book.version) {
          this.#take(await this.#terms.store.read())
        }
        this.#tellLost(false)
      } catch (error) {
        this.#tellLost(true)
        throw error
      }
    })
    this.#beginToSettle()
  }

  /** Judges all that is kept anew: what it is judged by has changed, and the store has not. */
  async rejudge(): Promise<void> {
    await this.#enqueue(async () => this.#take(this.#book))
    this.#beginToSettle()
  }

  /** Resolves when nothing that was begun is unfinished. */
  async settled(): Promise<void> {
    await this.#settling
  }

  /** Changes the store, and this gateway with it. Rejects with StoreFailure. */
  async change<T>(decide: (book: ContributorBook) => BookChange<T>): Promise<T> {
    const outcome = await this.#terms.store.change(decide)
    await this.look()
    return outcome
  }

  /** Encrypts again what an older secret encrypted, so that the older one can go. Answers how many keys that were. */
  async sealAnew(): Promise<number> {
    const { seal } = this.#terms
    if (seal === undefined) return 0
    return this.change((book) => {
      const renewed = [...book.records.values()].flatMap((record) => {
        const { sealedKey } = record
        if (sealedKey === '' || seal.isNewest(sealedKey)) return []
        const apiKey = seal.open(sealedKey, record)
        return apiKey === undefined ? [] : [{ ...record, sealedKey: seal.seal(apiKey, record) }]
      })
      const records = new Map(renewed.map((record) => [record.contributorId, record]))
      return { outcome: renewed.length, records }
    })
  }

  #enqueue(act: () => Promise<void>): Promise<void> {
    const looked = this.#looks.then(act)
    this.#looks = looked.catch(() => undefined)
    return looked
  }

  #take(book: ContributorBook): void {
    const entries = [...book.records.values()].map((record) => this.#entryOf(record))
    this.#book = book
    this.#roster = {
      entries: new Map(entries.map((entry) => [entry.record.contributorId, entry])),
      marks: book.marks,
    }
    this.#terms.apply(this.#roster)
  }

  #entryOf(record: ContributorRecord): RosterEntry {
    const unusable = (fault: string | undefined) => ({ record, contributor: undefined, fault })
    const apiKey = this.#openKey(record)
    if (record.sealedKey !== '' && apiKey === undefined) {
      return unusable('its key cannot be decrypted with the secrets of this gateway')
    }
    const contributor = this.#terms.contributorOf(record, apiKey)
    if (!contributor.ok) return unusable(contributor.error)
    if (record.status === 'pending') return unusable(undefined)
    return { record, contributor: contributor.value, fault: undefined }
  }

  #openKey(record: ContributorRecord): string | undefined {
    return record.sealedKey === '' ? undefined : this.#terms.seal?.open(record.sealedKey, record)
  }

  #beginToSettle(): void {
    this.#settling ??= this.#settle().finally(() => {
      this.#settling = undefined
    })
  }

  /** Until the roster that is settled is the one that is there. */
  async #settle(): Promise<void> {
    while (this.#settled !== this.#roster) {
      const roster = this.#roster
      if (!(await this.#terms.settle(roster))) return
      this.#settled = roster
    }
  }

  /** Once when the store goes away and once when it is back: meanwhile this gateway goes on with whom it knew. */
  #tellLost(isLost: boolean): void {
    if (isLost === this.#isLost) return
    this.#isLost = isLost
    if (isLost) this.#terms.log.error('contributors_unreadable')
    else this.#terms.log.info('contributors_readable')
  }
}
