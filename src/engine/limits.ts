/*
 * Bounds of the built-in engine; what it shares with whoever stands before it is in contributor/limits.ts and base/limits.ts. Names
 * end in the unit.
 */

/** Answers that are generated at once: rows of one pass. Measured: bench/README.md. */
export const slotsDefaultMax = 16
/** Requests that may wait for their turn; the next one is answered 429 with a retry-after. */
export const requestsWaitingDefaultMax = 64
/** What a refused request is told: a turn is seldom longer. */
export const busyRetryAfterS = 1
/** Stop strings of one request, as the OpenAI API bounds them. */
export const stopStringsMax = 4
/**
 * UTF-16 units of one stop string: what may still become one is held back, so its length is a
 * delay.
 */
export const stopStringLengthMax = 256
/** Tokens of a text completion that does not say, as the OpenAI API has it. */
export const completionTokensUsual = 16
/** Alternatives that are reported for each token, as the OpenAI API bounds them. */
export const topLogprobsMax = 20
/** Messages of one request. Each costs at least two tokens, so a context is full long before. */
export const messagesMax = 2048
/**
 * Tokens of one prefill call. The event loop waits for a call, so this bounds how long
 * (docs/engine.md has the figures).
 */
export const prefillTokensMax = 32
/** Memory for keys and values of beginnings that are kept for reuse, in MiB. */
export const prefixCacheMebibytesDefaultMax = 64
/** Memory of a batch that is kept while nobody generates; larger memory is given back. */
export const idleBatchBytesMax: number = 16 * 1024 * 1024
/** What opens the commitments of signed answers, as text: about fifty bytes a token, so the newest million tokens. */
export const tokensKeptBytesMax: number = 64 * 1024 * 1024
