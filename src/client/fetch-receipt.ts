/*
 * Fetching the receipt of an answer that has just ended. A gateway of ours has it durable before the last byte leaves, but
 * behind a balancer the one that is asked may see it a moment later, and a client that left early asks before it is made.
 */
import { joinBytes, utf8Text } from '../base/bytes.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Bytes32 } from '../domain/units.ts'
import { receiptDocumentBytesMax } from './parse-receipt-document.ts'

/** Time as verifiedFetch needs it, so that tests can give their own. */
export type FetchClock = {
  readonly nowMs: () => number
  readonly wait: (ms: number) => Promise<void>
  /** Aborts after so long. */
  readonly signalAfter: (ms: number) => AbortSignal
}

export const systemClock: FetchClock = {
  nowMs: Date.now,
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  signalAfter: (ms) => AbortSignal.timeout(ms),
}

export type ReceiptSource = {
  readonly fetch: typeof fetch
  /** Base URL of the API, with its `/v1` and without a slash at the end. */
  readonly api: string
  /** What shows that the receipt is the caller's. */
  readonly headers: () => Headers | Promise<Headers>
  readonly timeoutMs: number
  readonly clock: FetchClock
}

const pauseFirstMs = 25
const pauseLastMs = 1_000
/** Not there yet, being made, or a gateway that is overloaded or restarting. */
const passingStatuses: ReadonlySet<number> = new Set([404, 409, 425, 429, 500, 502, 503, 504])

/** The document's bytes; the error is one sentence for a person. Asks again until `timeoutMs` are over. */
export async function fetchReceipt(
  source: ReceiptSource,
  receiptId: Bytes32,
): Promise<Result<Uint8Array, string>> {
  const { clock, timeoutMs } = source
  const untilMs = clock.nowMs() + timeoutMs
  let pauseMs = pauseFirstMs
  for (;;) {
    const leftMs = untilMs - clock.nowMs()
    const attempt = await attemptOnce(source, { receiptId, leftMs })
    if (attempt.ok || !attempt.error.isPassing) {
      return attempt.ok ? attempt : err(attempt.error.detail)
    }
    if (clock.nowMs() + pauseMs >= untilMs) {
      return err(`${attempt.error.detail}, also after ${timeoutMs} ms`)
    }
    await clock.wait(pauseMs)
    pauseMs = Math.min(2 * pauseMs, pauseLastMs)
  }
}

type Attempt = Result<Uint8Array, { readonly detail: string; readonly isPassing: boolean }>

async function attemptOnce(
  source: ReceiptSource,
  asked: { readonly receiptId: Bytes32; readonly leftMs: number },
): Promise<Attempt> {
  try {
    // A browser's fetch must not be called as a member of anything else.
    const { fetch: ask } = source
    const response = await ask(`${source.api}/receipts/${asked.receiptId}`, {
      headers: await source.headers(),
      signal: source.clock.signalAfter(asked.leftMs),
      // A key is for the gateway that it was given to.
      redirect: 'error',
      cache: 'no-store',
    })
    const { status } = response
    const bytes = await readBounded(response)
    if (status === 200) return ok(bytes)
    const detail = `the gateway answered ${status} for the receipt${codeIn(bytes)}`
    return err({ detail, isPassing: passingStatuses.has(status) })
  } catch (error) {
    const detail = error instanceof Error ? `${error.name}: ${error.message}` : 'no connection'
    return err({ detail: `the receipt could not be fetched (${detail})`, isPassing: true })
  }
}

async function readBounded(response: Response): Promise<Uint8Array> {
  const reader = response.body?.getReader()
  const pieces: Uint8Array[] = []
  let length = 0
  for (;;) {
    const next = await reader?.read()
    if (next === undefined || next.done) return joinBytes(pieces)
    length += next.value.length
    if (length > receiptDocumentBytesMax) {
      await reader?.cancel()
      throw new Error(`it has more than ${receiptDocumentBytesMax} bytes`)
    }
    pieces.push(next.value)
  }
}

/** The gateway's own word for why, where there is one. */
function codeIn(bytes: Uint8Array): string {
  try {
    const { error } = Object(JSON.parse(utf8Text(bytes))) as { readonly error?: unknown }
    const { code } = Object(error) as { readonly code?: unknown }
    return typeof code === 'string' && /^[a-z0-9_]{1,64}$/.test(code) ? ` (${code})` : ''
  } catch {
    return ''
  }
}
