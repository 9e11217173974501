import { lastSeqOf } from '../domain/log-head.ts'
import type { LogStore } from '../store/log-store.ts'
import type { DigestsAfter } from './close-batches.ts'

/**
 * What the log has that the ledger has not, as a sentence; undefined where they agree. A receipt is durable before it comes
 * into the log, so a ledger that lacks one is an older copy, and would give its number out again. Throws StoreFailure.
 */
export async function findLostReceipts(
  store: Pick<LogStore, 'length' | 'batches' | 'digests'>,
  digestsAfter: DigestsAfter,
): Promise<string | undefined> {
  const { batches } = await store.length()
  if (batches === 0) return undefined
  const [newest] = await store.batches({ from: batches - 1, limit: 1 })
  if (newest === undefined) return undefined
  const lastSeq = lastSeqOf(newest.head)
  const logged = (await store.digests(newest.head.batch))?.at(-1)
  const [kept] = await digestsAfter({ afterSeq: lastSeq - 1, limit: 1 })
  if (kept === logged) return undefined
  return kept === undefined
    ? `the log has receipt ${lastSeq}, and the ledger has not`
    : `receipt ${lastSeq} is another one in the ledger than in the log`
}
