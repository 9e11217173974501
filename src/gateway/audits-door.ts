import type { DisclosureStep } from '../disclosure/disclosure-step.ts'
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
