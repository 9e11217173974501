/*
 * Bounds of what is known about evidence. Names end in the unit.
 */

/** How often the chain is asked which keys are bound, and for how long ahead: a few looks may fail. */
export const boundLookMs = 60_000
export const boundAheadS = 300
