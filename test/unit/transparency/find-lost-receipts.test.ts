import { expect, test } from 'vitest'
import { unixSeconds, zeroAddress } from '../../../src/domain/units.ts'
import { openSqliteLog } from '../../../src/store/log-store-sqlite.ts'
import { findLostReceipts } from '../../../src/transparency/find-lost-receipts.ts'
import { formBatch } from '../../../src/transparency/form-batch.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'
import { someDigests } from '../../support/log-batches.ts'

const after =
  (digests: ReturnType<typeof someDigests>) =>
  async ({ afterSeq, limit }: { readonly afterSeq: number; readonly limit: number }) =>
    digests.slice(afterSeq, afterSeq + limit)

test('a ledger that lacks what the log has, or has another one there, is an older copy', async () => {
  const folder = temporaryFolder()
  const store = openSqliteLog(`${folder.path}/log.db`)
  const digests = someDigests(5)
  expect(await findLostReceipts(store, after([]))).toBeUndefined()
  const logged = digests.slice(0, 3)
  const closedAt = unixSeconds(1_800_000_000)
  const head = formBatch({ gateway: zeroAddress, before: undefined, digests: logged, closedAt })
  expect(await store.addBatch(head, logged)).toBe(true)
  expect(await findLostReceipts(store, after(digests))).toBeUndefined()
  expect(await findLostReceipts(store, after(logged))).toBeUndefined()
  expect(await findLostReceipts(store, after(digests.slice(0, 2)))).toBe(
    'the log has receipt 3, and the ledger has not',
  )
  const others = [...digests.slice(0, 2), ...someDigests(3, 'others/')]
  expect(await findLostReceipts(store, after(others))).toBe(
    'receipt 3 is another one in the ledger than in the log',
  )
  await store.close()
  folder.remove()
})
