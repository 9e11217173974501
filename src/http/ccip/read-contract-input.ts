/*
 * The bytes that a contract asks a model with. A contract names a model by its modelId and says nothing else, so that what is
 * asked follows from the model and the bytes: `abi.encode(int256[])` for a provable model, else the JSON of one of the
 * endpoints below. Not a byte may change on the way to the contributor: what it signs is the hash that the contract compares.
 */
import { requestBodyBytesMax } from '../../base/limits.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { decodeTensor } from '../../base/wire-tensor.ts'
import type { Offer } from '../../domain/contributor.ts'
import type { Refusal, RequestRefusal } from '../../domain/refusal.ts'
import type { UnpaidRequest } from '../../domain/request.ts'
import type { TensorTerms } from '../../domain/tensor-terms.ts'
import type { Bytes32 } from '../../domain/units.ts'
import { chatCompletions } from '../chat-completions.ts'
import { completions } from '../completions.ts'
import { embeddings } from '../embeddings.ts'
import { isFields } from '../field-reader.ts'
import { tensorRequest } from '../inference/inference.ts'
import { readIntegers } from '../inference/tensor-json.ts'
import { moderations } from '../moderations.ts'
import { type NamedRequest, requestOf } from '../read-asked.ts'
import { parseStrictJson } from '../strict-json.ts'
import type { Asked, Surface } from '../surface.ts'

export type ContractInput = {
  readonly modelId: Bytes32
  readonly input: Buffer
  /** Everything that is offered, whoever offers it. */
  readonly offers: readonly Offer[]
}

/** What a contract asks; `named.path` is told in records as where it came in. Never with a stream, and for one choice. */
export async function readContractInput(
  asked: ContractInput,
  named: NamedRequest & { readonly path: string },
): Promise<Result<UnpaidRequest, Refusal>> {
  const { modelId, input } = asked
  if (input.length > requestBodyBytesMax) {
    return err({ reason: 'request_too_large', bytesMax: requestBodyBytesMax })
  }
  const offers = asked.offers.filter((offer) => offer.modelId === modelId)
  if (offers.length === 0) return err({ reason: 'model_not_found', modelId })
  const provable = offers.find(({ tensors }) => tensors !== undefined)
  const request =
    provable?.tensors === undefined
      ? await readJson(input, offers)
      : readTensor(input, provable.modelName, provable.tensors)
  return request.ok ? ok(requestOf(request.value, { ...named, body: input })) : request
}

type ReadRequest = Result<Asked['request'], Refusal>

function readTensor(input: Buffer, modelName: string, tensors: TensorTerms): ReadRequest {
  const decoded = decodeTensor(input)
  if (decoded === undefined) {
    const expected = 'abi.encode(int256[]) of 32-bit integers'
    return err({ reason: 'invalid_type', param: 'input', expected })
  }
  const integers = readIntegers('input', [...decoded], tensors.inputs)
  if (!integers.ok) return integers
  const request = { modelName, preferences: undefined, needsSignature: true }
  return ok({ ...request, ...tensorRequest(integers.value, tensors), forwardedBody: input })
}

/** By the member that has what a model reads: no body has two of them. */
const jsonSurfaces: Readonly<Record<string, readonly Surface[]>> = {
  messages: [chatCompletions],
  prompt: [completions],
  input: [embeddings, moderations],
}

async function readJson(input: Buffer, offers: readonly Offer[]): Promise<ReadRequest> {
  const surface = surfaceFor(input, offers)
  if (!surface.ok) return surface
  // No header came with it.
  const asked = await surface.value.read(input, {})
  if (!asked.ok) return asked
  const { request } = asked.value
  const names = new Set(offers.map(({ modelName }) => modelName))
  if (!names.has(request.modelName)) {
    const expected = `the model whose modelId the call names: ${[...names].join(' or ')}`
    return err({ reason: 'invalid_value', param: 'model', expected })
  }
  if (request.stream)
    return oneAnswer('stream', 'false, as a contract takes an answer in one piece')
  if (request.choiceCount !== 1) return oneAnswer('n', '1, as a contract takes one answer')
  if (!request.forwardedBody.equals(input)) return err({ reason: 'input_rewritten' })
  return ok({ ...request, needsSignature: true })
}

const oneAnswer = (param: string, expected: string): Result<never, RequestRefusal> =>
  err({ reason: 'invalid_value', param, expected })

function surfaceFor(input: Buffer, offers: readonly Offer[]): Result<Surface, RequestRefusal> {
  const json = parseStrictJson(input)
  if (!json.ok) return json
  const fields = isFields(json.value) ? json.value : {}
  const member = Object.keys(jsonSurfaces).find((name) => Object.hasOwn(fields, name))
  const [first, ...others] = jsonSurfaces[member ?? ''] ?? []
  if (first === undefined) return err({ reason: 'missing_required_parameter', param: 'messages' })
  const isOffered = ({ path }: Surface): boolean =>
    offers.some(({ endpoints }) => endpoints?.some((endpoint) => path === `/v1/${endpoint}`))
  return ok(others.find((surface) => !isOffered(first) && isOffered(surface)) ?? first)
}
