import { messageOf } from '../base/message-of.ts'
import { StoreFailure } from './ledger-store.ts'

/** A driver's error as a failure of the store: `words` say what it kept from being done. A failure keeps its own words. */
export const asStoreFailure = (words: string, error: unknown): StoreFailure =>
  error instanceof StoreFailure ? error : new StoreFailure(`${words}: ${messageOf(error)}`)
