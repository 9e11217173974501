import { sha256Hex } from '../base/sha256.ts'
import type {
  ContributorBook,
  ContributorMark,
  ContributorRecord,
} from '../domain/contributor-record.ts'
import type { Bytes32 } from '../domain/units.ts'

/** What becomes of a book: undefined in the place of a row removes it. */
export type BookChange<T> = {
  readonly outcome: T
  readonly records?: ReadonlyMap<string, ContributorRecord | undefined>
  readonly marks?: ReadonlyMap<string, ContributorMark | undefined>
}

/**
 * Contributors that joined while gateways ran. They change rarely, and are few enough to be read whole. What resolves is
 * durable. Implementations are held to each other by test/conformance/contributor-store.test.ts. All reject with StoreFailure.
 *
 * Invariants:
 *   (1) every change raises the version, and none is decided on a book that another change has replaced;
 *   (2) an order is taken once while it is good, whichever gateway it comes to.
 */
export type ContributorStore = {
  /** One small question: whether the book must be read again. */
  readonly version: () => Promise<number>
  readonly read: () => Promise<ContributorBook>
  /** `decide` is pure: it is asked again where somebody else was faster. A change without rows changes nothing. */
  readonly change: <T>(decide: (book: ContributorBook) => BookChange<T>) => Promise<T>
  /** False for an order that was taken before. It is remembered until `untilMs`, when it would be refused for its age. */
  readonly takeOrder: (
    digest: Bytes32,
    time: { readonly untilMs: number; readonly nowMs: number },
  ) => Promise<boolean>
  readonly close: () => Promise<void>
}

/** The same for the same place and key name, whoever asks: 24 hex digits, short enough for headers and lists. */
export const contributorIdOf = (baseUrl: string, keyId: string): string =>
  `key-${sha256Hex(JSON.stringify([baseUrl, keyId])).slice(0, 24)}`
