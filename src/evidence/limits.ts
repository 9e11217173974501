/*
 * Bounds of what is known about evidence. Names end in the unit.
 */

/** How often the chain is asked which keys are bound, and for how long ahead: a few looks may fail. */
export const boundLookMs = 60_000
export const boundAheadS = 300
/** Quotes that are asked of the TEE at once: each takes it milliseconds, and anybody may ask for a report. */
export const teeQuotesAtOnceMax = 4
/** How often an upstream that attests to itself is asked for its report, and for how long one counts. */
export const reportRenewMs = 600_000
export const reportValidS = 3_600
/** Sessions whose evidence is kept: a report has some hundred KB. */
export const sessionsKeptMax = 128
/** Questions for reports that are handed on to upstreams at once: anybody may ask. */
export const reportsAtOnceMax = 4
