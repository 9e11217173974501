import type { SignedVerdict } from '../domain/audit.ts'
import type { Bytes32 } from '../domain/units.ts'

export type KeptVerdict = SignedVerdict & {
  /** What the auditor signed. */
  readonly digest: Bytes32
}

/** Where a verdict stands: an auditor says one thing of a contributor's model at one second. */
export const verdictName = ({ verdict }: SignedVerdict): string =>
  [verdict.auditor, verdict.contributor, verdict.modelId, verdict.issuedAt].join('/')

/**
 * What auditors found. Few enough for each gateway to keep them in memory, and to read all again when the version says that
 * one was added. Held by test/conformance/verdict-store.test.ts; throws StoreFailure.
 */
export type VerdictStore = {
  /** Durable when it resolves. `conflict`: another verdict stands where this one would; `forget` are names that go. */
  readonly put: (
    kept: KeptVerdict,
    forget: readonly string[],
  ) => Promise<'stored' | 'known' | 'conflict'>
  /** In no order. */
  readonly read: () => Promise<{
    readonly version: number
    readonly verdicts: readonly KeptVerdict[]
  }>
  readonly version: () => Promise<number>
  readonly close: () => Promise<void>
}
