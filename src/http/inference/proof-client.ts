/*
 * How whoever asks for a proof gets it: at once a job to ask for later (202), or the finished job as the answer, or as the end of
 * a stream of events. What is refused before the job is there is refused as everywhere.
 */
import { Cancellation } from '../../base/cancellation.ts'
import type { Result } from '../../base/result.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { ProofDelivery, UnpaidRequest } from '../../domain/request.ts'
import type { Bytes32 } from '../../domain/units.ts'
import type { AnswerClient, AnswerHeaders } from '../../gateway/answer-client.ts'
import type { GatewayDoor } from '../../gateway/gateway-door.ts'
import type { ProofsDoor, ToldProof } from '../../gateway/proofs-door.ts'
import type { Outgoing } from '../exchange.ts'
import { tellProof } from './proof-events.ts'
import { proofText } from './proof-object.ts'

type ProvingClient = {
  readonly client: AnswerClient
  /** Tells the end; false where it is to be told as of any other request. */
  readonly finish: (served: Result<void, Refusal>) => Promise<boolean>
}

/** The header that names the job. */
const proofHeader = 'x-vouch-proof'

function provingClient(
  told: AnswerClient,
  asked: {
    readonly outgoing: Outgoing
    readonly delivery: ProofDelivery
    readonly proofs: ProofsDoor
    readonly failed: (error: unknown) => void
  },
): ProvingClient {
  const { outgoing, delivery, proofs, failed } = asked
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  let job: { readonly proofId: string; readonly channelId: Bytes32 } | undefined
  let headers: AnswerHeaders = {}
  const begun: NonNullable<AnswerClient['proof']>['begun'] = (begunJob, answerHeaders) => {
    job = begunJob
    const { proofId, channelId } = begunJob
    const retrieve = () => proofs.retrieve(channelId, proofId)
    const named = { ...answerHeaders, [proofHeader]: proofId }
    if (delivery === 'later') {
      void retrieve().then((found) => found.ok && accept(outgoing, named, found.value), failed)
    } else if (delivery === 'follow') {
      told.startStream(named)
      const stop = tellProof(retrieve, (listener) => proofs.follow(proofId, listener), {
        write: (bytes) => void told.write(bytes),
        end: (bytes) => {
          told.endStream(bytes)
          end()
        },
      })
      outgoing.on('close', () => {
        stop()
        end()
      })
    }
  }
  const client: AnswerClient = {
    ...told,
    cancellation:
      delivery === 'later' ? untilBegun(told.cancellation, () => job) : told.cancellation,
    proof: { begun },
    answer: (answerHeaders) => {
      headers = answerHeaders
    },
  }
  const finish: ProvingClient['finish'] = async (served) => {
    if (job === undefined) return false
    if (delivery === 'later') return true
    if (delivery === 'follow') {
      await ended
      return true
    }
    if (!served.ok) return false
    const { proofId, channelId } = job
    const found = await proofs.retrieve(channelId, proofId)
    if (!found.ok || client.cancellation.cancelled) return client.cancellation.cancelled
    told.answer({ ...headers, [proofHeader]: proofId }, Buffer.from(proofText(found.value)))
    return true
  }
  return { client, finish }
}

/** Undefined for an answer that needs no proof, or can have none: then it is refused. */
export function provingOf(
  told: AnswerClient,
  asked: {
    readonly door: Pick<GatewayDoor, 'proofs' | 'failed'>
    readonly outgoing: Outgoing
    readonly request: Pick<UnpaidRequest, 'proof' | 'requestId'>
  },
): ProvingClient | undefined {
  const { door, outgoing, request } = asked
  const { proof: delivery, requestId } = request
  const { proofs } = door
  if (delivery === undefined || proofs === undefined) return undefined
  const failed = (error: unknown): void => door.failed(requestId, error)
  return provingClient(told, { outgoing, delivery, proofs, failed })
}

/** Who leaves once there is a job comes for it later; until then nobody would. */
function untilBegun(connection: Cancellation, job: () => unknown): Cancellation {
  const cancellation = new Cancellation()
  connection.onCancel(() => {
    if (job() === undefined) cancellation.cancel()
  })
  return cancellation
}

/** The job as it is now, and where to ask for it. */
function accept(outgoing: Outgoing, headers: AnswerHeaders, told: ToldProof): void {
  if (outgoing.headersSent || outgoing.destroyed) return
  const body = Buffer.from(proofText(told))
  outgoing.writeHead(202, {
    'content-type': 'application/json',
    'content-length': body.length,
    location: `/v1/proofs/${told.job.proofId}`,
    ...headers,
  })
  outgoing.end(body)
}
