import type { ProofRefusal } from '../domain/refusal.ts'
import type { UnpaidRequest } from '../domain/request.ts'
import type { Candidate } from '../routing/lane.ts'
import type { Gateway } from './gateway.ts'

/** Why the answer that is asked for would come without the proof that is asked for; undefined where it need not. */
export function whyUnprovable(
  { pool }: Pick<Gateway, 'pool'>,
  { proof, modelName }: Pick<UnpaidRequest, 'proof' | 'modelName'>,
  candidates: readonly Candidate[],
): ProofRefusal | undefined {
  if (proof === undefined) return undefined
  if (candidates.every(({ offer }) => offer.tensors?.proof !== undefined)) return undefined
  const provable = pool.models().filter(({ tensors }) => tensors?.proof !== undefined)
  const names = [...new Set(provable.map((offer) => offer.modelName))]
  return { reason: 'proof_not_offered', modelId: modelName, provable: names }
}
