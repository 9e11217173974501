import type { Hex } from '../base/hex.ts'
import { messageOf } from '../base/message-of.ts'
import { err, ok } from '../base/result.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { isHex } from '../domain/units.ts'

/** What wallets and most libraries offer (EIP-1193). */
export type Eip1193Provider = {
  readonly request: (call: {
    readonly method: string
    readonly params?: readonly unknown[]
  }) => Promise<unknown>
}

export const rpcOfProvider = (provider: Eip1193Provider): JsonRpc => ({
  origin: 'the provider',
  async call(method, params) {
    try {
      return ok(await provider.request({ method, params }))
    } catch (error) {
      const { code, data } = Object(error) as { readonly code?: unknown; readonly data?: unknown }
      return err({
        reason: 'chain_error',
        method,
        code: typeof code === 'number' ? code : 0,
        message: messageOf(error),
        data: revertData(data),
      })
    }
  },
})

/** Some providers wrap what a call reverted with. */
function revertData(data: unknown): Hex | undefined {
  if (isHex(data)) return data
  const inner = (Object(data) as { readonly data?: unknown }).data
  return isHex(inner) ? inner : undefined
}
