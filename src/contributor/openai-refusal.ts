/**
 * A "no" in the words of the OpenAI API: what goes into the status line, the error body and the
 * headers.
 */
export type OpenAiRefusal = {
  readonly status: 400 | 401 | 402 | 403 | 404 | 405 | 409 | 413 | 429 | 500 | 502 | 503 | 504
  readonly type: 'invalid_request_error' | 'insufficient_quota' | 'rate_limit_error' | 'api_error'
  readonly code: string
  /** The member of the body that is at fault. */
  readonly param: string | null
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The body of a refusal: the four keys that every OpenAI client reads. */
export const errorBody = ({ message, type, param, code }: OpenAiRefusal): string =>
  JSON.stringify({ error: { message, type, param, code } })

const badRequest = (refusal: Pick<OpenAiRefusal, 'code' | 'param' | 'message'>): OpenAiRefusal => ({
  status: 400,
  type: 'invalid_request_error',
  ...refusal,
})

export const invalidJson = (detail: string): OpenAiRefusal =>
  badRequest({
    code: 'invalid_json',
    param: null,
    message: `We could not parse the JSON body of your request: ${detail}.`,
  })

export const missingParameter = (param: string): OpenAiRefusal =>
  badRequest({
    code: 'missing_required_parameter',
    param,
    message: `Missing required parameter: '${param}'.`,
  })

/** `expected` and `got` with their article: `a string`, `an integer`. */
export const invalidType = (wrong: {
  readonly param: string
  readonly expected: string
  readonly got: string
}): OpenAiRefusal =>
  badRequest({
    code: 'invalid_type',
    param: wrong.param,
    message:
      `Invalid type for '${wrong.param}': expected ${wrong.expected}, ` +
      `but got ${wrong.got} instead.`,
  })

export const invalidValue = (wrong: {
  readonly param: string
  readonly expected: string
}): OpenAiRefusal =>
  badRequest({
    code: 'invalid_value',
    param: wrong.param,
    message: `Invalid value for '${wrong.param}': expected ${wrong.expected}.`,
  })

/**
 * The codes of the OpenAI API for a number or an array outside its bounds, such as
 * `integer_below_min_value`.
 */
export const outOfBounds = (wrong: {
  readonly param: string
  readonly code: string
  readonly complaint: string
  readonly expected: string
  readonly got: string
}): OpenAiRefusal =>
  badRequest({
    code: wrong.code,
    param: wrong.param,
    message:
      `Invalid '${wrong.param}': ${wrong.complaint}. ` +
      `Expected ${wrong.expected}, but got ${wrong.got} instead.`,
  })

export const unsupportedParameter = (param: string, detail: string): OpenAiRefusal =>
  badRequest({
    code: 'unsupported_parameter',
    param,
    message: `Unsupported parameter: '${param}' is not supported with this model: ${detail}.`,
  })

export const contextLengthExceeded = (overflow: {
  readonly contextTokensMax: number
  readonly promptTokens: number
}): OpenAiRefusal =>
  badRequest({
    code: 'context_length_exceeded',
    param: 'messages',
    message:
      `This model's maximum context length is ${overflow.contextTokensMax} tokens, ` +
      `one of them for the answer. However, your messages resulted in at least ` +
      `${overflow.promptTokens} tokens. Please reduce the length of the messages.`,
  })

export const modelNotFound = (model: string): OpenAiRefusal => ({
  status: 404,
  type: 'invalid_request_error',
  code: 'model_not_found',
  param: null,
  message: `The model '${model.slice(0, 100)}' does not exist or you do not have access to it.`,
})

export const unknownUrl = (request: {
  readonly method: string
  readonly path: string
}): OpenAiRefusal => ({
  status: 404,
  type: 'invalid_request_error',
  code: 'unknown_url',
  param: null,
  message: `Unknown request URL: ${request.method} ${request.path.slice(0, 200)}.`,
})

export const methodNotAllowed = (request: {
  readonly method: string
  readonly path: string
  readonly allowed: string
}): OpenAiRefusal => ({
  status: 405,
  type: 'invalid_request_error',
  code: 'method_not_allowed',
  param: null,
  message: `Not allowed to ${request.method} on ${request.path}: only ${request.allowed}.`,
  headers: { allow: request.allowed },
})

export const wrongSecret: OpenAiRefusal = {
  status: 401,
  type: 'invalid_request_error',
  code: 'invalid_api_key',
  param: null,
  message: 'Incorrect API key provided: this engine serves the gateway that shares its secret.',
  headers: { 'www-authenticate': 'Bearer' },
}

export const askedByPage: OpenAiRefusal = {
  status: 403,
  type: 'invalid_request_error',
  code: 'asked_by_page',
  param: null,
  message: 'This engine has no secret and answers programs of its own machine, not web pages.',
}

export const requestTooLarge = (bytesMax: number): OpenAiRefusal => ({
  status: 413,
  type: 'invalid_request_error',
  code: 'request_too_large',
  param: null,
  message: `The request body is above the limit of ${bytesMax} bytes.`,
})

/** `retryAfterS`: when a turn is likely to be free. */
export const engineBusy = (retryAfterS: number): OpenAiRefusal => ({
  status: 429,
  type: 'rate_limit_error',
  code: 'engine_busy',
  param: null,
  message:
    'All turns of this engine are taken and its queue is full. ' +
    `Please try again in ${retryAfterS} s.`,
  headers: { 'retry-after': String(retryAfterS) },
})

/** The gateway owes too much: it is to send a voucher, and to ask others until it has one. */
export const creditExhausted = (unpaidAmount: bigint): OpenAiRefusal => ({
  status: 402,
  type: 'insufficient_quota',
  code: 'credit_exhausted',
  param: null,
  message:
    `Work for ${unpaidAmount} atomic units is unpaid. ` +
    'Send a higher voucher in x-vouch-voucher with the next request.',
  headers: { 'x-should-retry': 'false' },
})

export const shuttingDown: OpenAiRefusal = {
  status: 503,
  type: 'api_error',
  code: 'shutting_down',
  param: null,
  message: 'This engine is shutting down.',
  headers: { 'retry-after': '1' },
}

export const internalError: OpenAiRefusal = {
  status: 500,
  type: 'api_error',
  code: 'internal_error',
  param: null,
  message: 'The engine failed on this request. It was not your fault.',
}

/** What is wrong with a job's headers; the param is the header's name. */
export const invalidJobHeader = (header: string, expected: string): OpenAiRefusal =>
  badRequest({
    code: 'invalid_job_header',
    param: header,
    message: `Invalid header '${header}': expected ${expected}.`,
  })

export const jobAlreadySigned = (jobId: string): OpenAiRefusal => ({
  status: 409,
  type: 'invalid_request_error',
  code: 'job_already_signed',
  param: 'x-vouch-job',
  message: `Work for the job ${jobId} is in progress or was signed; a job is answered once.`,
})

/** A job that was never answered here, commits to no tokens, or is too old. */
export const openingNotKept: OpenAiRefusal = {
  status: 404,
  type: 'invalid_request_error',
  code: 'opening_not_kept',
  param: null,
  message: 'Nothing is kept here that opens the commitment of this job of this gateway.',
}

/** It was asked for more within the last minute. */
export const priceTooLow = (header: string): OpenAiRefusal => ({
  status: 409,
  type: 'invalid_request_error',
  code: 'price_too_low',
  param: header,
  message: 'The job pays less than what was last asked. Look at the capacity again.',
})

/** Its promise to answer a job once cannot be kept without a disk. */
export const jobsNotKept: OpenAiRefusal = {
  status: 503,
  type: 'api_error',
  code: 'jobs_not_kept',
  param: null,
  message: 'The list of answered jobs cannot be written: nothing is signed.',
}
