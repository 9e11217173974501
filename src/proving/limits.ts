/*
 * Bounds of the step that has answers proven; those that an operator chooses are keys of `proving` in the configuration. Names end
 * in the unit.
 */

/** How long a process that says nothing is taken to be there. */
export const proofLeaseMs = 15_000
export const proofLeaseRenewalMs = 3_000
/** Jobs of dead processes that are taken over at a time. */
export const proofsTakenMax = 16
/** How often a job is begun in all: one that kills its gateway must not do so for ever. */
export const proofAttemptsMax = 4
/** What is said of a full queue, before anything is known of how long proofs take. */
export const proofRetryAfterS = 5
/** Of the newest proofs each counts for so much in the estimate. */
export const proofEstimateWeightRatio = 0.3
/** Tries to end a job that others change meanwhile. */
export const proofCancelTriesMax = 8
/** How often is looked whether the hold of an earlier owner has ended. */
export const holdLookMs = 500
