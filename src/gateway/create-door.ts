import type { GatewayLog } from '../base/log.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Soon } from '../base/soon.ts'
import type { OfferedModel } from '../domain/contributor.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { Payer } from '../domain/request.ts'
import type { Countersignatures } from '../evidence/countersignatures.ts'
import type { LendingStep } from '../joining/lending-step.ts'
import type { BillingStep } from '../payment/billing-step.ts'
import { isStoreFailure } from '../payment/payment-step.ts'
import type { X402Step } from '../payment/x402-step.ts'
import type { PayoutStep } from '../settlement/payout-step.ts'
import type { Tunnels } from '../upstream/tunnels.ts'
import type { AdminDoor } from './admin-door.ts'
import type { AuditsDoor } from './audits-door.ts'
import { createEvidenceDoor, type EvidenceSources } from './evidence-door.ts'
import { findReceipt } from './find-receipt.ts'
import { findRequest } from './find-request.ts'
import type { Gateway } from './gateway.ts'
import type { GatewayDoor } from './gateway-door.ts'
import { metricsText } from './gateway-metrics.ts'
import type { InFlight } from './in-flight.ts'
import type { JobsDoor } from './jobs-door.ts'
import type { JoiningDoor } from './joining-door.ts'
import { createLookupsDoor, type LookupsDeps } from './lookups-door.ts'
import type { ModelDeployments } from './model-deployments.ts'
import { createPaidDoor } from './paid-completion.ts'
import { createProofsDoor, type ProofsDoor } from './proofs-door.ts'
import { serveCompletion } from './serve-completion.ts'
import type { TransparencyDoor } from './transparency-door.ts'

/** What the door needs beside the conductor: who may enter, and what is no request for work. */
export type DoorDeps = {
  readonly gateway: Gateway
  readonly inFlight: InFlight
  readonly authenticate: (
    authorization: string | undefined,
    nowMs: number,
  ) => Soon<Result<Payer, Refusal>>
  readonly billing: BillingStep
  /** Undefined where requests are paid by keys alone. */
  readonly x402?: X402Step | undefined
  /** Undefined where nobody may dial in. */
  readonly tunnels?: Tunnels | undefined
  readonly payouts: PayoutStep
  /** Undefined where nobody pays for what contracts ask at once. */
  readonly lookups?: LookupsDeps | undefined
  readonly countersignatures?: Countersignatures | undefined
  readonly lending?: LendingStep | undefined
  readonly joining?: JoiningDoor | undefined
  readonly transparency?: TransparencyDoor | undefined
  /** Undefined where no auditor is named. */
  readonly audits?: AuditsDoor | undefined
  readonly admin?: AdminDoor | undefined
  readonly deployments?: ModelDeployments | undefined
  /** Undefined where no chain is watched for what contracts ask. */
  readonly jobs?: JobsDoor | undefined
  /** Undefined where the gateway runs in no TEE and verifies no upstream. */
  readonly evidence?: EvidenceSources | undefined
  readonly log: GatewayLog
}

/** What a proof takes here is known when some were made. */
function withMeasuredProof({ proving }: Gateway, model: OfferedModel): OfferedModel {
  const { tensors, modelName } = model
  const proveSeconds = proving?.secondsOf(modelName)
  if (tensors?.proof === undefined || proveSeconds === undefined) return model
  const proof = { ...tensors.proof, costs: { ...tensors.proof.costs, proveSeconds } }
  return { ...model, tensors: { ...tensors, proof } }
}

const proofsDoorOf = ({ proving, payment }: Gateway): ProofsDoor | undefined =>
  proving && createProofsDoor({ payment, proving })

export function createDoor(deps: DoorDeps): GatewayDoor {
  const { gateway, inFlight } = deps
  const complete: GatewayDoor['complete'] = async (request, client) => {
    if (gateway.transparency?.isForked()) return err({ reason: 'log_forked' })
    const left = inFlight.enter()
    if (left === undefined) return err({ reason: 'shutting_down' })
    try {
      return await serveCompletion(gateway, request, client)
    } finally {
      left()
    }
  }
  return {
    nowMs: gateway.nowMs,
    authenticate: (authorization) => deps.authenticate(authorization, gateway.nowMs()),
    complete,
    models: () => gateway.pool.models().map((model) => withMeasuredProof(gateway, model)),
    priced: () => gateway.pool.priced(),
    receipt: async (channelId, name) => {
      try {
        const found = await findReceipt(gateway.payment, channelId, name)
        return found.ok ? ok(found.value.body) : found
      } catch (error) {
        if (isStoreFailure(error)) return err({ reason: 'store_unavailable' })
        throw error
      }
    },
    request: (channelId, id) => findRequest(gateway, channelId, id),
    evidence: createEvidenceDoor(gateway, deps.evidence),
    proofs: proofsDoorOf(gateway),
    lookups: deps.lookups && createLookupsDoor(gateway, complete, deps.lookups),
    limits: gateway.limits,
    billing: deps.billing,
    paid: deps.x402 === undefined ? undefined : createPaidDoor(gateway, inFlight, deps.x402),
    tunnels: deps.tunnels,
    payouts: deps.payouts,
    countersignatures: deps.countersignatures,
    lending: deps.lending,
    joining: deps.joining,
    transparency: deps.transparency,
    audits: deps.audits,
    admin: deps.admin,
    deployments: deps.deployments,
    jobs: deps.jobs,
    metrics: () => metricsText(gateway, inFlight, deps.jobs),
    readiness: () => {
      if (!inFlight.open) return err({ reason: 'shutting_down' })
      if (gateway.transparency?.isForked()) return err({ reason: 'log_forked' })
      return gateway.payment.isWritable() ? ok(undefined) : err({ reason: 'store_unavailable' })
    },
    failed: (requestId, error) => {
      // Never the message of an unknown error: it may quote what a client sent.
      const name = error instanceof Error ? error.name : 'unknown'
      const invariant =
        error instanceof Error && error.name === 'InvariantViolation' ? error.message : ''
      deps.log.error('internal_error', { requestId, name, invariant })
    },
  }
}
