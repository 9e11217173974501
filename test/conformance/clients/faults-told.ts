/*
 * What an upstream does wrong, and what a client's user must then read in the error of the client's own library.
 */
import {
  answerStatus,
  chunk,
  completion,
  roleEvent as role,
  type Script,
  sse,
  streamBytes,
} from '../../support/scripted-upstream.ts'
import type { ChatLibrary, ExpectedError } from './chat-client.ts'

export type ClientFault = ExpectedError & {
  /** Also the name of the model that fails so. */
  readonly name: string
  readonly script: Script
  readonly asked: readonly ('whole' | 'streamed')[]
  /** Libraries ask again by the status, and some of them listen to `x-should-retry`. */
  readonly askedAgain: 'by all' | 'by who ignores x-should-retry' | 'by nobody'
  /** It may pass in a moment: the gateway itself asks its only contributor once more, while that one is well otherwise. */
  readonly mayPass?: true
}

/** What no caller may ever read. */
export const spilt = 'sk-upstream-key-and-PROMPT'

const error = (fields: Readonly<Record<string, unknown>>) =>
  JSON.stringify({ error: { message: spilt, ...fields } })
const html = { 'content-type': 'text/html' }
const word = sse(chunk({ content: 'half ' }))
const both = ['whole', 'streamed'] as const

/** The upstream's own failure: another try may be luckier. */
const theirs = { asked: both, askedAgain: 'by all' } as const
const unavailable = {
  ...theirs,
  status: 503,
  code: 'upstream_unavailable',
  message: /The contributor failed with status \d+\./,
  openaiClass: 'InternalServerError',
} as const
const unusable = {
  ...theirs,
  status: 502,
  code: 'upstream_bad_response',
  message: /not the OpenAI format/,
  openaiClass: 'InternalServerError',
} as const
const unreachable = {
  ...theirs,
  status: 502,
  openaiClass: 'InternalServerError',
} as const
/** Our standing with the upstream: nothing that the caller could mend. */
const credentials = {
  asked: both,
  status: 502,
  code: 'upstream_credentials_exhausted',
  message: /own credentials/,
  openaiClass: 'InternalServerError',
  askedAgain: 'by who ignores x-should-retry',
} as const
/** The caller's own mistake. */
const rejected = {
  asked: both,
  status: 400,
  code: 'upstream_rejected',
  message: /rejected the request/,
  openaiClass: 'BadRequestError',
  askedAgain: 'by nobody',
} as const
/** After the first word: the library has the word and raises, and asks for nothing again. */
const broken = {
  asked: ['streamed'],
  status: undefined,
  code: 'upstream_stream_interrupted',
  message: /cut the stream/,
  openaiClass: 'APIError',
  askedAgain: 'by nobody',
} as const

export const clientFaults: readonly ClientFault[] = [
  {
    ...theirs,
    name: 'busy',
    script: answerStatus(429, error({}), { 'retry-after': '0' }),
    status: 429,
    code: 'capacity_exhausted',
    message: /at their limits/,
    openaiClass: 'RateLimitError',
  },
  { ...unavailable, name: 'overloaded', script: answerStatus(503, error({ code: 'overloaded' })) },
  {
    ...unavailable,
    name: 'failing in HTML',
    mayPass: true,
    script: answerStatus(500, `<h1>${spilt}</h1>`, html),
  },
  { ...unavailable, name: 'failing in silence', script: answerStatus(502, '') },
  { ...credentials, name: 'refusing our key', script: answerStatus(401, error({})) },
  { ...credentials, name: 'wanting money', script: answerStatus(402, error({})) },
  { ...credentials, name: 'forbidding', script: answerStatus(403, spilt) },
  { ...unusable, name: 'not knowing the model', script: answerStatus(404, error({})) },
  { ...unusable, name: 'conflicted', script: answerStatus(409, error({})) },
  { ...unusable, name: 'speaking HTML', script: answerStatus(200, `<p>${spilt}</p>`, html) },
  {
    ...unusable,
    name: 'speaking nonsense',
    script: (request, response) =>
      request.json['stream'] === true
        ? streamBytes([`data: {${spilt}\n\n`])(request, response)
        : answerStatus(200, `{${spilt}`)(request, response),
  },
  {
    ...unreachable,
    name: 'hanging up',
    mayPass: true,
    code: 'upstream_connection_error',
    message: /could not be reached/,
    script: (_request, response) => {
      response.socket?.destroy()
    },
  },
  {
    ...unreachable,
    name: 'cut short',
    code: 'upstream_stream_interrupted',
    message: /cut the stream/,
    script: (request, response) => {
      if (request.json['stream'] === true) return streamBytes([role], 'cut')(request, response)
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write(JSON.stringify(completion(spilt)).slice(0, 60), () => response.destroy())
    },
  },
  {
    ...unavailable,
    name: 'failing in its first event',
    mayPass: true,
    asked: ['streamed'],
    script: streamBytes([role, `data: ${error({})}\n\n`]),
  },
  {
    ...rejected,
    name: 'finding the prompt too long',
    script: answerStatus(400, error({ code: 'context_length_exceeded' })),
    code: 'context_length_exceeded',
    message: /maximum context length is 4096 tokens/,
  },
  {
    ...rejected,
    name: 'finding the prompt indecent',
    script: answerStatus(400, error({ code: 'content_policy_violation' })),
    code: 'content_policy_violation',
  },
  { ...rejected, name: 'rejecting with 422', script: answerStatus(422, spilt) },
  { ...rejected, name: 'rejecting with 413', script: answerStatus(413, '') },
  { ...broken, name: 'cut after a word', script: streamBytes([role, word], 'cut') },
  { ...broken, name: 'ending after a word', script: streamBytes([role, word]) },
  {
    ...broken,
    name: 'failing after a word',
    script: streamBytes([role, word, `data: ${error({})}\n\n`], 'hang'),
    code: 'upstream_unavailable',
    message: /The contributor failed/,
  },
  {
    ...broken,
    name: 'speaking nonsense after a word',
    script: streamBytes([role, word, `data: {${spilt}\n\n`], 'hang'),
    code: 'upstream_bad_response',
    message: /not the OpenAI format/,
  },
]

/**
 * One fault is left to the library's own defaults; elsewhere it may ask once more, because the pauses before it does are
 * its own and long.
 */
export const retriesFor = ({ name }: ClientFault, { retriesByDefault }: ChatLibrary) =>
  name === 'busy' && retriesByDefault !== undefined
    ? { configured: {}, retries: retriesByDefault }
    : { configured: { maxRetries: 1 }, retries: 1 }

/** How often the library asks for an answer that always fails so. */
export function asksOf(fault: ClientFault, library: ChatLibrary): number {
  const { askedAgain } = fault
  if (askedAgain === 'by nobody') return 1
  if (askedAgain === 'by who ignores x-should-retry' && library.heedsShouldRetry) return 1
  return 1 + retriesFor(fault, library).retries
}
