import { expect, test } from 'vitest'
import { collectOpenings } from '../../../src/disclosure/collect-openings.ts'
import { openingsAtOnceMax } from '../../../src/disclosure/limits.ts'
import type { Work } from '../../../src/domain/receipt.ts'
import { bytes32 } from '../../../src/domain/units.ts'
import type { KeptReceipt } from '../../../src/store/ledger-store.ts'
import { openSqliteTranscripts } from '../../../src/store/transcript-store-sqlite.ts'
import { inSqlite } from '../../support/shared-store.ts'
import { documentOf, signReceipt } from '../../support/signed-receipt.ts'
import { answeredInFull, anyReceiptId, vaultOn } from '../../support/transcripts.ts'

const commitment = bytes32(`0x${'4'.repeat(64)}`)

const receiptOf = (
  gatewaySeq: number,
  said: { readonly commits?: boolean; readonly signs?: boolean } = {},
): KeptReceipt => {
  const { commits = true, signs = true } = said
  const receiptId = anyReceiptId()
  const signed = signReceipt({
    work: commits ? { commitment } : {},
    receipt: { receiptId, gatewaySeq, ...(!signs && { tiers: 1 }) },
  })
  const body = JSON.stringify(documentOf(signed))
  const { channelId } = signed.receipt
  return { channelId, receiptId, gatewaySeq, digest: commitment, body }
}

async function collect(
  receipts: readonly KeptReceipt[],
  agreed: readonly number[],
  answer: (work: Work) => string | undefined,
) {
  const place = await inSqlite(openSqliteTranscripts)()
  const store = await place.open()
  const vault = vaultOn(store)
  for (const { gatewaySeq, receiptId } of receipts) {
    if (agreed.includes(gatewaySeq)) vault.keep(answeredInFull(gatewaySeq, { receiptId }))
  }
  await vault.flush()
  const asked: Work[] = []
  let [underWay, most] = [0, 0]
  await collectOpenings(
    {
      receipts: {
        receiptsBySeq: async ({ afterSeq, limit }) =>
          receipts.filter(({ gatewaySeq }) => gatewaySeq > afterSeq).slice(0, limit),
      },
      vault,
      askOpening: async (work) => {
        asked.push(work)
        underWay += 1
        most = Math.max(most, underWay)
        await new Promise(setImmediate)
        underWay -= 1
        return answer(work)
      },
    },
    receipts.map(({ gatewaySeq }) => gatewaySeq),
  )
  const opened = await vault.open(receipts)
  const openings = [...opened].map(([seq, { commitmentOpening }]) => [seq, commitmentOpening])
  await store.close()
  await place.remove()
  return { asked, most, openings }
}

test('is asked of every chosen answer with a commitment, and kept where its caller agreed', async () => {
  const receipts = [
    receiptOf(1),
    receiptOf(2),
    receiptOf(3, { commits: false }),
    receiptOf(4, { signs: false }),
  ]
  const { asked, openings } = await collect(receipts, [1, 3], () => 'what opens it')
  // Of the second nobody agreed, and its contributor cannot tell.
  expect(asked).toHaveLength(2)
  expect(openings).toEqual([
    [1, 'what opens it'],
    [3, undefined],
  ])
})

test('a contributor that says nothing costs nothing else', async () => {
  const { openings } = await collect([receiptOf(1)], [1], () => undefined)
  expect(openings).toEqual([[1, undefined]])
})

test('a receipt that has expired is left alone', async () => {
  const { asked } = await collect([{ ...receiptOf(1), body: undefined }], [], () => 'x')
  expect(asked).toEqual([])
})

test('asks for few at a time', async () => {
  const receipts = Array.from({ length: 11 }, (_, index) => receiptOf(index + 1))
  const { asked, most } = await collect(receipts, [], () => undefined)
  expect(asked).toHaveLength(11)
  expect(most).toBe(openingsAtOnceMax)
})
