/*
 * The same receipts, honest and changed in one place, before three judges: the circuit (does a witness exist), TypeScript (is
 * there a statement) and Solidity (digest, price sheet, price, signer).
 */
import { Interface } from 'ethers'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { curveOrder } from '../../src/chain/private-key.ts'
import { receiptDigest } from '../../src/chain/receipt-typed-data.ts'
import type { EmbeddedChain } from '../../src/dev/embedded-chain.ts'
import { workStatus } from '../../src/domain/receipt.ts'
import { atomic, type Signature, unixSeconds, zeroAddress } from '../../src/domain/units.ts'
import { type PricedReceipt, usageRange } from '../../src/proofs/usage-range.ts'
import { noirSource } from '../../src/prover/noir-source.ts'
import { compileSolidity } from '../support/compile-solidity.ts'
import { startChain, temporaryFolder } from '../support/embedded-chain.ts'
import { compiledNoir, type NoirCircuitRun } from '../support/noir-circuit.ts'
import { attempt, rangeOf, usageTerms } from '../support/usage-circuit.ts'
import {
  type ReceiptMade,
  usageDomain,
  usageReceipts,
  usageSheets,
  wordOf,
} from '../support/usage-receipts.ts'

const termsAt = `0x${'7e'.repeat(20)}`
const workType =
  'tuple(bytes32 jobId,address gateway,address contributor,bytes32 modelId,bytes32 inputHash,bytes32 outputHash,' +
  'bytes32 contentHash,bytes32 streamRoot,uint32 promptTokens,uint32 cachedPromptTokens,uint32 completionTokens,' +
  'bytes32 commitment,uint64 startedAt,uint64 finishedAt,uint8 status)'
const terms = new Interface([
  `function judge(tuple(${workType} work,bytes32 receiptId,uint64 gatewaySeq,address client,bytes32 requestHash,` +
    'bytes32 responseHash,bytes32 channelId,uint64 channelSeq,uint128 cost,uint128 cumulative,bytes32 priceHash,' +
    'bytes32 prevReceipt,uint16 tiers,bytes32 evidenceHash,uint64 anchorBy) receipt,' +
    'tuple(address operator,bytes32 modelId,address asset,uint128 promptAtomicPerMtok,' +
    'uint128 cachedPromptAtomicPerMtok,uint128 completionAtomicPerMtok,uint64 validFrom,uint64 validUntil) sheet,' +
    'bytes32 domain,bytes signature) view returns (bytes32 digest,bytes32 priceHash,uint256 price,bool isWellFormed,address signer)',
])

const folder = temporaryFolder()
let chain: EmbeddedChain
let circuit: NoirCircuitRun
beforeAll(async () => {
  chain = await startChain(folder.path)
  const code = compileSolidity('ReceiptTerms.sol')('ReceiptTerms')
  await chain.rpc.call('anvil_setCode', [termsAt, code])
  circuit = await compiledNoir(noirSource('usage-batch', { RECEIPTS: 2 }))
})
afterAll(async () => {
  circuit?.remove()
  await chain?.stop()
  folder.remove()
})

/** What Solidity makes of it: the digest, and whether every rule that one receipt can be held to holds. */
async function onChain({ receipt, contributorSignature, priceSheet }: PricedReceipt): Promise<{
  readonly digest: string
  readonly holds: boolean
}> {
  const domain = `0x${usageDomain.slice(4)}`
  const data = terms.encodeFunctionData('judge', [
    receipt,
    priceSheet,
    domain,
    contributorSignature,
  ])
  const answer = await chain.rpc.call('eth_call', [{ to: termsAt, data }, 'latest'])
  if (!answer.ok) throw new Error(JSON.stringify(answer.error))
  const judged = terms.decodeFunctionResult('judge', String(answer.value))
  const { work } = receipt
  const isFree = work.status === workStatus.upstreamFailed || work.completionTokens === 0
  const price: bigint = isFree ? 0n : judged['price']
  return {
    digest: judged['digest'],
    holds:
      judged['isWellFormed'] &&
      judged['priceHash'] === receipt.priceHash &&
      receipt.cost <= price &&
      priceSheet.modelId === work.modelId &&
      priceSheet.validFrom <= work.finishedAt &&
      work.cachedPromptTokens <= work.promptTokens &&
      (contributorSignature.length === 2 || judged['signer'] !== `0x${'0'.repeat(40)}`),
  }
}

type Change = {
  readonly name: string
  readonly change: (receipt: PricedReceipt) => PricedReceipt
}

const inReceipt =
  (change: (receipt: PricedReceipt['receipt']) => Partial<PricedReceipt['receipt']>) =>
  (one: PricedReceipt): PricedReceipt => ({
    ...one,
    receipt: { ...one.receipt, ...change(one.receipt) },
  })

const highS = (signature: Signature): Signature => {
  const s = curveOrder - BigInt(`0x${signature.slice(66, 130)}`)
  return `${signature.slice(0, 66)}${s.toString(16).padStart(64, '0')}1b` as Signature
}

/** Changes of the second receipt that no judge may take; a signature that fits them no longer stays as it was. */
const changes: readonly Change[] = [
  {
    name: 'one unit too much',
    change: inReceipt(({ cost, cumulative }) => ({
      cost: atomic(cost + 1n),
      cumulative: atomic(cumulative + 1n),
    })),
  },
  {
    name: 'a sum that skips',
    change: inReceipt(({ cumulative }) => ({ cumulative: atomic(cumulative + 1n) })),
  },
  { name: 'another predecessor', change: inReceipt(() => ({ prevReceipt: wordOf(5) })) },
  {
    name: 'another number',
    change: inReceipt(({ channelSeq }) => ({ channelSeq: channelSeq + 1 })),
  },
  { name: 'another channel', change: inReceipt(() => ({ channelId: wordOf(6) })) },
  { name: 'another sheet', change: inReceipt(() => ({ priceHash: wordOf(7) })) },
  {
    name: 'another gateway',
    change: inReceipt(({ work }) => ({ work: { ...work, gateway: zeroAddress } })),
  },
  {
    name: 'another model',
    change: inReceipt(({ work }) => ({ work: { ...work, modelId: wordOf(8) } })),
  },
  {
    name: 'cached beyond the prompt',
    change: inReceipt(({ work }) => ({
      work: { ...work, cachedPromptTokens: work.promptTokens + 1 },
    })),
  },
  {
    name: 'a sheet not in force',
    change: inReceipt(({ work }) => ({
      work: { ...work, finishedAt: unixSeconds(1_600_000_000) },
    })),
  },
  {
    name: 's in the upper half',
    change: (one) => ({ ...one, contributorSignature: highS(one.contributorSignature) }),
  },
  {
    name: 'r of zero',
    change: (one) => ({
      ...one,
      contributorSignature: `0x${'0'.repeat(64)}${one.contributorSignature.slice(66)}` as Signature,
    }),
  },
]

const tokens = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const anyMade: fc.Arbitrary<ReceiptMade> = fc
  .record({
    sheet: fc.constantFrom(...usageSheets),
    signer: fc.constantFrom(0, 1),
    status: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const),
    promptTokens: tokens,
    cached: tokens,
    completionTokens: tokens,
  })
  .map(({ sheet, signer, status, promptTokens, cached, completionTokens }) => ({
    sheet,
    signer,
    work: {
      status,
      promptTokens,
      cachedPromptTokens: cached % (promptTokens + 1),
      completionTokens,
    },
  }))

/** Verdicts of all three on two receipts, of which the second was changed. */
async function verdicts(made: readonly ReceiptMade[], change?: Change['change']) {
  const honest = usageReceipts(made, { seq: 3, cumulative: 1_000n, digest: wordOf(11) })
  const changed = honest.map((one, index) =>
    index === 1 && change !== undefined ? change(one) : one,
  )
  const witness = await circuit.execute(attempt(rangeOf(honest), changed, 2))
  const solidity = await Promise.all(changed.map(onChain))
  expect(solidity.map(({ digest }) => digest)).toEqual(
    changed.map(({ receipt }) => receiptDigest(usageDomain, receipt)),
  )
  return {
    circuit: witness !== undefined,
    typescript: usageRange(changed, usageTerms).ok,
    solidity: solidity.every(({ holds }) => holds),
  }
}

const all = (verdict: boolean) => ({ circuit: verdict, typescript: verdict, solidity: verdict })

test('whatever honest receipts say, all three take them', async () => {
  let taken = 0
  await fc.assert(
    fc.asyncProperty(fc.tuple(anyMade, anyMade), async (made) => {
      expect(await verdicts(made)).toEqual(all(true))
      taken += 1
    }),
    { numRuns: 15, seed: 8 },
  )
  expect(taken).toBe(15)
})

test.each(changes)('$name: neither circuit nor TypeScript takes it', async ({ name, change }) => {
  const made = { sheet: usageSheets[0], signer: 1 } as ReceiptMade
  const judged = await verdicts([made, made], change)
  expect(judged).toMatchObject({ circuit: false, typescript: false })
  // A contract that sees one receipt cannot know its neighbours; all else it refuses as well.
  const seenInOne = !/sum|predecessor|number|channel|gateway/.test(name)
  expect(judged.solidity).toBe(!seenInOne)
})
