/*
 * JSON-RPC over HTTP, by hand: ethers' provider retries an absent node for ever and prints about it, and answers with
 * exceptions where we want a reason.
 */
import { chainCallTimeoutMs } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import { isHex } from '../domain/units.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import { postJson } from './post-json.ts'

export type JsonRpc = {
  /** Scheme, host and port, for messages. */
  readonly origin: string
  /** The node's `result`, not yet looked at; null is a result. */
  readonly call: (
    method: string,
    params: readonly unknown[],
  ) => Promise<Result<unknown, ChainFailure>>
}

export function jsonRpc(url: string, timeoutMs: number = chainCallTimeoutMs): JsonRpc {
  const { origin } = new URL(url)
  return {
    origin,
    async call(method, params) {
      let body: string
      try {
        const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
        body = await postJson(url, call, timeoutMs)
      } catch (error) {
        return err(transportFailure(error, { origin, method, timeoutMs }))
      }
      return readAnswer(body, { origin, method })
    },
  }
}

function transportFailure(
  error: unknown,
  call: { readonly origin: string; readonly method: string; readonly timeoutMs: number },
): ChainFailure {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return { reason: 'chain_timeout', ...call }
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const detail = typeof code === 'string' ? code : 'connection failed'
  return { reason: 'chain_unreachable', origin: call.origin, detail }
}

function readAnswer(
  body: string,
  call: { readonly origin: string; readonly method: string },
): Result<unknown, ChainFailure> {
  const bad = (detail: string) => err(badAnswer({ ...call, detail }))
  let answer: unknown
  try {
    answer = JSON.parse(body)
  } catch {
    return bad('no JSON')
  }
  if (!isObject(answer)) return bad('no JSON object')
  if (isObject(answer['error'])) {
    return err({ reason: 'chain_error', method: call.method, ...readError(answer['error']) })
  }
  return 'result' in answer ? ok(answer['result']) : bad('neither result nor error')
}

function readError(
  error: Readonly<Record<string, unknown>>,
): Omit<Extract<ChainFailure, { reason: 'chain_error' }>, 'reason' | 'method'> {
  const { code, message, data } = error
  // Some nodes wrap a revert's data once more.
  const inner = isObject(data) ? data['data'] : data
  return {
    code: typeof code === 'number' ? code : 0,
    message: typeof message === 'string' ? message : 'no message',
    data: isHex(inner) ? inner : undefined,
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
