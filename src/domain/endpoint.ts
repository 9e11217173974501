/**
 * What a contributor is asked, by its path behind the base URL. Other APIs of ours are told in terms of one of these: a
 * request to `/v1/responses` is a chat completion to whoever answers it.
 */
export type Endpoint = 'chat/completions' | 'completions'

/** What an offer serves that does not say. */
export const usualEndpoints: readonly Endpoint[] = ['chat/completions']
