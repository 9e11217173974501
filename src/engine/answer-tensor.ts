import { sha256Bytes32 } from '../attestation/answer-transcript.ts'
import { deliveredHash } from '../attestation/content-hash.ts'
import { err, ok, type Result } from '../base/result.ts'
import { decodeTensor, encodeTensor } from '../base/wire-tensor.ts'
import { invalidValue, type OpenAiRefusal } from '../contributor/openai-refusal.ts'
import { sendJson } from '../contributor/send-json.ts'
import { zeroBytes32 } from '../domain/units.ts'
import { type EvaluationRefusal, evaluate } from '../provable/evaluate.ts'
import { readJob, sealWork } from './answer-work.ts'
import type { PlanAnswer } from './planned-answer.ts'
import type { ProvableModel } from './provable-model.ts'

const tensorType = 'application/octet-stream'

/**
 * POST /v1/inference/{model}: the integers of the input tensors in their wire form, and back those of the output. What is
 * signed is of those bytes, so that a contract that is shown the output needs nothing else to know it again.
 */
export const planTensor =
  (model: ProvableModel): PlanAnswer =>
  (engine, { headers, body }) => {
    const job = readJob(engine, headers, model.modelId)
    if (!job.ok) return job
    const output = evaluateWire(model, body)
    if (!output.ok) return output
    const work = { job: job.value, inputHash: sha256Bytes32(body), receivedAtMs: engine.nowMs() }
    return ok({
      job: work.job,
      inputHash: work.inputHash,
      wanted: {
        modelId: model.modelId,
        stream: false,
        choiceCount: 1,
        most: { promptTokens: model.inputCount, completionTokens: output.value.length },
        commits: false,
      },
      slots: 1,
      answer: async (response) => {
        const answer = Buffer.from(encodeTensor(output.value))
        const usage = {
          promptTokens: model.inputCount,
          cachedPromptTokens: 0,
          completionTokens: output.value.length,
        }
        const sealed = await sealWork(engine, work, {
          outputHash: sha256Bytes32(answer),
          streamRoot: zeroBytes32,
          contentHash: deliveredHash([answer]),
          usage,
          modelId: model.modelId,
          body: answer,
          contentType: tensorType,
        })
        const headersOfAnswer = {
          'content-type': tensorType,
          ...(sealed !== undefined && { 'x-vouch-work': sealed }),
        }
        sendJson(response, { status: 200, body: answer, headers: headersOfAnswer })
        return { outcome: 'complete', stream: false, ...usage }
      },
    })
  }

function evaluateWire({ graph }: ProvableModel, body: Buffer): Result<Int32Array, OpenAiRefusal> {
  const input = decodeTensor(body)
  if (input === undefined) {
    return err(
      invalidValue({ param: 'input', expected: 'abi.encode(int256[]) of 32-bit integers' }),
    )
  }
  const output = evaluate(graph, input)
  return output.ok
    ? ok(Int32Array.from(output.value))
    : err(invalidValue({ param: 'input', expected: expectedOf(output.error) }))
}

function expectedOf(refusal: EvaluationRefusal): string {
  if (refusal.reason === 'input_count') return `${refusal.expected} values`
  if (refusal.reason === 'input_not_an_integer') return 'integers'
  return `a value ${refusal.index} from ${refusal.min} to ${refusal.max}`
}
