import type { ContractRefusal } from '../../domain/contract-refusal.ts'
import type { Refusal } from '../../domain/refusal.ts'
import { badRequest, type Described, type ErrorKind, sdkMustNotRetry } from '../described-error.ts'

const reasons: Readonly<Record<ContractRefusal['reason'], true>> = {
  lookups_off: true,
  sender_not_served: true,
  lookup_unreadable: true,
  lookup_uri_too_long: true,
  model_not_verifiable: true,
  input_rewritten: true,
  answer_not_verifiable: true,
  jobs_off: true,
  job_not_found: true,
  job_input_mismatch: true,
  job_input_closed: true,
}

export const isAboutContracts = (refusal: Refusal): refusal is ContractRefusal =>
  Object.hasOwn(reasons, refusal.reason)

const absent: ErrorKind = [404, 'invalid_request_error']

/** The arms of openai-error.ts for what contracts ask. */
export function describeContractRefusal(refusal: ContractRefusal): Described {
  switch (refusal.reason) {
    case 'lookups_off':
      return [absent, 'This gateway answers no offchain lookups of contracts.']
    case 'sender_not_served':
      return [
        [403, 'permission_error'],
        `This gateway answers no offchain lookups of the contract ${refusal.sender}: nobody pays for them here.`,
        { param: 'sender' },
      ]
    case 'lookup_unreadable':
      return [badRequest, `The lookup cannot be read: ${refusal.detail}.`, { param: 'data' }]
    case 'lookup_uri_too_long':
      return [
        [414, 'invalid_request_error'],
        `A lookup in a path has at most ${refusal.bytesMax} bytes of data. Leave {data} out of the URL that the contract names: then clients ask with POST.`,
        { param: 'data' },
      ]
    case 'model_not_verifiable':
      return [
        [503, 'api_error', sdkMustNotRetry],
        `Nobody who offers the model ${refusal.modelId} here signs its work and takes the bytes of a contract as they are.`,
        { param: 'model' },
      ]
    case 'input_rewritten':
      return [
        badRequest,
        'The input has members for the gateway alone, such as routing or attestation. A contributor signs the hash of what it is sent, which would be another than the contract asks for.',
        { param: 'input' },
      ]
    case 'answer_not_verifiable':
      return [
        [502, 'attestation_error', sdkMustNotRetry],
        'The answer that was made is none that the contract could verify.',
      ]
    default:
      return describeJobRefusal(refusal)
  }
}

type JobReason = Extract<ContractRefusal, { readonly reason: `job${string}` }>

function describeJobRefusal(refusal: JobReason): Described {
  switch (refusal.reason) {
    case 'jobs_off':
      return [absent, 'This gateway watches no chain for jobs of contracts.']
    case 'job_not_found':
      return [
        absent,
        'No job of that id is known here: it may not be deep enough in its chain yet, or name another gateway.',
        { param: 'id' },
      ]
    case 'job_input_mismatch':
      return [
        badRequest,
        `These bytes are not what the job asks: their sha256 is ${refusal.given}, and the chain has ${refusal.expected}.`,
        { param: 'input' },
      ]
    case 'job_input_closed':
      return [
        [410, 'invalid_request_error'],
        `The job takes no input: its input is on the chain, or it is over. It is ${refusal.state}.`,
        { param: 'id' },
      ]
  }
}
