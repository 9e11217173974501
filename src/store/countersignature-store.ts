import type { KeptCountersignature } from '../domain/countersignature.ts'
import type { Bytes32 } from '../domain/units.ts'

/** Countersignatures by receipt. Held by test/conformance/countersignature-store.test.ts; throws StoreFailure. */
export type CountersignatureStore = {
  /** Durable when it resolves. The first one stays: what is kept is answered. */
  readonly put: (kept: KeptCountersignature) => Promise<KeptCountersignature>
  readonly of: (receiptId: Bytes32) => Promise<KeptCountersignature | undefined>
  readonly close: () => Promise<void>
}
