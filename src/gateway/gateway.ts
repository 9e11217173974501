import type { GatewaySigner } from '../attestation/seal-receipt.ts'
import type { RequestLog } from '../base/log.ts'
import type { BoundKeys } from '../evidence/bound-keys.ts'
import type { UpstreamSessions } from '../evidence/upstream-sessions.ts'
import type { TokenCounter } from '../metering/token-counter.ts'
import type { CallerLimitsStep } from '../payment/caller-limits-desk.ts'
import type { PaymentStep } from '../payment/payment-step.ts'
import type { ProvingDesk } from '../proving/proving-desk.ts'
import type { ContributorPool } from '../routing/contributor-pool.ts'
import type { PayoutDesk } from '../settlement/payout-desk.ts'
import type { LogPublisher } from '../transparency/log-publisher.ts'
import type { UpstreamPools } from '../upstream/upstream-pools.ts'
import type { AuditsDesk } from './audits-door.ts'
import type { KeepAliveTerms } from './keep-alive.ts'
import type { RequestMetrics } from './request-metrics.ts'
import type { UnservedRequests } from './unserved-requests.ts'

/** What the conductor conducts: wired once by the command that starts a gateway. */
export type Gateway = {
  readonly payment: PaymentStep
  /** Who may ask for how much. */
  readonly limits: CallerLimitsStep
  readonly pool: ContributorPool
  /** Decimals of the asset that the pool's offers are priced in. It is at par with the dollar. */
  readonly priceDecimals: number
  readonly upstreams: UpstreamPools
  /** What contributors are owed, and whether they can be paid for more. */
  readonly payouts: PayoutDesk
  readonly signer: GatewaySigner
  /** By public model name; a model without one is bounded by bytes. */
  readonly tokenCounters: ReadonlyMap<string, TokenCounter>
  readonly log: RequestLog
  readonly metrics: RequestMetrics
  /** Undefined keeps silent until an answer begins. */
  readonly keepAlive?: KeepAliveTerms | undefined
  /** What is kept for auditors, and what they found; undefined where none is named. */
  readonly audits?: AuditsDesk | undefined
  /** Undefined where no answer is proven. */
  readonly proving?: ProvingDesk | undefined
  /** Which keys of contributors are bound to trusted environments; undefined: none is known to be. */
  readonly boundKeys?: Pick<BoundKeys, 'isBound'> | undefined
  /** What upstreams that attest to themselves said last; undefined: nobody is asked. */
  readonly upstreamReports?: Pick<UpstreamSessions, 'reportOf'> | undefined
  /** The last requests without a receipt. */
  readonly unserved: UnservedRequests
  /** Undefined where no transparency log is kept. */
  readonly transparency?: Pick<LogPublisher, 'report' | 'isForked'> | undefined
  readonly nowMs: () => number
}
