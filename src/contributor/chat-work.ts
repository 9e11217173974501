import { sha256Bytes32 } from '../attestation/answer-transcript.ts'
import { contentHash } from '../attestation/content-hash.ts'
import { randomHex } from '../base/random-ids.ts'
import { err, ok, type Result } from '../base/result.ts'
import { workStatus } from '../domain/receipt.ts'
import { type Bytes32, unixSecondsOf } from '../domain/units.ts'
import type { AnswerHead, AnswerUsage } from './chat-completions.ts'
import { type ChatRequest, parseChatRequest } from './chat-request.ts'
import type { Engine } from './engine.ts'
import { type Job, type RequestHeaders, readJobHeaders } from './job-headers.ts'
import { contextLengthExceeded, type OpenAiRefusal } from './openai-refusal.ts'
import { promptTokens } from './prompt-tokens.ts'
import { encodeSignedWork } from './sign-work.ts'

/** A chat completion that was found good, before it waits for its turn. */
export type ChatWork = {
  readonly request: ChatRequest
  readonly promptTokens: readonly number[]
  readonly seed: bigint
  readonly head: AnswerHead
  readonly job: Job | undefined
  /** sha256 of the request body. */
  readonly inputHash: Bytes32
  readonly receivedAtMs: number
}

/**
 * All that can be wrong with a request, cheapest check first. Nothing has been changed or reserved
 * yet.
 */
export function planChatWork(
  engine: Engine,
  asked: { readonly headers: RequestHeaders; readonly body: Buffer },
): Result<ChatWork, OpenAiRefusal> {
  const { model, workSigner, nowMs } = engine
  const job = readJobHeaders(asked.headers, {
    modelId: model.modelId,
    signsWork: workSigner !== undefined,
    paidBy: engine.credit?.agreement.gateway,
  })
  if (!job.ok) return job
  const request = parseChatRequest(asked.body, model)
  if (!request.ok) return request
  const tokens = promptTokens(model, request.value.messages)
  if (!tokens.ok) return err(contextLengthExceeded(tokens.error))
  const receivedAtMs = nowMs()
  return ok({
    request: request.value,
    promptTokens: tokens.value,
    seed: request.value.seed ?? seedOf(job.value),
    head: {
      id: `chatcmpl-${randomHex(12)}`,
      created: Math.floor(receivedAtMs / 1000),
      model: model.name,
      systemFingerprint: engine.systemFingerprint,
    },
    job: job.value,
    inputHash: sha256Bytes32(asked.body),
    receivedAtMs,
  })
}

/**
 * A job without a seed gets its first four bytes as one, so that an auditor who has the Work can
 * repeat the answer.
 */
const seedOf = (job: Job | undefined): bigint =>
  BigInt(job === undefined ? `0x${randomHex(4)}` : job.jobId.slice(0, 10))

/** The signed Work of a finished answer, encoded; undefined where none was asked for. */
export function sealChatWork(
  engine: Engine,
  work: ChatWork,
  answer: {
    readonly outputHash: Bytes32
    /** Zero for an answer in one piece. */
    readonly streamRoot: Bytes32
    /** Text of each choice, in the order of their index. */
    readonly texts: readonly string[]
    readonly usage: AnswerUsage
  },
): string | undefined {
  const { job, inputHash, receivedAtMs } = work
  if (engine.workSigner === undefined || job === undefined) return undefined
  const { outputHash, streamRoot, texts, usage } = answer
  // A clock that was set back must not make an answer end before it began.
  const finishedAtMs = Math.max(receivedAtMs, engine.nowMs())
  const signedWork = engine.workSigner.signWork({
    ...job,
    inputHash,
    outputHash,
    contentHash: contentHash(texts.map((text) => ({ text, toolCalls: [] }))),
    streamRoot,
    ...usage,
    startedAt: unixSecondsOf(receivedAtMs),
    finishedAt: unixSecondsOf(finishedAtMs),
    status: workStatus.complete,
  })
  engine.credit?.worked(usage)
  return encodeSignedWork(signedWork)
}
