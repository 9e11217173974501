import type { ReceivedHashes } from '../attestation/answer-transcript.ts'
import { tokenCommitment } from '../attestation/token-commitment.ts'
import { assert, InvariantViolation } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'
import { workStatus } from '../domain/receipt.ts'
import { type Bytes32, unixSecondsOf, zeroBytes32 } from '../domain/units.ts'
import type { MeteredUsage } from '../domain/usage.ts'
import type { RunningJob } from './running-job.ts'
import { encodeSignedWork, signWork } from './sign-work.ts'

/**
 * The signed Work of a whole answer, encoded, once the disk knows that the job has one; then it is owed. Without a disk
 * nothing is signed: a crash would make us forget it, and sign again. `whole`: the answer, where it is in one piece.
 */
export async function sealJob(
  running: RunningJob,
  hashes: ReceivedHashes,
  usage: MeteredUsage,
  whole?: { readonly contentType: string; readonly body: Buffer },
): Promise<Result<string, 'jobs_not_kept' | 'client_gone'>> {
  const { parts, admitted, begun, cancellation, receivedAtMs } = running
  try {
    await begun.durable
  } catch {
    return err('jobs_not_kept')
  }
  // Nobody would get it, and nobody pay for it.
  if (cancellation.cancelled) return err('client_gone')
  const { signer, credit, contractJobs, nowMs } = parts.terms
  const { job, model, inputHash, prices, payable } = admitted
  const { promptTokens, cachedPromptTokens, completionTokens } = usage
  const commitment = await commitTokens(running, usage)
  begun.signed()
  const signed = signWork(signer, {
    ...job,
    ...hashes,
    contributor: signer.contributor,
    modelId: model.modelId,
    inputHash,
    promptTokens,
    cachedPromptTokens,
    completionTokens,
    commitment,
    startedAt: unixSecondsOf(receivedAtMs),
    // A clock that was set back must not make an answer end before it began.
    finishedAt: unixSecondsOf(Math.max(receivedAtMs, nowMs())),
    status: workStatus.complete,
  })
  if (payable === undefined) {
    credit?.worked(usage, prices)
    return ok(encodeSignedWork(signed))
  }
  assert(whole !== undefined && contractJobs !== undefined, 'a contract is answered in one piece')
  try {
    await contractJobs.keep(signed, whole)
  } catch (error) {
    if (error instanceof InvariantViolation) throw error
    // What could not be kept for whoever asks again is not told either: nobody else may have it.
    return err('jobs_not_kept')
  }
  return ok(encodeSignedWork(signed))
}

/** Zero where the engine did not tell every token, or the disk does not take what opens it. */
async function commitTokens(
  { parts, admitted, told }: RunningJob,
  { completionTokens }: MeteredUsage,
): Promise<Bytes32> {
  const { openings } = parts.terms
  const tokens = told?.tokens(completionTokens)
  if (tokens === undefined || openings === undefined) return zeroBytes32
  try {
    await openings.keep(admitted.job, tokens)
  } catch {
    // What cannot be opened later would look like a lie.
    return zeroBytes32
  }
  return tokenCommitment(tokens)
}
