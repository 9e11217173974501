/** Seconds of a job's time that must be left when it is taken: to answer it, and for a block to take its delivery. */
export const answerTimeMinS = 20
/** Jobs that one process goes on with at the same time. */
export const jobsAtOnceMax = 16
/** How long a process that says nothing more keeps its jobs, and how often it says that it is there. */
export const jobLeaseMs = 20_000
export const jobLeaseRenewalMs = 5_000
/** Between two looks at a job that waits: the first pause, doubling with its failures to the last. */
export const jobPauseFirstMs = 1_000
export const jobPauseLastMs = 30_000
/**
 * Between two looks at a job whose input is not here: giving it wakes it. Anybody may ask for nothing and give none, so that
 * they are looked at seldom; at the end of their time sooner.
 */
export const inputPauseMs = 600_000
export const inputPauseLeastMs = 10_000
/** Times that nobody answered, or not so that a contract could be given it; then it has failed. */
export const jobFailuresMax = 20
/** Looks at one source in a row while it is behind. */
export const looksInRowMax = 50
/** Jobs that ended newest, of which is looked what could be done for their consumers. */
export const choreJobsKept = 100
/** Between two looks at what nobody pays for, doubling from the first to the last. */
export const chorePauseFirstMs = 60_000
export const chorePauseLastMs = 21_600_000
/** A transaction that nobody pays for is given up after so long. */
export const choreTimeS = 3_600
/** Until a job is looked at again whose chain the configuration does not name. */
export const unservedPauseMs = 3_600_000
/** Schedules whose run is due that one look goes on with: a look at the chain's blocks waits for them. */
export const dueRunsAtOnceMax = 64
