import type { Result } from '../base/result.ts'
import type { Soon } from '../base/soon.ts'
import type { Offer, OfferedModel } from '../domain/contributor.ts'
import type { GatewayRefusal, Refusal } from '../domain/refusal.ts'
import type { InferenceRequest, Payer } from '../domain/request.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { Countersignatures } from '../evidence/countersignatures.ts'
import type { LendingStep } from '../joining/lending-step.ts'
import type { BillingStep } from '../payment/billing-step.ts'
import type { CallerLimitsStep } from '../payment/caller-limits-desk.ts'
import type { PayoutStep } from '../settlement/payout-step.ts'
import type { Tunnels } from '../upstream/tunnels.ts'
import type { AdminDoor } from './admin-door.ts'
import type { AnswerClient } from './answer-client.ts'
import type { AuditsDoor } from './audits-door.ts'
import type { EvidenceDoor } from './evidence-door.ts'
import type { FoundRequest } from './find-request.ts'
import type { JobsDoor } from './jobs-door.ts'
import type { JoiningDoor } from './joining-door.ts'
import type { LookupsDoor } from './lookups-door.ts'
import type { ModelDeployments } from './model-deployments.ts'
import type { PaidDoor } from './paid-completion.ts'
import type { ProofsDoor } from './proofs-door.ts'
import type { TransparencyDoor } from './transparency-door.ts'

/** Everything that a door (http, later jobs) may ask of the gateway. */
export type GatewayDoor = {
  readonly nowMs: () => number
  readonly authenticate: (authorization: string | undefined) => Soon<Result<Payer, Refusal>>
  readonly complete: (
    request: InferenceRequest,
    client: AnswerClient,
  ) => Promise<Result<void, Refusal>>
  readonly models: () => readonly OfferedModel[]
  /** Every price that an answer may be charged by. */
  readonly priced: () => readonly Offer[]
  /** The stored JSON of a receipt of this channel, by any of its names (find-receipt.ts). */
  readonly receipt: (channelId: Bytes32, name: string) => Promise<Result<string, Refusal>>
  /** What payers say of their receipts; undefined where there is nowhere to keep it. */
  readonly countersignatures?: Countersignatures | undefined
  /** What became of a request of this channel, by any of its names. */
  readonly request: (channelId: Bytes32, id: string) => Promise<Result<FoundRequest, Refusal>>
  /** What is asked about receipts after the fact, in the shapes of others. */
  readonly evidence: EvidenceDoor
  /** Payments that come with requests; undefined where only keys are taken. */
  readonly paid?: PaidDoor | undefined
  /** Proofs that were asked for; undefined where none is made. */
  readonly proofs?: ProofsDoor | undefined
  /** What contracts ask at once; undefined where nobody pays for it. */
  readonly lookups?: LookupsDoor | undefined
  /** What callers may have, and what is left of it. */
  readonly limits: CallerLimitsStep
  /** What the owner of a channel may ask and order. */
  readonly billing: BillingStep
  /** Where contributors dial in; undefined where none may. */
  readonly tunnels?: Pick<Tunnels, 'take'> | undefined
  /** What a contributor may ask about its pay. */
  readonly payouts: PayoutStep
  /** What lenders of keys may ask and order; undefined where there is nowhere to keep a key. */
  readonly lending?: LendingStep | undefined
  /** What contributors may ask and order that join by themselves; undefined where nobody can. */
  readonly joining?: JoiningDoor | undefined
  /** What auditors may ask and report; undefined where none is named. */
  readonly audits?: AuditsDoor | undefined
  /** What anybody may ask of the transparency log; undefined where none is kept. */
  readonly transparency?: TransparencyDoor | undefined
  /** What the operator may ask and order; undefined where no token is configured. */
  readonly admin?: AdminDoor | undefined
  /** Models that the operator uploads; undefined where none are taken. */
  readonly deployments?: ModelDeployments | undefined
  /** Undefined where no chain is watched for what contracts ask. */
  readonly jobs?: JobsDoor | undefined
  /** What Prometheus reads. */
  readonly metrics: () => string
  /** Whether new requests are taken; else why not: shutting down, or a ledger that cannot be written. */
  readonly readiness: () => Result<void, GatewayRefusal>
  /** A bug met at the request boundary. */
  readonly failed: (requestId: string, error: unknown) => void
}
