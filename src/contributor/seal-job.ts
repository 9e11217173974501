import type { ReceivedHashes } from '../attestation/answer-transcript.ts'
import { workStatus } from '../domain/receipt.ts'
import { unixSecondsOf, zeroBytes32 } from '../domain/units.ts'
import type { MeteredUsage } from '../domain/usage.ts'
import type { RunningJob } from './running-job.ts'
import { encodeSignedWork, signWork } from './sign-work.ts'

/**
 * The signed Work of a whole answer, encoded, once the disk knows that the job has one; then it is owed. Undefined where the
 * disk refuses: a signature that a crash makes us forget could be given twice.
 */
export async function sealJob(
  { parts, admitted, begun, receivedAtMs }: Omit<RunningJob, 'opened'>,
  hashes: ReceivedHashes,
  usage: MeteredUsage,
): Promise<string | undefined> {
  try {
    await begun.durable
  } catch {
    return undefined
  }
  const { signer, credit, nowMs } = parts.terms
  const { job, model, inputHash, prices } = admitted
  const { promptTokens, cachedPromptTokens, completionTokens } = usage
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
    commitment: zeroBytes32,
    startedAt: unixSecondsOf(receivedAtMs),
    // A clock that was set back must not make an answer end before it began.
    finishedAt: unixSecondsOf(Math.max(receivedAtMs, nowMs())),
    status: workStatus.complete,
  })
  credit?.worked(usage, prices)
  return encodeSignedWork(signed)
}
