/**
 * What a contributor is asked, by its path behind the base URL. Other APIs of ours are told in terms of one of these: a
 * request to `/v1/responses` is a chat completion to whoever answers it.
 */
export type Endpoint = (typeof endpoints)[number]

export const endpoints = [
  'chat/completions',
  'completions',
  'embeddings',
  'moderations',
  'images/generations',
  'images/edits',
  'audio/speech',
  'audio/transcriptions',
  'audio/translations',
  'inference',
] as const

/** What an offer serves that does not say. */
export const usualEndpoints: readonly Endpoint[] = ['chat/completions']

/** Where each has what a model reads. */
export const promptParams: Readonly<Record<Endpoint, string>> = {
  'chat/completions': 'messages',
  completions: 'prompt',
  embeddings: 'input',
  moderations: 'input',
  'images/generations': 'prompt',
  'images/edits': 'prompt',
  'audio/speech': 'input',
  'audio/transcriptions': 'file',
  'audio/translations': 'file',
  inference: 'input',
}

/** What answers are counted in: `completionTokens` of a Work is a number of these. */
export type Unit = 'token' | 'vector' | 'result' | 'image' | 'character' | 'second' | 'value'

/** In what the answers of an endpoint may be counted; the first unless an offer says otherwise. */
export const endpointUnits: Readonly<Record<Endpoint, readonly [Unit, ...Unit[]]>> = {
  'chat/completions': ['token'],
  completions: ['token'],
  embeddings: ['vector'],
  moderations: ['result'],
  'images/generations': ['image', 'token'],
  'images/edits': ['image', 'token'],
  'audio/speech': ['character'],
  'audio/transcriptions': ['second', 'token'],
  'audio/translations': ['second', 'token'],
  inference: ['value'],
}

/** What an offer's answers at an endpoint are counted in. */
export function unitAt(endpoint: Endpoint, offered: Unit | undefined): Unit {
  const units = endpointUnits[endpoint]
  return offered !== undefined && units.includes(offered) ? offered : units[0]
}
