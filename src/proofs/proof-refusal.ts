import { err, type Result } from '../base/result.ts'

/** Why something is no proof. `reason` is stable; `detail` is for people. */
export type ProofRefusal = {
  readonly reason:
    | 'verification_key_missing'
    | 'verification_key_mismatch'
    | 'verification_key_malformed'
    | 'verification_key_forgeable'
    | 'public_inputs_malformed'
    | 'proof_malformed'
    | 'proof_false'
    | 'system_not_verifiable_here'
  readonly detail: string
}

/** The value says nothing: that there is one, says that the proof holds. */
export type ProofVerdict = Result<undefined, ProofRefusal>

export const refuse = (
  reason: ProofRefusal['reason'],
  detail: string,
): Result<never, ProofRefusal> => err({ reason, detail })
