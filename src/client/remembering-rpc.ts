import type { JsonRpc } from '../chain/json-rpc.ts'

type Remembered = { readonly askedAtMs: number; readonly answer: ReturnType<JsonRpc['call']> }

/** Questions that are kept; a verifier asks a dozen that return. */
const callsRememberedMax = 256

/**
 * A node whose answers are good for a while: of two receipts that are verified one after the other most questions are the
 * same (the code of the contracts, the keys of an operator). Failures are asked again at once. `forMs` is how long a key may
 * be taken for registered after it was revoked.
 */
export function rememberingRpc(
  rpc: JsonRpc,
  terms: { readonly forMs: number; readonly nowMs: () => number },
): JsonRpc {
  const remembered = new Map<string, Remembered>()
  const ask = async (key: string, askedAtMs: number, call: () => ReturnType<JsonRpc['call']>) => {
    const answer = call()
    remembered.set(key, { askedAtMs, answer })
    for (const oldest of remembered.keys()) {
      if (remembered.size <= callsRememberedMax) break
      remembered.delete(oldest)
    }
    const result = await answer
    if (!result.ok && remembered.get(key)?.answer === answer) remembered.delete(key)
    return result
  }
  return {
    origin: rpc.origin,
    call: (method, params) => {
      const nowMs = terms.nowMs()
      const key = JSON.stringify([method, params])
      const known = remembered.get(key)
      if (known !== undefined && nowMs - known.askedAtMs < terms.forMs) return known.answer
      return ask(key, nowMs, () => rpc.call(method, params))
    },
  }
}
