/*
 * Every bound of the router in one place, besides those of base/limits.ts. Names end in the unit.
 */

/** Requests of one model that wait for a contributor with room, of all callers together. */
export const queuedPerModelMax = 1_024
/** …and of one caller: what one burst can take of the queue. */
export const queuedPerCallerMax = 128
/** How long a request waits for room before it is refused with the time after which to come again. */
export const queueDeadlineMs = 10_000
/** Blocks of all prompts whose owner is remembered. */
export const prefixBlocksMax = 65_536
/** Bytes of a prompt's beginning that are hashed: a longer common prefix tells no more about who has it cached. */
export const prefixBytesMax: number = 128 * 1024
export const prefixBlockBytes = 512
/** Nobody knows when one of the requests in flight ends; who finds a contributor full of them comes again after this. */
export const placeRetryMs = 1_000
