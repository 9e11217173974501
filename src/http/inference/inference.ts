import type { IncomingHttpHeaders } from 'node:http'
import { requestBodyBytesMax } from '../../base/limits.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { encodeTensor } from '../../base/wire-tensor.ts'
import type { OfferedModel } from '../../domain/contributor.ts'
import { usualEndpoints } from '../../domain/endpoint.ts'
import type { RequestRefusal } from '../../domain/refusal.ts'
import type { ProofDelivery } from '../../domain/request.ts'
import { type TensorTerms, valueCountOf } from '../../domain/tensor-terms.ts'
import { inferenceDialect } from '../../gateway/inference-dialect.ts'
import { inOnePiece, type OpenedBody, openJsonBody } from '../open-json-body.ts'
import type { Asked, Surface } from '../surface.ts'
import { readIntegers, readTensors } from './tensor-json.ts'

/** `POST /v1/inference/{model}`: numbers in, numbers out, and a proof of it where that is asked for. docs/inference.md. */
export const inferenceOf = (models: () => readonly OfferedModel[], modelName: string): Surface => ({
  path: `/v1/inference/${encodeURI(modelName)}`,
  bodyBytesMax: requestBodyBytesMax,
  read: (body, headers) => {
    const tensors = tensorsOf(models(), modelName)
    if (!tensors.ok) return tensors
    const opened = openJsonBody(body, headers, modelName)
    return opened.ok ? readInference(opened.value, tensors.value, headers) : opened
  },
})

function tensorsOf(
  models: readonly OfferedModel[],
  modelName: string,
): Result<TensorTerms, RequestRefusal> {
  const offers = models.filter((model) => model.modelName === modelName)
  if (offers.length === 0) return err({ reason: 'model_not_found', modelId: modelName })
  const tensors = offers.find((offer) => offer.tensors !== undefined)?.tensors
  if (tensors !== undefined) return ok(tensors)
  const offered = [...new Set(offers.flatMap(({ endpoints }) => endpoints ?? usualEndpoints))]
  return err({
    reason: 'endpoint_not_offered',
    modelId: modelName,
    endpoint: 'inference',
    offered,
  })
}

const inputMembers = ['input', 'input_integers'] as const

function readInference(
  { reader, verdict, common }: OpenedBody,
  tensors: TensorTerms,
  headers: IncomingHttpHeaders,
): Result<Asked, RequestRefusal> {
  for (const name of ['model', 'routing', 'attestation', 'user']) reader.raw(name)
  const delivery = readDelivery(common.proof, reader.flag('stream') === true, headers)
  const [input, given] = inputMembers.map((name) => reader.raw(name))
  reader.refuseOthers('it is nothing that an inference takes')
  if (verdict.refusal !== undefined) return err(verdict.refusal)
  if (!delivery.ok) return delivery
  if (input === undefined && given === undefined) {
    return err({ reason: 'missing_required_parameter', param: 'input' })
  }
  if (input !== undefined && given !== undefined) {
    return err({ reason: 'invalid_value', param: 'input', expected: 'none beside input_integers' })
  }
  const integers =
    input === undefined
      ? readIntegers('input_integers', given, tensors.inputs)
      : readTensors('input', input, tensors.inputs)
  if (!integers.ok) return integers
  const request = {
    ...common,
    ...tensorRequest(integers.value, tensors),
    proof: delivery.value,
  }
  const asked = { integers: integers.value, tensors }
  return ok({ request, startDialect: (named) => inferenceDialect(named, asked) })
}

/** All of a request but what names it and its model. */
type TensorRequest = Omit<
  Asked['request'],
  'modelName' | 'preferences' | 'needsSignature' | 'proof' | 'mayBeAudited'
>

/** What a model is asked that takes these integers, once it is known which. */
export function tensorRequest(integers: Int32Array, { outputs }: TensorTerms): TensorRequest {
  const inputCount = integers.length
  const outputCount = valueCountOf(outputs)
  return {
    ...inOnePiece,
    endpoint: 'inference',
    contentType: 'application/octet-stream',
    forwardedBody: Buffer.from(encodeTensor(integers)),
    choiceCount: 1,
    messageCount: 0,
    // Each value counts as one token, and is known to.
    promptBytes: inputCount,
    promptTokensMin: inputCount,
    expected: { perChoiceMax: outputCount, perChoiceLikely: outputCount },
  }
}

/** An answer is no stream; what is told of a proof while it is made is. */
function readDelivery(
  proof: ProofDelivery | undefined,
  stream: boolean,
  { accept }: IncomingHttpHeaders,
): Result<ProofDelivery | undefined, RequestRefusal> {
  if (proof === undefined) {
    const detail = 'an answer comes in one piece; progress is told of a proof (attestation.mode zk)'
    return stream ? err({ reason: 'unsupported_parameter', param: 'stream', detail }) : ok(proof)
  }
  const isFollowed = stream || accept?.includes('text/event-stream') === true
  return ok(isFollowed ? 'follow' : proof)
}
