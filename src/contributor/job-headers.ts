import { err, ok, type Result } from '../base/result.ts'
import {
  type Address,
  address,
  type Bytes32,
  bytes32,
  isAddress,
  isBytes32,
} from '../domain/units.ts'
import { invalidJobHeader, type OpenAiRefusal } from './openai-refusal.ts'

/** What a gateway names in the headers of a request whose answer is to be signed. */
export type Job = { readonly jobId: Bytes32; readonly gateway: Address }

/** Headers as node:http gives them: names in lower case. */
export type RequestHeaders = { readonly [name: string]: string | readonly string[] | undefined }

/**
 * Reads `x-vouch-job`, `x-vouch-gateway` and `x-vouch-model`. Without the first the request is a
 * plain OpenAI one. The model is checked by its id because a name may stand for other weights
 * tomorrow.
 */
export function readJobHeaders(
  headers: RequestHeaders,
  served: {
    readonly modelId: Bytes32
    readonly signsWork: boolean
    /** The gateway that pays; undefined serves any, and requests that name none. */
    readonly paidBy?: Address | undefined
  },
): Result<Job | undefined, OpenAiRefusal> {
  const jobId = headers['x-vouch-job']
  const gateway = headers['x-vouch-gateway']
  const modelId = headers['x-vouch-model']
  const { paidBy } = served
  if (jobId === undefined) {
    // Work that is not signed is not paid: nobody who pays asks for it.
    return paidBy === undefined ? ok(undefined) : err(invalidJobHeader('x-vouch-job', 'a job'))
  }
  if (!served.signsWork) {
    return err(invalidJobHeader('x-vouch-job', 'no job, since this engine has no signing key'))
  }
  if (!isBytes32(jobId)) return err(invalidJobHeader('x-vouch-job', '0x and 64 hex digits'))
  if (!isAddress(gateway)) {
    return err(invalidJobHeader('x-vouch-gateway', '0x and the 40 hex digits of an account'))
  }
  if (paidBy !== undefined && address(gateway) !== paidBy) {
    return err(invalidJobHeader('x-vouch-gateway', `${paidBy}, which agreed to pay`))
  }
  if (!isBytes32(modelId) || bytes32(modelId) !== served.modelId) {
    return err(invalidJobHeader('x-vouch-model', `${served.modelId}, the model that is served`))
  }
  return ok({ jobId: bytes32(jobId), gateway: address(gateway) })
}
