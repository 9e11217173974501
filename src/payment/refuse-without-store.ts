import { err, type Result } from '../base/result.ts'
import { StoreFailure } from '../store/ledger-store.ts'

/** For `catch`: a store that cannot be reached or written is expected and refused; anything else is thrown on. */
export function refuseWithoutStore(
  error: unknown,
): Result<never, { readonly reason: 'store_unavailable' }> {
  if (error instanceof StoreFailure) return err({ reason: 'store_unavailable' })
  throw error
}
