/*
 * Honest parties are not slashed by any evidence that can be made of what they ever signed. Their histories are made by the code
 * that signs for them (support/honest-history.ts), on both ledgers, with replicas, crashes, jobs that are asked for again and
 * prices that change. Then every statement is set against every other under the same number, receipts against every price
 * sheet, and statements are changed, mixed and given each other's signatures. The contracts themselves judge on a real chain.
 *
 * One dishonest act in such a history is found, and taken by the contracts: what is tried here is not in vain.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkpointDigest } from '../../src/chain/checkpoint-typed-data.ts'
import { keccak256Hex } from '../../src/chain/keccak.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { receiptDigest, workDigest } from '../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey, recoverSigner, signDigest } from '../../src/chain/signatures.ts'
import { simulateCall } from '../../src/chain/simulate-call.ts'
import { merkleTree, rootOf, siblingsOf } from '../../src/chain/sorted-merkle-tree.ts'
import type { Sender } from '../../src/chain/transactions.ts'
import { hashWord } from '../../src/chain/typed-data.ts'
import { faultCall } from '../../src/client/fault-call.ts'
import type { FaultEvidence } from '../../src/client/fault-evidence.ts'
import { type FaultFacts, readFaultFacts } from '../../src/client/fault-facts.ts'
import { accusedOf, statementsOf } from '../../src/client/fault-statements.ts'
import { judgeFault } from '../../src/client/fault-verdict.ts'
import { FaultFinder, type Told } from '../../src/client/find-faults.ts'
import { speaksByRegistry } from '../../src/client/find-faults-signers.ts'
import {
  atomic,
  type Bytes32,
  bytes32,
  type Signature,
  unixSeconds,
} from '../../src/domain/units.ts'
import { expectOk } from '../support/dev-chain.ts'
import { type HonestHistory, honestHistory } from '../support/honest-history.ts'
import { seededRandom } from '../support/seeded-random.ts'
import {
  type SlashingParty,
  type SlashingPlace,
  startSlashingPlace,
} from '../support/slashing-place.ts'
import { storeKinds } from '../support/store-places.ts'

let at: SlashingPlace
let gateway: SlashingParty
let contributor: SlashingParty
let reporter: Sender
const stepsOf = { SQLite: 90, Redis: 60 } as const
/** Judged by the contracts; the others by the verdict that is held to theirs, refusal by refusal. */
const simulatedMax = 200
const seed = 20_261_122

beforeAll(async () => {
  at = await startSlashingPlace()
  gateway = await at.newParty('gateway')
  contributor = await at.newParty('contributor')
  reporter = (await at.newAccount(100n)).sender
  await at.send(reporter, at.asset, 'approve', at.contracts.panel.address, 100_000_000)
}, 60_000)
afterAll(() => at?.stop())

const head = () => {
  const domain = { name: 'Vouch Receipts', version: '1', ...at.place }
  return { object: 'vouch.fault', domain } as const
}

/** Every pair under one number, every receipt with every price sheet and for every tier. */
function* pairsOf(history: HonestHistory): Generator<FaultEvidence> {
  const { works, checkpoints, receipts, sheets } = history
  for (const [i, one] of works.entries()) {
    for (const other of works.slice(i)) yield { ...head(), kind: 'S1', works: [one, other] }
  }
  for (const [i, one] of checkpoints.entries()) {
    for (const other of checkpoints.slice(i, i + 6)) {
      yield { ...head(), kind: 'S1', checkpoints: [one, other] }
    }
  }
  for (const [i, one] of receipts.entries()) {
    for (const other of receipts.slice(i)) yield { ...head(), kind: 'S2', receipts: [one, other] }
    for (const priceSheet of sheets) yield { ...head(), kind: 'S3', ...one, priceSheet }
    for (const tier of [1, 2, 16, 64]) yield { ...head(), kind: 'S5', ...one, tier }
    yield { ...head(), kind: 'S4', ...one }
  }
}

/** What a liar makes of it: numbers made equal, members changed, signatures swapped or made anew with keys of its own. */
function* forgeriesOf(history: HonestHistory, count: number): Generator<FaultEvidence> {
  const random = seededRandom(seed)
  const { works, checkpoints, receipts, sheets } = history
  const anyOf = <T>(list: readonly T[]): T => list[random(list.length)] as T
  const own = bytes32(`0x${'77'.repeat(32)}`)
  const resigned = (digest: Bytes32, honest: Signature): Signature => {
    const dice = random(4)
    if (dice === 0) return signDigest(digest, own as never)
    if (dice === 1) return anyOf(receipts).gatewaySignature
    return dice === 2 ? anyOf(works).signature : honest
  }
  for (let i = 0; i < count; i += 1) {
    const [one, other] = [anyOf(works), anyOf(works)]
    const { jobId } = one.work
    const moved = { ...other.work, jobId, promptTokens: random(2_000) }
    const signature = resigned(workDigest(at.domain, moved), other.signature)
    yield { ...head(), kind: 'S1', works: [one, { work: moved, signature }] }
    const [mark, next] = [anyOf(checkpoints), anyOf(checkpoints)]
    const { jobId: of, index } = mark.checkpoint
    const shifted = { ...next.checkpoint, jobId: of, index, completionTokens: random(900) }
    const byWhom = resigned(checkpointDigest(at.domain, shifted), next.signature)
    yield {
      ...head(),
      kind: 'S1',
      checkpoints: [mark, { checkpoint: shifted, signature: byWhom }],
    }
    const [first, second] = [anyOf(receipts), anyOf(receipts)]
    const { gatewaySeq, channelId, channelSeq } = first.receipt
    const changed = [
      { ...second.receipt, gatewaySeq },
      { ...second.receipt, channelId, channelSeq },
      { ...first.receipt, cost: atomic(first.receipt.cost + 1n) },
      { ...first.receipt, work: { ...first.receipt.work, promptTokens: 0, completionTokens: 0 } },
      { ...first.receipt, tiers: 3 | 16 },
    ]
    const receipt = anyOf(changed)
    const digest = receiptDigest(at.domain, receipt)
    const forged = { receipt, gatewaySignature: resigned(digest, second.gatewaySignature) }
    yield { ...head(), kind: 'S2', receipts: [first, forged] }
    yield { ...head(), kind: 'S3', ...forged, priceSheet: anyOf(sheets) }
    yield { ...head(), kind: 'S5', ...forged, tier: 16 }
  }
}

/** As `readFaultFacts` reads them, from what the test knows: thousands are judged. */
function factsOf(evidence: FaultEvidence, base: FaultFacts): FaultFacts {
  const keys = {
    gateway: [gateway.operator.address, gateway.signingAddress],
    contributor: [contributor.operator.address, contributor.signingAddress],
  } as const
  const signed = statementsOf(evidence, at.place).map(
    ({ role, operator, digest, signature, atS }) => {
      const [account, key] = keys[role]
      return operator === account && recoverSigner(digest, signature) === key && atS >= at.startS
    },
  )
  return { ...base, accused: accusedOf(evidence) ?? base.accused, signed }
}

async function contractTakes(evidence: FaultEvidence): Promise<boolean> {
  const call = { ...faultCall(evidence, at.contracts), from: reporter.address }
  const failure = await simulateCall(at.rpc, call)
  if (failure === undefined || failure.reason === 'reverted') return failure === undefined
  throw new Error(JSON.stringify(failure))
}

/** What the history proves, by the registries of the chain and the contracts. */
async function find(pile: readonly Told[]): Promise<readonly FaultEvidence[]> {
  const finder = new FaultFinder({
    speaksFor: speaksByRegistry(at.rpc, at.contracts, (failure) => {
      throw new Error(failure.reason)
    }),
    proves: contractTakes,
    withPromises: false,
    withTiers: true,
  })
  const found: FaultEvidence[] = []
  for (const told of pile) found.push(...(await finder.add(told)))
  expect(finder.compared).toBeGreaterThan(pile.length / 2)
  return found
}

const pileOf = ({ receipts, works, checkpoints }: HonestHistory): readonly Told[] => {
  const { domain } = head()
  return [
    ...receipts,
    ...works.map((one) => ({ ...one, domain })),
    ...checkpoints.map((one) => ({ ...one, domain })),
  ]
}

describe.each(storeKinds())('on $name', (kind) => {
  let history: HonestHistory
  const steps = stepsOf[kind.name as keyof typeof stepsOf]

  beforeAll(async () => {
    await kind.begin()
    gateway = await at.newParty('gateway')
    contributor = await at.newParty('contributor')
    history = await honestHistory({ at, gateway, contributor }, kind, { seed, steps })
    await at.wait(60)
  }, 60_000)
  afterAll(() => kind.end())

  test('a history has everything that happens to honest parties', () => {
    const happened = [
      'without a Work',
      'metered reported',
      'metered corrected',
      'cut',
      'asked again',
      'refused by the book of jobs',
      'contributor restarted',
      'power cut',
      'recovered',
      'reissued',
    ]
    expect(happened.filter((what) => !history.done.has(what))).toEqual([])
    expect(history.works.length).toBeGreaterThan(steps / 3)
    expect(history.checkpoints.length).toBeGreaterThan(steps)
  })

  test('no pair, no mixture and no forgery of it is evidence', async () => {
    const [first] = history.receipts
    if (first === undefined) throw new Error('there are receipts')
    const sample = { ...head(), kind: 'S2', receipts: [first, first] } as const
    const base = expectOk(await readFaultFacts(at.rpc, at.contracts, sample, at.place))
    const tried = new Map<string, number>()
    const signedOnes: FaultEvidence[] = []
    for (const evidence of [...pairsOf(history), ...forgeriesOf(history, 200)]) {
      const verdict = judgeFault(evidence, factsOf(evidence, base))
      expect([verdict.ok, verdict.ok && evidence]).toEqual([false, false])
      const reason = verdict.ok ? 'accepted' : verdict.error.reason
      tried.set(reason, (tried.get(reason) ?? 0) + 1)
      if (!verdict.ok && reason !== 'EvidenceUnrelated') signedOnes.push(evidence)
    }
    // Spread over all of it, and those that come nearest: related statements.
    const stride = Math.max(1, Math.floor(signedOnes.length / simulatedMax))
    let simulated = 0
    for (let i = 0; i < signedOnes.length; i += stride) {
      const evidence = signedOnes[i] as FaultEvidence
      expect([await contractTakes(evidence), evidence.kind]).toEqual([false, evidence.kind])
      simulated += 1
    }
    expect(simulated).toBeGreaterThanOrEqual(Math.min(simulatedMax, signedOnes.length))
    const reasons = ['EvidenceUnrelated', 'NoContradiction', 'EvidenceNotSigned', 'NoOvercharge']
    expect(reasons.filter((reason) => (tried.get(reason) ?? 0) < 50)).toEqual([])
    expect([...tried.values()].reduce((a, b) => a + b)).toBeGreaterThan(3_000)
  }, 120_000)

  test('and nothing is found in it', async () => {
    expect(await find(pileOf(history))).toEqual([])
  }, 60_000)

  test('one dishonest act in it is found, whichever it is', async () => {
    const { works, checkpoints, receipts } = history
    const { domain } = head()
    const at0 = <T>(list: readonly T[]): T => list[Math.floor(list.length / 2)] as T
    const byContributor = (digest: Bytes32) => signDigest(digest, contributor.signingKey)
    const work = { ...at0(works).work, promptTokens: 1_999 }
    const mark = { ...at0(checkpoints).checkpoint, completionTokens: 1_999 }
    const honest = at0(receipts)
    const lied = (changes: Partial<typeof honest.receipt>): Told => {
      const receipt = { ...honest.receipt, ...changes }
      const digest = receiptDigest(at.domain, receipt)
      return { ...honest, receipt, gatewaySignature: signDigest(digest, gateway.signingKey) }
    }
    const id = bytes32(`0x${'99'.repeat(32)}`)
    const elsewhere = { receiptId: id, gatewaySeq: 9_000, channelSeq: 9_000 }
    const acts: readonly (readonly [string, Told])[] = [
      ['S1', { domain, work, signature: byContributor(workDigest(at.domain, work)) }],
      [
        'S1',
        { domain, checkpoint: mark, signature: byContributor(checkpointDigest(at.domain, mark)) },
      ],
      ['S2', lied({ ...elsewhere, gatewaySeq: honest.receipt.gatewaySeq })],
      ['S2', lied({ ...elsewhere, channelSeq: honest.receipt.channelSeq })],
      ['S3', lied({ ...elsewhere, cost: atomic(honest.receipt.cost + 10n ** 9n) })],
      ['S5', lied({ ...elsewhere, tiers: 3 | 16 })],
    ]
    const pile = pileOf(history)
    for (const [i, [kindOfFault, act]] of acts.entries()) {
      const place = Math.floor((pile.length * i) / acts.length)
      const found = await find([...pile.slice(0, place), act, ...pile.slice(place)])
      expect(found.map(({ kind: told }) => told)).toEqual([kindOfFault])
    }
  }, 120_000)
})

test('operators that lost their books begin anew with other keys, and contradict nothing', async () => {
  const [kind] = storeKinds()
  if (kind === undefined) throw new Error('there are stores')
  await kind.begin()
  gateway = await at.newParty('gateway')
  contributor = await at.newParty('contributor')
  const terms = { seed, steps: 25 }
  const before = await honestHistory({ at, gateway, contributor }, kind, terms)
  await at.wait(60)
  gateway = await withAnotherKey(gateway, 'gateways')
  contributor = await withAnotherKey(contributor, 'contributors')
  await at.wait(60)
  // The same numbers and jobs once more, by a ledger and a book of jobs that know of none.
  const after = await honestHistory({ at, gateway, contributor }, kind, terms)
  await kind.end()
  const pairs: FaultEvidence[] = []
  for (const one of before.works) {
    const again = after.works.filter(({ work }) => work.jobId === one.work.jobId)
    for (const other of again) pairs.push({ ...head(), kind: 'S1', works: [one, other] })
  }
  for (const one of before.receipts) {
    const { gatewaySeq } = one.receipt
    const again = after.receipts.filter(({ receipt }) => receipt.gatewaySeq === gatewaySeq)
    for (const other of again) pairs.push({ ...head(), kind: 'S2', receipts: [one, other] })
  }
  expect(new Set(pairs.map(({ kind: told }) => told)).size).toBe(2)
  expect(pairs.length).toBeGreaterThan(20)
  for (const evidence of pairs) expect(await contractTakes(evidence)).toBe(false)
  expect(await find([...pileOf(before), ...pileOf(after)])).toEqual([])
}, 120_000)

/** Revokes its key; another counts from then on. */
async function withAnotherKey(
  party: SlashingParty,
  role: 'contributors' | 'gateways',
): Promise<SlashingParty> {
  const registry = at.contracts[role]
  await at.send(party.operator, registry, 'revokeSigningKey', party.signingAddress)
  const signingKey = randomPrivateKey()
  const signingAddress = addressOfPrivateKey(signingKey)
  const activeFrom = await at.nowS()
  await at.send(party.operator, registry, 'addSigningKey', signingAddress, activeFrom)
  return { ...party, signingKey, signingAddress }
}

test('a gateway that anchors what it promised answers every challenge, and none can be concluded', async () => {
  const [kind] = storeKinds()
  if (kind === undefined) throw new Error('there are stores')
  await kind.begin()
  gateway = await at.newParty('gateway')
  contributor = await at.newParty('contributor')
  const { receipts } = await honestHistory({ at, gateway, contributor }, kind, { seed, steps: 12 })
  await kind.end()
  const digests = [...new Set(receipts.map(({ receipt }) => receiptDigest(at.domain, receipt)))]
  const tree = merkleTree(digests.map((digest) => keccak256Hex(hashWord(digest))))
  const { receiptAnchor, inclusion } = at.contracts
  const root = rootOf(tree)
  await at.send(gateway.operator, receiptAnchor, 'anchor', root, digests.length, 0)
  await at.wait(3_700)
  let challenged = 0
  for (const [i, digest] of digests.entries()) {
    const told = receipts.find(({ receipt }) => receiptDigest(at.domain, receipt) === digest)
    if (told === undefined) throw new Error('each digest is of a receipt')
    expect(told.receipt.anchorBy).toBeGreaterThan(unixSeconds(0))
    await at.send(reporter, inclusion, 'challenge', told.receipt, told.gatewaySignature)
    await at.send(reporter, inclusion, 'answer', digest, root, siblingsOf(tree, i))
    challenged += 1
  }
  await at.wait(86_401)
  for (const digest of digests) {
    const call = { contract: inclusion, functionName: 'conclude', args: [digest] }
    const failure = await simulateCall(at.rpc, { ...call, from: reporter.address })
    expect(failure).toMatchObject({ reason: 'reverted' })
  }
  expect(challenged).toBeGreaterThan(5)
}, 120_000)
