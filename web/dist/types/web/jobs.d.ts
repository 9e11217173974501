export { decodeTensor } from '../src/base/wire-tensor.js';
export { jobIdsIn, type LoggedTransaction } from '../src/client/asked-jobs.js';
export { type ChatQuestion, chatInput, completionInput, encodeTensor, } from '../src/client/contract-input.js';
export { type FollowJobOptions, followJob, JobUnanswered, JobUnseen, waitForAnswer, } from '../src/client/follow-job.js';
export { JobContradiction } from '../src/client/job-contradiction.js';
export type { JobAnswered, JobDelivered, JobExpired, JobPlace, JobProgress, JobRequested, } from '../src/client/job-progress.js';
export type { Eip1193Provider } from '../src/client/provider-rpc.js';
