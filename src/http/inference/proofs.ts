import type { Result } from '../../base/result.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { Bytes32 } from '../../domain/units.ts'
import type { ProofsDoor, ToldProof } from '../../gateway/proofs-door.ts'
import { sendError, sendJsonText } from '../raw-response.ts'
import type { RouteCall } from '../route-call.ts'
import { tellProof } from './proof-events.ts'
import { proofText } from './proof-object.ts'

const notFound = { reason: 'proof_not_found' } as const

/** `GET /v1/proofs/{id}`, for an API key of the channel that pays, or its owner: as JSON, or as events until its end. */
export async function retrieveProof(call: RouteCall): Promise<void> {
  const { incoming, outgoing } = call
  const asked = await askedOf(call, (proofs, channelId, id) => proofs.retrieve(channelId, id))
  if (asked === undefined) return
  const { found, proofs, channelId } = asked
  if (!found.ok) return sendError(outgoing, found.error)
  if (incoming.headers.accept?.includes('text/event-stream') !== true) {
    return sendJsonText(outgoing, proofText(found.value))
  }
  // Who left while the store was asked would be told for as long as the job is open.
  if (outgoing.destroyed) return
  const { proofId } = found.value.job
  outgoing.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
  })
  const stop = tellProof(
    () => proofs.retrieve(channelId, proofId),
    (listener) => proofs.follow(proofId, listener),
    {
      write: (bytes) => void outgoing.write(bytes),
      end: (bytes) => void outgoing.end(bytes),
    },
  )
  outgoing.on('close', stop)
}

/** `DELETE /v1/proofs/{id}`: answers the job as it is then, which may have ended otherwise. */
export async function cancelProof(call: RouteCall): Promise<void> {
  const asked = await askedOf(call, (proofs, channelId, id) => proofs.cancel(channelId, id))
  if (asked === undefined) return
  const { found } = asked
  if (found.ok) sendJsonText(call.outgoing, proofText(found.value))
  else sendError(call.outgoing, found.error)
}

async function askedOf(
  { door, entrance, incoming, outgoing, id }: RouteCall,
  ask: (proofs: ProofsDoor, channelId: Bytes32, id: string) => Promise<Result<ToldProof, Refusal>>,
) {
  const channelId = await entrance.enter(incoming, door.billing.reader)
  if (!channelId.ok) {
    sendError(outgoing, channelId.error)
    return undefined
  }
  const { proofs } = door
  if (proofs === undefined) {
    sendError(outgoing, notFound)
    return undefined
  }
  const found = await ask(proofs, channelId.value, id)
  return { found, proofs, channelId: channelId.value }
}
