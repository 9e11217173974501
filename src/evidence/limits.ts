/*
 * Bounds of what is known about evidence. Names end in the unit.
 */

/** How often the chain is asked which keys are bound, and for how long ahead: a few looks may fail. */
export const boundLookMs = 60_000
export const boundAheadS = 300
/** Quotes that are asked of the TEE at once: each takes it milliseconds, and anybody may ask for a report. */
export const teeQuotesAtOnceMax = 4
