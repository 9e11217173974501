import { address, bytes32, isAddress, isBytes32 } from '../domain/units.ts'
import type { Job, RequestHeaders } from './job-headers.ts'

/** GET {openingPrefix}{jobId} with `x-vouch-gateway`: what opens the commitment of a job that this gateway gave. */
export const openingPrefix = '/v1/vouch/openings/'

/** The job whose opening is asked for; undefined where none is named. `path` is without its query. */
export function readAskedOpening(path: string, headers: RequestHeaders): Job | undefined {
  const jobId = path.slice(openingPrefix.length)
  const gateway = headers['x-vouch-gateway']
  return isBytes32(jobId) && isAddress(gateway)
    ? { jobId: bytes32(jobId), gateway: address(gateway) }
    : undefined
}
