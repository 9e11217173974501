/*
 * Bounds of an agent before an engine. What it shares with other contributors is in limits.ts. Names end in the unit.
 */

/** Jobs that are remembered one by one; then they go into a filter of two bytes each. */
export const jobsListedMax = 131_072
/** Jobs that were left without a signature and may begin again; beyond it the oldest counts as signed. */
export const jobsLeftMax = 4_096
/** A price that was told a gateway is good for so long. */
export const askBindsMs = 60_000
/** A stream's first checkpoints: who leaves soon has been told something, too. */
export const checkpointsFirstTokens: readonly number[] = [1, 8]
/** After them one is signed after so many tokens, or after so long where some came. */
export const checkpointTokens = 64
export const checkpointPauseMs = 2_000
/** Until an engine's stream begins: a home machine may read a long prompt for minutes, and its gateway decides. */
export const engineFirstByteTimeoutMs = 600_000
/** Between two pieces of it: more than any gateway waits. */
export const engineIdleTimeoutMs = 120_000
/** When who finds the engine full should ask again. */
export const busyRetryAfterS = 1
/** How old what is reported of graphics cards may be, and how long their driver may take to say it. */
export const gpuFactsAgeMaxMs = 4_000
export const gpuAnswerTimeoutMs = 5_000
/** How old what an engine says of its load may be, how long it may take to say it, and how much it may say. */
export const engineLoadAgeMaxMs = 4_000
export const engineLoadAnswerTimeoutMs = 2_000
export const engineLoadBytesMax: number = 4 * 1024 * 1024
/** A stream whose engine is silent has a comment so often: a third of what a gateway waits between two bytes. */
export const streamAwakeMs = 10_000
/** How long what opens a commitment is kept: an audit asks within days. Some fifty bytes a token. */
export const openingDaysKept = 8
/** Of a disk with less room nothing more is taken for openings: the book of jobs, which may not miss one, is on it, too. */
export const openingRoomBytesMin: number = 1024 ** 3
