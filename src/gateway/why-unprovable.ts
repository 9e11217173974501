import type { ProofRefusal } from '../domain/refusal.ts'
import type { InferenceRequest } from '../domain/request.ts'
import type { Candidate } from '../routing/lane.ts'
import type { Gateway } from './gateway.ts'

/** Why the answer would come without the proof that is asked for; undefined where it need not. Before any money is held. */
export function whyUnprovable(
  { pool, proving }: Pick<Gateway, 'pool' | 'proving'>,
  { proof, modelName, payer }: Pick<InferenceRequest, 'proof' | 'modelName' | 'payer'>,
  candidates: readonly Candidate[],
): ProofRefusal | undefined {
  if (proof === undefined) return undefined
  const [terms, ...others] = candidates.map(({ offer }) => offer.tensors?.proof)
  if (proving === undefined || terms === undefined || others.includes(undefined)) {
    const models = proving === undefined ? [] : pool.models()
    const provable = models.filter(({ tensors }) => tensors?.proof !== undefined)
    const names = [...new Set(provable.map((offer) => offer.modelName))]
    return { reason: 'proof_not_offered', modelId: modelName, provable: names }
  }
  const admitted = proving.admit(terms, payer.channelId)
  return admitted.ok ? undefined : admitted.error
}
