import {
  type CheckpointFault,
  checkCheckpointSigner,
  type SeenCheckpoint,
} from '../attestation/seen-checkpoints.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { SignedCheckpoint } from '../domain/checkpoint.ts'
import type { EndReason } from '../domain/request-record.ts'
import type { Gateway } from './gateway.ts'
import type { ServedRequest } from './settle-answer.ts'

/** What a contributor signed of a stream that is not so. */
export type FalseCheckpoint = {
  readonly reason: EndReason
  /** Two that it signed under one index, for whoever punishes that; empty where it did something else. */
  readonly contradiction: readonly SignedCheckpoint[]
}

/**
 * How far a contributor vouches for a stream that ended without a Work: its newest checkpoint, or undefined where it sent
 * none. Only here signatures of checkpoints are looked at.
 */
export function judgeCut(
  { signer }: Gateway,
  { begun }: ServedRequest,
): Result<SeenCheckpoint | undefined, FalseCheckpoint> {
  const { identity } = begun.attempt.candidate.contributor
  const checkpoints = begun.body.kind === 'stream' ? begun.body.checkpoints : undefined
  if (checkpoints === undefined || identity === undefined) return ok(undefined)
  const isSigned = (one: SignedCheckpoint): boolean =>
    checkCheckpointSigner(signer.domain, one, identity.signingAddresses).ok
  const { fault, newest, contradiction } = checkpoints
  if (fault !== undefined) {
    // A signature that is nobody's proves nothing against anybody.
    const isProof = contradiction.length > 0 && contradiction.every(isSigned)
    return err({ reason: reasonOf(fault), contradiction: isProof ? contradiction : [] })
  }
  if (newest === undefined || isSigned(newest)) return ok(newest)
  return err({ reason: 'checkpoint_signer_unknown', contradiction: [] })
}

const reasonOf = (fault: CheckpointFault): EndReason =>
  fault.fault === 'checkpoint_mismatch' ? `checkpoint_mismatch:${fault.member}` : fault.fault
