/*
 * What `vouch/jobs` exports: following what a contract asked for. One module for Node and for browsers, since it needs nothing
 * that one of them has not.
 */

export { decodeTensor } from '../src/base/wire-tensor.ts'
export { jobIdsIn, type LoggedTransaction } from '../src/client/asked-jobs.ts'
export {
  type ChatQuestion,
  chatInput,
  completionInput,
  encodeTensor,
} from '../src/client/contract-input.ts'
export {
  type FollowJobOptions,
  followJob,
  JobUnanswered,
  JobUnseen,
  waitForAnswer,
} from '../src/client/follow-job.ts'
export { JobContradiction } from '../src/client/job-contradiction.ts'
export type {
  JobAnswered,
  JobDelivered,
  JobExpired,
  JobPlace,
  JobProgress,
  JobRequested,
} from '../src/client/job-progress.ts'
export type { Eip1193Provider } from '../src/client/provider-rpc.ts'
