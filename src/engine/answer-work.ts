import { sha256Bytes32 } from '../attestation/answer-transcript.ts'
import { contentHash } from '../attestation/content-hash.ts'
import { type CommittedToken, tokenCommitment } from '../attestation/token-commitment.ts'
import { assert } from '../base/assert.ts'
import { choicesMax } from '../base/limits.ts'
import { randomHex } from '../base/random-ids.ts'
import { err, ok, type Result } from '../base/result.ts'
import { type Job, type RequestHeaders, readJobHeaders } from '../contributor/job-headers.ts'
import type { OpenAiRefusal } from '../contributor/openai-refusal.ts'
import { encodeSignedWork } from '../contributor/sign-work.ts'
import { workStatus } from '../domain/receipt.ts'
import { answerDigitsOf } from '../domain/request-id.ts'
import { type Bytes32, unixSecondsOf } from '../domain/units.ts'
import type { AnswerApi } from './answer-apis.ts'
import type { AnswerHead, AnswerUsage, AnswerWire } from './answer-wire.ts'
import type { TokenizedPrompt } from './completion-prompts.ts'
import type { Engine } from './engine.ts'
import type { GenerationRequest } from './generation-request.ts'

/** A request that was found good, before it waits for its turn. */
export type AnswerWork = {
  readonly request: GenerationRequest
  readonly prompts: readonly TokenizedPrompt[]
  readonly continued: ((answer: string) => readonly number[] | undefined) | undefined
  readonly seed: bigint
  /** Choices that are generated at once. */
  readonly slots: number
  readonly head: AnswerHead
  readonly wire: AnswerWire
  readonly job: Job | undefined
  /** Of each choice what was sampled so far; undefined where nothing is signed. */
  readonly tokens: readonly CommittedToken[][] | undefined
  /** sha256 of the request body. */
  readonly inputHash: Bytes32
  readonly receivedAtMs: number
}

/** Choices of all prompts together. */
export const choiceCountOf = ({ request, prompts }: AnswerWork): number =>
  request.choices * prompts.length

/** What each choice begins with: nothing, or its prompt. */
export const echoesOf = ({ request, prompts }: AnswerWork): string[] =>
  prompts.flatMap(({ echo }) => Array.from({ length: request.choices }, () => echo))

export const usageOf = (
  { prompts }: AnswerWork,
  counts: Pick<AnswerUsage, 'cachedPromptTokens' | 'completionTokens'>,
): AnswerUsage => ({
  promptTokens: prompts.reduce((sum, { tokens }) => sum + tokens.length, 0),
  ...counts,
})

/**
 * All that can be wrong with a request, cheapest check first. Nothing has been changed or reserved
 * yet.
 */
export function planWork(
  engine: Engine,
  asked: { readonly api: AnswerApi; readonly headers: RequestHeaders; readonly body: Buffer },
): Result<AnswerWork, OpenAiRefusal> {
  const { model, nowMs } = engine
  const { api } = asked
  const job = readJob(engine, asked.headers)
  if (!job.ok) return job
  const read = api.read(asked.body, model)
  if (!read.ok) return err(read.error)
  const { request, prompts, continued } = read.value
  const receivedAtMs = nowMs()
  const choices = request.choices * prompts.length
  return ok({
    request,
    prompts,
    continued,
    seed: request.seed ?? seedOf(job.value),
    slots: Math.min(choices, choicesMax, engine.turns.counts().slots),
    head: {
      id: `${api.wire.idPrefix}${answerDigitsOf(asked.headers['x-request-id']) ?? randomHex(12)}`,
      created: Math.floor(receivedAtMs / 1000),
      model: model.name,
      systemFingerprint: engine.systemFingerprint,
    },
    wire: api.wire,
    job: job.value,
    tokens: job.value && Array.from({ length: choices }, () => []),
    inputHash: sha256Bytes32(asked.body),
    receivedAtMs,
  })
}

/** Undefined for a plain OpenAI request. `modelId`: of a model beside the engine's own. */
export const readJob = (
  { model, workSigner, credit }: Engine,
  headers: RequestHeaders,
  modelId: Bytes32 = model.modelId,
): Result<Job | undefined, OpenAiRefusal> =>
  readJobHeaders(headers, {
    modelId,
    signsWork: workSigner !== undefined,
    paidBy: credit?.agreement.gateway,
  })

/**
 * A job without a seed gets its first four bytes as one, so that an auditor who has the Work can
 * repeat the answer.
 */
const seedOf = (job: Job | undefined): bigint =>
  BigInt(job === undefined ? `0x${randomHex(4)}` : job.jobId.slice(0, 10))

/** What of an answer is known only when it is finished. */
type FinishedAnswer = {
  readonly outputHash: Bytes32
  /** Zero for an answer in one piece. */
  readonly streamRoot: Bytes32
  readonly contentHash: Bytes32
  readonly usage: AnswerUsage
  /** What is owed for, where that is not `usage`. */
  readonly owedFor?: AnswerUsage
  /** Of a model beside the engine's own. */
  readonly modelId?: Bytes32
  /** The answer, where it is in one piece… */
  readonly body?: Buffer
  /** …and no JSON. */
  readonly contentType?: string
}

/** `contentHash` of the text of each choice, in the order of their index. */
export const hashOfTexts = (texts: readonly string[]): Bytes32 =>
  contentHash(texts.map((text) => ({ text, toolCalls: [] })))

/**
 * The signed Work of a finished answer, encoded; undefined where none was asked for. Its tokens are kept for whoever audits
 * it; what has none, such as a vector, commits to nothing.
 */
export async function sealWork(
  engine: Engine,
  work: Pick<AnswerWork, 'job' | 'inputHash' | 'receivedAtMs'> &
    Partial<Pick<AnswerWork, 'tokens'>>,
  { owedFor, usage, body, contentType = 'application/json', ...hashes }: FinishedAnswer,
): Promise<string | undefined> {
  const { job, inputHash, receivedAtMs, tokens = [] } = work
  if (engine.workSigner === undefined || job === undefined) return undefined
  // Written while the model was at work: as a rule it is there already.
  await engine.workSigner.durable(job)
  // A clock that was set back must not make an answer end before it began.
  const finishedAtMs = Math.max(receivedAtMs, engine.nowMs())
  const signedWork = engine.workSigner.signWork({
    ...job,
    inputHash,
    ...hashes,
    ...usage,
    commitment: tokenCommitment(tokens),
    startedAt: unixSecondsOf(receivedAtMs),
    finishedAt: unixSecondsOf(finishedAtMs),
    status: workStatus.complete,
  })
  if (tokens.length > 0) engine.keptTokens.keep(job, tokens)
  if (engine.contractJobs?.isRunning(job) !== true) engine.credit?.worked(owedFor ?? usage)
  else {
    assert(body !== undefined, 'a contract is answered in one piece')
    await engine.contractJobs.keep(signedWork, { contentType, body })
  }
  return encodeSignedWork(signedWork)
}
