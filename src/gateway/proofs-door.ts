import { err, ok, type Result } from '../base/result.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { Bytes32 } from '../domain/units.ts'
import { isStoreFailure } from '../payment/payment-step.ts'
import type { ProofView, ProvingDesk } from '../proving/proving-desk.ts'
import type { Gateway } from './gateway.ts'

/** A job as it is told; with the receipt's JSON where it is done, and the receipt still kept. */
export type ToldProof = ProofView & { readonly receipt: string | undefined }

/** What may be asked about proofs that were asked for. */
export type ProofsDoor = {
  /** For the account that pays for it; to others it is not there. */
  readonly retrieve: (channelId: Bytes32, proofId: string) => Promise<Result<ToldProof, Refusal>>
  /** Ends it, where it has not come so far that it is charged. */
  readonly cancel: (channelId: Bytes32, proofId: string) => Promise<Result<ToldProof, Refusal>>
  /** Tells of changes in this process until what it answers is called. */
  readonly follow: (proofId: string, listener: () => void) => () => void
}

type Deps = Pick<Gateway, 'payment'> & { readonly proving: ProvingDesk }

export const createProofsDoor = (gateway: Deps): ProofsDoor => ({
  retrieve: (channelId, proofId) => retrieve(gateway, channelId, proofId),
  cancel: async (channelId, proofId) => {
    const before = await retrieve(gateway, channelId, proofId)
    if (!before.ok) return before
    try {
      await gateway.proving.cancel(proofId)
    } catch (error) {
      return storeRefusal(error)
    }
    return retrieve(gateway, channelId, proofId)
  },
  follow: (proofId, listener) => gateway.proving.follow(proofId, listener),
})

async function retrieve(
  { proving, payment }: Deps,
  channelId: Bytes32,
  proofId: string,
): Promise<Result<ToldProof, Refusal>> {
  try {
    const view = await proving.find(proofId)
    if (view?.job.channelId !== channelId) return err({ reason: 'proof_not_found' })
    const { state, receiptId } = view.job
    const receipt = state === 'done' ? (await payment.receipt(receiptId))?.body : undefined
    return ok({ ...view, receipt })
  } catch (error) {
    return storeRefusal(error)
  }
}

function storeRefusal(error: unknown): Result<never, Refusal> {
  if (isStoreFailure(error)) return err({ reason: 'store_unavailable' })
  throw error
}
