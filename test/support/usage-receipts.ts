import { type PrivateKey, parsePrivateKey } from '../../src/chain/private-key.ts'
import {
  hashPriceSheet,
  receiptDigest,
  receiptDomain,
  workDigest,
} from '../../src/chain/receipt-typed-data.ts'
import { signDigest } from '../../src/chain/signatures.ts'
import type { DomainSeparator } from '../../src/chain/typed-data.ts'
import { type PriceSheet, priceRoundedUp } from '../../src/domain/price-sheet.ts'
import { type Receipt, type Work, workStatus } from '../../src/domain/receipt.ts'
import {
  type Address,
  address,
  atomic,
  type Bytes32,
  bytes32,
  noSignature,
  unixSeconds,
  zeroBytes32,
} from '../../src/domain/units.ts'
import type { PricedReceipt } from '../../src/proofs/usage-range.ts'

/** 32 bytes that tell the places apart where they stand. */
export const wordOf = (seed: number): Bytes32 =>
  bytes32(
    `0x${((BigInt(seed + 1) * 0x9e3779b97f4a7c15f39cc0605cedc8341082276bf3a27251f86c6a11d0c18e95n) & (2n ** 256n - 1n)).toString(16).padStart(64, '0')}`,
  )

function keyOf(text: string): PrivateKey {
  const key = parsePrivateKey(text)
  if (key === undefined) throw new Error('a key is in range')
  return key
}

const account = (byte: string): Address => address(`0x${byte.repeat(20)}`)

export const usageDomain: DomainSeparator = receiptDomain({
  chainId: 31_337,
  verifyingContract: account('77'),
})
export const usageGateway: Address = account('66')
export const usageGatewayKey: PrivateKey = keyOf(`0x${'5a'.repeat(32)}`)
export const usageContributors: readonly {
  readonly contributor: Address
  readonly key: PrivateKey
}[] = [
  { contributor: account('c1'), key: keyOf(`0x${'11'.repeat(32)}`) },
  { contributor: account('c2'), key: keyOf(`0x${'22'.repeat(32)}`) },
]
export const usageSheets: readonly PriceSheet[] = [100_000n, 30_001n].map((prompt, index) => ({
  operator: usageGateway,
  modelId: wordOf(900 + index),
  asset: account('dd'),
  promptAtomicPerMtok: atomic(prompt),
  cachedPromptAtomicPerMtok: atomic(prompt / 10n),
  completionAtomicPerMtok: atomic(prompt * 4n),
  validFrom: unixSeconds(1_690_000_000),
  validUntil: unixSeconds(index === 0 ? 0 : 1_800_000_000),
}))

/** What one receipt is, beside its place in the chain; the rest follows from its number. */
export type ReceiptMade = {
  readonly sheet?: PriceSheet
  /** Index into `usageContributors`; undefined: nobody signs. */
  readonly signer?: number | undefined
  readonly discount?: bigint
  readonly work?: Partial<Work>
  readonly receipt?: Partial<Receipt>
}

/** A chain of receipts, each signed by its contributor and by the gateway. */
export function usageReceipts(
  made: readonly ReceiptMade[],
  before: { readonly seq: number; readonly cumulative: bigint; readonly digest: Bytes32 } = {
    seq: 0,
    cumulative: 0n,
    digest: zeroBytes32,
  },
): readonly PricedReceipt[] {
  let { cumulative, digest: prevReceipt } = before
  return made.map((one, index) => {
    const channelSeq = before.seq + index + 1
    const sheet = one.sheet ?? usageSheets[0]
    if (sheet === undefined) throw new Error('there is a sheet')
    const signer = 'signer' in one && one.signer === undefined ? undefined : (one.signer ?? 0)
    const work: Work = {
      jobId: wordOf(channelSeq),
      gateway: usageGateway,
      contributor: usageContributors[signer ?? 0]?.contributor ?? usageGateway,
      modelId: sheet.modelId,
      inputHash: wordOf(100 + channelSeq),
      outputHash: wordOf(200 + channelSeq),
      contentHash: wordOf(300 + channelSeq),
      streamRoot: wordOf(400 + channelSeq),
      promptTokens: 1_000 + 37 * channelSeq,
      cachedPromptTokens: 11 * channelSeq,
      completionTokens: 333 + channelSeq,
      commitment: zeroBytes32,
      startedAt: unixSeconds(1_700_000_000 + 10 * channelSeq),
      finishedAt: unixSeconds(1_700_000_004 + 10 * channelSeq),
      status: workStatus.complete,
      ...one.work,
    }
    const isFree = work.status === workStatus.upstreamFailed || work.completionTokens === 0
    const cost = isFree ? 0n : priceRoundedUp(sheet, work) - (one.discount ?? 0n)
    const receipt: Receipt = {
      work,
      receiptId: wordOf(500 + channelSeq),
      gatewaySeq: 3 * channelSeq,
      client: account('99'),
      requestHash: wordOf(600 + channelSeq),
      responseHash: wordOf(700 + channelSeq),
      channelId: wordOf(42),
      channelSeq,
      cost: atomic(cost),
      cumulative: atomic(cumulative + cost),
      priceHash: hashPriceSheet(sheet),
      prevReceipt,
      tiers: signer === undefined ? 1 : 3,
      evidenceHash: zeroBytes32,
      anchorBy: unixSeconds(1_700_003_600),
      ...one.receipt,
    }
    cumulative = receipt.cumulative
    prevReceipt = receiptDigest(usageDomain, receipt)
    return { ...signed(receipt, signer), priceSheet: sheet }
  })
}

function signed(receipt: Receipt, signer: number | undefined): Omit<PricedReceipt, 'priceSheet'> {
  const key = signer === undefined ? undefined : usageContributors[signer]?.key
  return {
    receipt,
    contributorSignature:
      key === undefined ? noSignature : signDigest(workDigest(usageDomain, receipt.work), key),
    gatewaySignature: signDigest(receiptDigest(usageDomain, receipt), usageGatewayKey),
  }
}
