import { sha256Bytes32 } from '../attestation/answer-transcript.ts'
import { deliveredHash } from '../attestation/content-hash.ts'
import { ok } from '../base/result.ts'
import { sendJson } from '../contributor/send-json.ts'
import { zeroBytes32 } from '../domain/units.ts'
import { readJob, sealWork } from './answer-work.ts'
import { type EmbeddingRequest, parseEmbeddingRequest } from './embedding-request.ts'
import type { Engine } from './engine.ts'
import type { PlanAnswer } from './planned-answer.ts'
import { embedText } from './text-embedding.ts'

/**
 * POST /v1/embeddings: a vector for each input. They are computed one after another in one slot, and
 * `completionTokens` of the Work is their number; what is owed is the prompt alone.
 */
export const planVectors: PlanAnswer = (engine, { headers, body }) => {
  const job = readJob(engine, headers)
  if (!job.ok) return job
  const asked = parseEmbeddingRequest(body, engine.model)
  if (!asked.ok) return asked
  const request = asked.value
  const work = {
    job: job.value,
    inputHash: sha256Bytes32(body),
    receivedAtMs: engine.nowMs(),
  }
  const promptTokens = request.inputs.reduce((sum, tokens) => sum + tokens.length, 0)
  return ok({
    job: work.job,
    inputHash: work.inputHash,
    wanted: {
      modelId: engine.model.modelId,
      stream: false,
      choiceCount: request.inputs.length,
      most: { promptTokens, completionTokens: 0 },
      commits: false,
    },
    slots: 1,
    answer: async (response, signal) => {
      const vectors = await vectorsOf(engine, request, signal)
      const prompt = { promptTokens, cachedPromptTokens: 0 }
      if (vectors === undefined) return { outcome: 'client_gone', ...prompt }
      const usage = { ...prompt, completionTokens: vectors.length }
      const answer = Buffer.from(listJson(engine.model.name, { request, vectors, promptTokens }))
      const sealed = await sealWork(engine, work, {
        outputHash: sha256Bytes32(answer),
        streamRoot: zeroBytes32,
        contentHash: deliveredHash(vectors),
        usage,
        owedFor: { ...prompt, completionTokens: 0 },
        body: answer,
      })
      const signed = sealed === undefined ? {} : { 'x-vouch-work': sealed }
      sendJson(response, { status: 200, body: answer, headers: signed })
      return { outcome: 'complete', stream: false, ...usage }
    },
  })
}

/** Little-endian 32-bit floats of each input. Undefined when the client left. */
async function vectorsOf(
  { model }: Engine,
  { inputs, dimensions }: EmbeddingRequest,
  signal: AbortSignal,
): Promise<readonly Buffer[] | undefined> {
  const { embedding } = model
  const vectors: Buffer[] = []
  for (const tokens of inputs) {
    const vector =
      embedding && (await embedText({ ...model, embedding }, { tokens, dimensions }, signal))
    if (vector === undefined) return undefined
    vectors.push(littleEndian(vector))
  }
  return vectors
}

/** A typed array has the order of its machine. */
function littleEndian(vector: Float32Array): Buffer {
  const bytes = Buffer.alloc(vector.byteLength)
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(value, 4 * at)
  return bytes
}

/** OpenAI's list of embeddings. Numbers are written as the doubles that the floats are. */
function listJson(
  model: string,
  answer: {
    readonly request: EmbeddingRequest
    readonly vectors: readonly Buffer[]
    readonly promptTokens: number
  },
): string {
  const { request, vectors, promptTokens } = answer
  return JSON.stringify({
    object: 'list',
    data: vectors.map((bytes, index) => ({
      object: 'embedding',
      index,
      embedding:
        request.form === 'base64'
          ? bytes.toString('base64')
          : Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(4 * at)),
    })),
    model,
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  })
}
