import type { DisclosureStep } from '../disclosure/disclosure-step.ts'
import type { AnsweredInFull } from '../disclosure/transcript-vault.ts'
import type { JudgedModel } from '../disclosure/verdict-book.ts'
import type { Address } from '../domain/units.ts'

/** What auditors may ask and report, and where their signatures are good. */
export type AuditsDoor = DisclosureStep & {
  readonly place: {
    /** Operator address of this gateway. */
    readonly gateway: Address
    readonly chainId: number
    /** The ReceiptVerifier. */
    readonly verifyingContract: Address
  }
}

/** What requests have to do with audits. */
export type AuditsDesk = {
  /** Whether anything is kept: without a transparency log nothing is ever chosen. */
  readonly keeps: boolean
  /** Returns at once. */
  readonly keep: (answer: AnsweredInFull) => void
  /** Whether a contributor's answers of this model were audited, passed, and not too long ago. Reads a map. */
  readonly isAudited: DisclosureStep['isAudited']
  /** For whoever reads metrics: transcripts since the start, and whom the verdicts judge. */
  readonly report: () => {
    readonly kept: number
    readonly lost: number
    readonly judged: readonly JudgedModel[]
  }
}
