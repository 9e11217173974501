/*
 * How every command speaks to a gateway: bounded in time and size, without redirects, and with every answer read field by
 * field, because it comes from the other side of the deal.
 */
import { joinBytes, utf8Text } from '../base/bytes.ts'
import { err, ok, type Result } from '../base/result.ts'
import { findRepeatedKey } from './find-repeated-key.ts'
import { objectReader, type Reader, type ShapeFault, valueReader } from './object-reader.ts'
import { textReader } from './value-readers.ts'

/** Why a gateway did not do what it was asked. */
export type BillingFailure =
  | { readonly reason: 'gateway_unreachable'; readonly detail: string }
  /** Its own error, in OpenAI's shape. */
  | {
      readonly reason: 'gateway_refused'
      readonly status: number
      readonly code: string
      readonly message: string
    }
  | { readonly reason: 'gateway_unintelligible'; readonly path: string; readonly detail: string }

export const describeBillingFailure = (failure: BillingFailure): string => {
  switch (failure.reason) {
    case 'gateway_unreachable':
      return `the gateway cannot be reached (${failure.detail})`
    case 'gateway_refused':
      return `the gateway refused (${failure.status} ${failure.code}): ${failure.message}`
    case 'gateway_unintelligible':
      return `${failure.path} was not answered as a Vouch gateway does: ${failure.detail}`
  }
}

export type Answer<T> = Promise<Result<T, BillingFailure>>

/** A page has a hundred receipts of 3 KB; what is many times larger is no page. */
const answerBytesMax = 4 * 1024 * 1024
const answerTimeoutMs = 120_000

/** `origin`: the gateway's base URL without `/v1`. */
export async function askGateway<T>(
  asked: {
    readonly origin: string
    readonly path: string
    readonly init: RequestInit
    /** Default: the global one. */
    readonly fetch?: typeof fetch | undefined
  },
  reader: Reader<T>,
): Answer<T> {
  const { origin, path, init } = asked
  let status: number
  let text: string
  try {
    const signal = AbortSignal.timeout(answerTimeoutMs)
    const response = await (asked.fetch ?? fetch)(origin + path, {
      ...init,
      signal,
      redirect: 'error',
    })
    status = response.status
    text = await readText(response)
  } catch (error) {
    return err({ reason: 'gateway_unreachable', detail: wordsOf(error) })
  }
  const value = parseJson(text)
  if (value === undefined) return unintelligible(path, 'no JSON, or a key twice')
  if (status !== 200) return refused(path, status, value)
  const faults: ShapeFault[] = []
  const answer = reader(value, { path: '', faults })
  if (answer !== undefined) return ok(answer)
  const [fault] = faults
  return unintelligible(path, `${fault?.path}: expected ${fault?.expected}, got ${fault?.found}`)
}

const errorReader = objectReader<{ readonly error: { readonly message: string } }>(
  { error: objectReader<{ readonly message: string }>({ message: textReader }, 'ignored') },
  'ignored',
)
const codeReader = valueReader('an error with a code', (value) => {
  const error = (value as { readonly error?: { readonly code?: unknown } } | null)?.error
  return typeof error?.code === 'string' ? error.code : undefined
})

function refused(path: string, status: number, value: unknown): Result<never, BillingFailure> {
  const ignored = { path: '', faults: [] }
  const body = errorReader(value, ignored)
  if (body === undefined) return unintelligible(path, `status ${status} without an error`)
  const code = codeReader(value, ignored) ?? 'unknown'
  return err({ reason: 'gateway_refused', status, code, message: body.error.message })
}

const unintelligible = (path: string, detail: string): Result<never, BillingFailure> =>
  err({ reason: 'gateway_unintelligible', path, detail })

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > answerBytesMax) throw new Error('the answer is too long')
    chunks.push(chunk)
  }
  return utf8Text(joinBytes(chunks))
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return findRepeatedKey(text) === undefined ? value : undefined
  } catch {
    return undefined
  }
}

/** fetch hides what happened to the socket in `cause`. */
function wordsOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const { code } = Object(cause) as { readonly code?: unknown }
  if (typeof code === 'string') return code
  return error instanceof Error ? error.message : 'connection failed'
}
