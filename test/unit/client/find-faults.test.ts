import { describe, expect, test } from 'vitest'
import { checkpointDigest } from '../../../src/chain/checkpoint-typed-data.ts'
import { receiptDomain, workDigest } from '../../../src/chain/receipt-typed-data.ts'
import { signDigest } from '../../../src/chain/signatures.ts'
import type { FaultEvidence } from '../../../src/client/fault-evidence.ts'
import { FaultFinder, type FindingTerms, type Told } from '../../../src/client/find-faults.ts'
import { speaksForItself } from '../../../src/client/find-faults-signers.ts'
import type { ParsedReceipt } from '../../../src/client/parse-receipt-document.ts'
import { atomic, bytes32, noSignature } from '../../../src/domain/units.ts'
import { evidenceOfEachKind } from '../../support/fault-evidence.ts'
import {
  contributorKey,
  gatewayKey,
  place,
  signReceipt,
  testKey,
  work,
} from '../../support/signed-receipt.ts'

const alone: FindingTerms = {
  speaksFor: speaksForItself,
  proves: async () => true,
  withPromises: false,
  withTiers: false,
}

async function find(pile: readonly Told[], terms: Partial<FindingTerms> = {}) {
  const finder = new FaultFinder({ ...alone, ...terms })
  const found: FaultEvidence[] = []
  for (const told of pile) found.push(...(await finder.add(told)))
  return { found, kinds: found.map(({ kind }) => kind), finder }
}

/** As a registry that knows every key speaks. */
const registered: FindingTerms['speaksFor'] = async (statement) => {
  const spoken = await speaksForItself(statement)
  return spoken && { ...spoken, name: 'registered' }
}

const idOf = (n: number) => bytes32(`0x${n.toString(16).padStart(64, '0')}`)

/** The n-th honest receipt of the gateway: a job, numbers and an id of its own. */
const honest = (n: number): ParsedReceipt =>
  signReceipt({
    work: { jobId: idOf(n) },
    receipt: { receiptId: idOf(n), gatewaySeq: n, channelSeq: n },
  })

describe('one dishonest statement', () => {
  const pile = Array.from({ length: 40 }, (_, n) => honest(n + 1))
  const liars: Readonly<Record<string, readonly [Told, string]>> = {
    'a second Work of a job': [
      {
        domain: pile[0]?.domain as ParsedReceipt['domain'],
        work: { ...work, jobId: idOf(7), promptTokens: 2 },
        signature: signDigest(
          workDigest(receiptDomain(place), { ...work, jobId: idOf(7), promptTokens: 2 }),
          contributorKey,
        ),
      },
      'S1',
    ],
    'a second receipt of a number': [
      signReceipt({
        work: { jobId: idOf(99) },
        receipt: { receiptId: idOf(99), gatewaySeq: 12, channelSeq: 99 },
      }),
      'S2',
    ],
    'a second receipt at a place of a channel': [
      signReceipt({
        work: { jobId: idOf(99) },
        receipt: { receiptId: idOf(99), gatewaySeq: 99, channelSeq: 12 },
      }),
      'S2',
    ],
    'an overcharge of one unit': [
      signReceipt({
        work: { jobId: idOf(99) },
        receipt: {
          ...{ receiptId: idOf(99), gatewaySeq: 99, channelSeq: 99 },
          cost: atomic(241n),
        },
      }),
      'S3',
    ],
  }

  test.each(Object.entries(liars))('%s is found wherever it lies', async (_, [lie, kind]) => {
    for (const at of [0, 6, 20, pile.length]) {
      const { found, kinds } = await find([...pile.slice(0, at), lie, ...pile.slice(at)])
      expect(kinds).toEqual([kind])
      expect(found).toHaveLength(1)
    }
  })

  test('and nothing is found without it, however often the pile has each', async () => {
    const { kinds, finder } = await find([...pile, ...pile.toReversed()])
    expect(kinds).toEqual([])
    expect(finder.compared).toBeGreaterThan(pile.length)
  })
})

test('what proves nothing hides nothing: a later pair of the same fault is told', async () => {
  const [, , pair] = evidenceOfEachKind()
  if (pair?.kind !== 'S2') throw new Error('no evidence')
  let asked = 0
  const proves = async () => {
    asked += 1
    return asked > 2
  }
  const { found } = await find([pair, pair, pair], { proves })
  expect(found).toHaveLength(1)
  expect(asked).toBe(3)
})

test('a receipt that holds two checkpoints that contradict each other gives one piece of evidence', async () => {
  const [, checkpoints] = evidenceOfEachKind()
  if (checkpoints === undefined || !('checkpoints' in checkpoints)) throw new Error('no evidence')
  const evidence = { checkpoints: checkpoints.checkpoints, others: {} }
  const receipt = { ...signReceipt(), evidence }
  const { found } = await find([receipt, receipt])
  expect(found).toEqual([checkpoints])
})

test('evidence is told once, and is a pile itself', async () => {
  const all = evidenceOfEachKind()
  const { found } = await find([...all, ...all])
  // The Works and the checkpoints of one job are one fault.
  expect(found.map(({ kind }) => kind)).toEqual(['S1', 'S2', 'S3', 'S4', 'S5', 'S6', 'S7'])
})

test('what is signed by nobody, or by another key, neither proves nor hides anything', async () => {
  const first = honest(3)
  const forged = (key: Parameters<typeof signReceipt>[0]) =>
    signReceipt({
      work: { jobId: idOf(3) },
      receipt: { receiptId: idOf(77), gatewaySeq: 3, channelSeq: 3, tiers: 1 },
      ...key,
    })
  const foreign = forged({ keys: { gateway: testKey('e5'), contributor: contributorKey } })
  const unsigned = { ...foreign, gatewaySignature: noSignature }
  const { kinds, finder } = await find([foreign, unsigned, first])
  expect(kinds).toEqual([])
  expect(finder.unsigned).toBe(1)
  const { kinds: proven } = await find([
    foreign,
    unsigned,
    first,
    forged({ keys: { gateway: gatewayKey, contributor: contributorKey } }),
  ])
  expect(proven).toEqual(['S2'])
})

test('all registered keys of an operator speak for it', async () => {
  const second = testKey('e5')
  const other = signReceipt({
    work: { jobId: idOf(98) },
    receipt: { receiptId: idOf(98), gatewaySeq: 3, channelSeq: 98 },
    keys: { gateway: second, contributor: contributorKey },
  })
  expect((await find([honest(3), other])).kinds).toEqual([])
  const { kinds } = await find([honest(3), other], { speaksFor: registered })
  expect(kinds).toEqual(['S2'])
})

test('a lie of a second key is found behind what a first one said of another book', async () => {
  const second = testKey('e5')
  const keys = { gateway: second, contributor: contributorKey }
  const of = (n: number) =>
    signReceipt({
      work: { jobId: idOf(n) },
      receipt: { receiptId: idOf(n), gatewaySeq: 3, channelSeq: n },
      keys,
    })
  // Of two books: the keys were never together.
  const proves = async (evidence: FaultEvidence) =>
    evidence.kind === 'S2' &&
    new Set(evidence.receipts.map(({ receipt }) => receipt.receiptId)).has(idOf(3)) === false
  const { found } = await find([honest(3), of(98), of(97)], { speaksFor: registered, proves })
  expect(found.map(({ kind }) => kind)).toEqual(['S2'])
})

test('statements for another chain or another verifier contradict nothing here', async () => {
  const { kinds } = await find([
    honest(3),
    signReceipt({ receipt: { gatewaySeq: 3 }, place: { chainId: 1 } }),
  ])
  expect(kinds).toEqual([])
})

test('promises and tiers are found where they are asked for', async () => {
  const promised = signReceipt({ receipt: { anchorBy: work.finishedAt, tiers: 3 | 16 | 64 } })
  expect((await find([promised])).kinds).toEqual([])
  expect((await find([promised], { withPromises: true })).kinds).toEqual(['S4'])
  expect((await find([promised], { withTiers: true })).kinds).toEqual(['S5', 'S5'])
})

test('a checkpoint of another index, and the same one twice, contradict nothing', async () => {
  const [, evidence] = evidenceOfEachKind()
  if (evidence === undefined || !('checkpoints' in evidence)) throw new Error('no evidence')
  const [{ checkpoint, signature }] = evidence.checkpoints
  const next = { ...checkpoint, index: checkpoint.index + 1, completionTokens: 500 }
  const { domain } = evidence
  const pile: readonly Told[] = [
    { domain, checkpoint, signature },
    { domain, checkpoint, signature },
    {
      domain,
      checkpoint: next,
      signature: signDigest(checkpointDigest(receiptDomain(place), next), contributorKey),
    },
  ]
  const { kinds, finder } = await find(pile)
  expect(kinds).toEqual([])
  expect(finder.compared).toBeGreaterThan(1)
})
