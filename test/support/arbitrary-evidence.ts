/*
 * Evidence out of few values, so that statements often meet: true, nearly true and false, under every condition that the
 * contracts look at. What stands on the chain for it is set up once (`openFaultWorld`).
 */
import fc from 'fast-check'
import { checkpointDigest } from '../../src/chain/checkpoint-typed-data.ts'
import { keccak256, keccak256Hex } from '../../src/chain/keccak.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { hashPriceSheet, receiptDigest, workDigest } from '../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey, signDigest } from '../../src/chain/signatures.ts'
import {
  addressWord,
  domainSeparator,
  hashWord,
  type TypedDataDomain,
  uintWord,
} from '../../src/chain/typed-data.ts'
import type { FaultEvidence, GatewaySignedReceipt } from '../../src/client/fault-evidence.ts'
import type { Checkpoint } from '../../src/domain/checkpoint.ts'
import type { PriceSheet } from '../../src/domain/price-sheet.ts'
import type { Receipt, Work } from '../../src/domain/receipt.ts'
import {
  type Address,
  address,
  atomic,
  type Bytes32,
  bytes32,
  type Signature,
  signature,
  unixSeconds,
  zeroAddress,
  zeroBytes32,
} from '../../src/domain/units.ts'
import type { SlashingParty, SlashingPlace } from './slashing-place.ts'

const dayS = 86_400
const word = (digits: string): Bytes32 => bytes32(`0x${digits.repeat(32)}`)
const stranger = address(`0x${'57'.repeat(20)}`)

export type FaultWorld = {
  readonly at: SlashingPlace
  readonly nowS: number
  readonly contributor: SlashingParty
  readonly gateway: SlashingParty
  /** Had everything taken: of the contributor for `slashedJob`, of the gateway for its receipts numbered 1. */
  readonly poorContributor: SlashingParty
  readonly poorGateway: SlashingParty
  /** Of the contributor, besides its signing key. */
  readonly second: PrivateKey
  readonly revoked: PrivateKey
  readonly revokedAtS: number
  readonly wallet: { readonly address: Address; readonly owner: PrivateKey }
  readonly proven: { readonly inTime: Bytes32; readonly late: Bytes32 }
  readonly jobs: { readonly undelivered: Bytes32; readonly open: Bytes32 }
  /** Receipts that the chain has something on record of. */
  readonly known: readonly GatewaySignedReceipt[]
  readonly accused: FaultEvidence & { readonly kind: 'S7' }
}

const modelId = word('3d')

const baseWork = (
  world: Pick<FaultWorld, 'contributor' | 'gateway'>,
  finishedAt: number,
): Work => ({
  jobId: word('0b'),
  gateway: world.gateway.operator.address,
  contributor: world.contributor.operator.address,
  modelId,
  inputHash: word('1f'),
  outputHash: word('2f'),
  contentHash: word('3f'),
  streamRoot: zeroBytes32,
  promptTokens: 1_000,
  cachedPromptTokens: 400,
  completionTokens: 200,
  commitment: zeroBytes32,
  startedAt: unixSeconds(finishedAt),
  finishedAt: unixSeconds(finishedAt),
  status: 0,
})

const baseReceipt = (work: Work): Receipt => ({
  work,
  receiptId: word('2e'),
  gatewaySeq: 7,
  client: stranger,
  requestHash: word('4f'),
  responseHash: word('5f'),
  channelId: word('c4'),
  channelSeq: 3,
  cost: atomic(240n),
  cumulative: atomic(240n),
  priceHash: word('6f'),
  prevReceipt: zeroBytes32,
  tiers: 3,
  evidenceHash: zeroBytes32,
  anchorBy: unixSeconds(0),
})

/** Parties, keys, bindings, proofs, anchors, jobs, a challenge and a case; takes some eight days of the chain's time. */
export async function openFaultWorld(at: SlashingPlace): Promise<FaultWorld> {
  const { contracts, domain, send } = at
  const parties = {
    contributor: await at.newParty('contributor'),
    gateway: await at.newParty('gateway'),
    poorContributor: await at.newParty('contributor'),
    poorGateway: await at.newParty('gateway'),
  }
  const { contributor, gateway } = parties
  const [second, revoked, owner] = [randomPrivateKey(), randomPrivateKey(), randomPrivateKey()]
  const wallet = { address: await at.placeWallet(addressOfPrivateKey(owner)), owner }
  const keys = [addressOfPrivateKey(second), addressOfPrivateKey(revoked), wallet.address]
  for (const key of keys) {
    await send(contributor.operator, contracts.contributors, 'addSigningKey', key, at.startS)
  }
  const jobs = await openJobs(at, contributor)
  await at.wait(4 * dayS)
  await send(contributor.operator, contracts.contributors, 'revokeSigningKey', keys[1])
  const revokedAtS = await at.nowS()
  const proven = { inTime: word('a7'), late: word('a8') }
  const prove = async (inputHash: Bytes32) => {
    const statement = hashWord(modelId) + hashWord(inputHash) + hashWord(word('3f'))
    const args = [modelId, inputHash, word('3f'), `0x${statement}`]
    await send(gateway.operator, contracts.tierEvidence, 'proveInference', ...args)
  }
  await at.wait(dayS)
  await prove(proven.inTime)
  await bindKey(at, contributor)
  await at.wait(3 * dayS)
  await prove(proven.late)
  const world = { at, nowS: 0, ...parties, second, revoked, revokedAtS, wallet, proven, jobs }
  const sign = (receipt: Receipt): GatewaySignedReceipt => ({
    receipt,
    gatewaySignature: signDigest(receiptDigest(domain, receipt), gateway.signingKey),
  })
  const nowS = await at.nowS()
  const finishedAt = nowS - dayS
  const promised = (receiptId: string, anchorBy: number) =>
    sign({
      ...baseReceipt(baseWork(world, finishedAt)),
      receiptId: word(receiptId),
      anchorBy: unixSeconds(anchorBy),
    })
  const known = [promised('e1', nowS + 30), promised('e2', nowS - 60), promised('e3', nowS - 60)]
  for (const [batch, { receipt }] of known.slice(0, 2).entries()) {
    const digest = receiptDigest(domain, receipt)
    const root = keccak256Hex(hashWord(digest))
    await send(gateway.operator, contracts.receiptAnchor, 'anchor', root, 1, batch)
    await send(gateway.operator, contracts.receiptAnchor, 'recordInclusion', digest, root, [])
  }
  const [, , challenged] = known
  if (challenged === undefined) throw new Error('there are three')
  const { receipt, gatewaySignature } = challenged
  await send(gateway.operator, contracts.inclusion, 'challenge', receipt, gatewaySignature)
  const accused = await accuse(world, sign(baseReceipt(baseWork(world, finishedAt))))
  await impoverish(world)
  await at.wait(60)
  return { ...world, nowS: await at.nowS(), known, accused }
}

async function openJobs(
  at: SlashingPlace,
  contributor: SlashingParty,
): Promise<FaultWorld['jobs']> {
  const { coordinator } = at.contracts
  const { sender: consumer } = await at.newAccount(10n)
  const terms = {
    ...{ modelId, gateway: zeroAddress, minTiers: 1, maxFee: 1_000, callbackGas: 0 },
    ...{ promptAtomicPerMtok: 1, completionAtomicPerMtok: 1, agreement: 1, answersMax: 1 },
  }
  await at.send(consumer, at.asset, 'approve', coordinator.address, 10_000)
  const jobIdOf = (nonce: number) =>
    keccak256Hex(
      uintWord(at.place.chainId, 256) + addressWord(coordinator.address) + uintWord(nonce, 256),
    )
  for (const nonce of [1, 2]) {
    await at.send(consumer, coordinator, 'request', { ...terms, deliveryTime: 3_600 }, '0x01')
    if (nonce === 1) await at.send(contributor.operator, coordinator, 'accept', jobIdOf(1))
  }
  return { undelivered: jobIdOf(1), open: jobIdOf(2) }
}

/** For thirty days. */
async function bindKey(at: SlashingPlace, contributor: SlashingParty): Promise<void> {
  const { tierEvidence } = at.contracts
  const [operator, key] = [contributor.operator.address, contributor.signingAddress]
  const reportData = keccak256Hex(
    uintWord(at.place.chainId, 256) +
      addressWord(tierEvidence.address) +
      addressWord(operator) +
      addressWord(key),
  )
  const until = uintWord((await at.nowS()) + 30 * dayS, 256)
  const quote = `0x${hashWord(reportData)}${addressWord(key)}${until}`
  await at.send(contributor.operator, tierEvidence, 'bindKey', operator, key, quote)
}

async function accuse(
  world: Pick<FaultWorld, 'at' | 'contributor'>,
  signed: GatewaySignedReceipt,
): Promise<FaultWorld['accused']> {
  const { at, contributor } = world
  const { sender: accuser } = await at.newAccount(100n)
  const { panel } = at.contracts
  const digest = workDigest(at.domain, signed.receipt.work)
  const contributorSignature = signDigest(digest, contributor.signingKey)
  await at.send(accuser, at.asset, 'approve', panel.address, 100_000_000)
  const args = [signed.receipt, contributorSignature, signed.gatewaySignature]
  await at.send(accuser, panel, 'accuse', ...args)
  const domain = { name: 'Vouch Receipts', version: '1', ...at.place }
  const evidence = { object: 'vouch.fault', kind: 'S7', domain, verdicts: [] } as const
  return { ...evidence, ...signed, contributorSignature }
}

/** By two lies, each of which cost everything. */
async function impoverish(world: Omit<FaultWorld, 'nowS' | 'known' | 'accused'>): Promise<void> {
  const { at, poorContributor: contributor, poorGateway: gateway } = world
  const { domain, contracts } = at
  const poor = { contributor, gateway }
  const works = [1, 2].map((promptTokens) => {
    const work = { ...baseWork(poor, world.at.startS + 8 * dayS), promptTokens }
    return [work, signDigest(workDigest(domain, work), contributor.signingKey)]
  })
  await at.send(gateway.operator, contracts.slashing, 'reportWorkEquivocation', ...works.flat())
  const receipts = ['01', '02'].map((id) => {
    const work = baseWork(poor, world.at.startS + 8 * dayS)
    const receipt = { ...baseReceipt(work), receiptId: word(id), gatewaySeq: 1 }
    return [receipt, signDigest(receiptDigest(domain, receipt), gateway.signingKey)]
  })
  const name = 'reportReceiptEquivocation'
  await at.send(contributor.operator, contracts.slashing, name, ...receipts.flat())
}

/** Mostly the first, now and then each of the others. */
const mostly = <T>(first: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 4 * others.length, arbitrary: fc.constant(first) }, ...others.map(fc.constant))

/** Nearly always the first. */
const seldom = <T>(first: T, other: T): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 30, arbitrary: fc.constant(first) },
    { weight: 1, arbitrary: fc.constant(other) },
  )

type SignWith = 'right' | 'second' | 'revoked' | 'wallet' | 'foreign' | 'high-s' | 'short' | 'none'

export function arbitraryEvidence(world: FaultWorld): fc.Arbitrary<FaultEvidence> {
  const { nowS, contributor, gateway, poorContributor, poorGateway } = world
  const place = fc.record({
    name: seldom('Vouch Receipts', 'Other'),
    version: fc.constant('1'),
    chainId: seldom(world.at.place.chainId, 1),
    verifyingContract: seldom(world.at.place.verifyingContract, stranger),
  })
  const times = mostly(
    nowS - 100,
    world.at.startS - 1,
    world.at.startS + 60,
    nowS - 7 * dayS,
    nowS - 7 * dayS - 1,
    world.revokedAtS - 1,
    world.revokedAtS,
    nowS - 2 * dayS,
    nowS + 3_600,
  )
  const [anyContributor, anyGateway] = [
    mostly(contributor, poorContributor),
    mostly(gateway, poorGateway),
  ]
  const work = fc
    .record({
      by: anyContributor,
      of: anyGateway,
      jobId: mostly(word('0b'), word('0c')),
      inputHash: mostly(word('1f'), world.proven.inTime, world.proven.late),
      promptTokens: mostly(1_000, 1, 0),
      cachedPromptTokens: mostly(400, 2_000),
      at: times,
    })
    .map(({ by, of, at, ...members }) => ({
      by,
      of,
      work: { ...baseWork({ contributor: by, gateway: of }, at), ...members },
    }))
  const signed = mostly<SignWith>(
    'right',
    'second',
    'revoked',
    'wallet',
    'foreign',
    'high-s',
    'short',
    'none',
  )
  const byContributor = (digest: Bytes32, party: SlashingParty, how: SignWith) =>
    signAs(world, digest, party, how)

  const works = fc
    .tuple(work, work, signed, signed, place, fc.boolean())
    .map(([one, other, how, otherHow, domain, isMoved]): FaultEvidence => {
      // As a rule the same statement with another count: two that are drawn apart rarely meet.
      const second = isMoved ? other : { ...one, work: { ...one.work, completionTokens: 201 } }
      const pair = [
        [one, how],
        [second, otherHow],
      ] as const
      const [first, last] = pair.map(([{ work: told, by }, manner]) => ({
        work: told,
        signature: byContributor(workDigest(domainSeparator(domain), told), by, manner),
      }))
      return { ...head(domain), kind: 'S1', works: [first, last] as never }
    })
  const checkpoints = fc
    .tuple(work, signed, signed, place, fc.nat(2), fc.nat(1), times)
    .map(([{ work: told, by }, how, otherHow, domain, tokens, index, at]): FaultEvidence => {
      const checkpointAt = (completionTokens: number, position: number, signedAt: number) => ({
        ...{ jobId: told.jobId, gateway: told.gateway, contributor: told.contributor },
        ...{ index: position, streamHash: word('77'), completionTokens },
        signedAt: unixSeconds(signedAt),
      })
      const pair: readonly (readonly [Checkpoint, SignWith])[] = [
        [checkpointAt(64, 0, told.finishedAt), how],
        [checkpointAt(64 + tokens, index, tokens === 2 ? at : told.finishedAt), otherHow],
      ]
      const [first, last] = pair.map(([checkpoint, manner]) => ({
        checkpoint,
        signature: byContributor(checkpointDigest(domainSeparator(domain), checkpoint), by, manner),
      }))
      return { ...head(domain), kind: 'S1', checkpoints: [first, last] as never }
    })
  const receipt = fc
    .record({
      told: work,
      receiptId: mostly(word('2e'), word('2d')),
      gatewaySeq: mostly(7, 1, 8),
      channelId: mostly(word('c4'), zeroBytes32),
      channelSeq: mostly(3, 4),
      tiers: mostly(3 | 16 | 64, 3, 1 | 16, 2, 1),
      anchorBy: mostly(nowS - 100, 0, nowS, nowS + 9, nowS - 6 * dayS, nowS - 6 * dayS - 1),
    })
    .map(({ told, ...members }) => ({
      ...told,
      receipt: {
        ...baseReceipt(told.work),
        ...members,
        anchorBy: unixSeconds(members.anchorBy),
      },
    }))
  const gatewaySigned = (
    { of, receipt: told }: { of: SlashingParty; receipt: Receipt },
    how: SignWith,
    domain: TypedDataDomain,
  ) => ({
    receipt: told,
    gatewaySignature: signAs(world, receiptDigest(domainSeparator(domain), told), of, how),
  })
  const receipts = fc
    .tuple(receipt, receipt, signed, signed, place, fc.boolean())
    .map(([one, other, how, otherHow, domain, isMoved]): FaultEvidence => {
      const second = isMoved
        ? other
        : { ...one, receipt: { ...one.receipt, receiptId: word('2c') } }
      const pair = [
        gatewaySigned(one, how, domain),
        gatewaySigned(second, otherHow, domain),
      ] as const
      return { ...head(domain), kind: 'S2', receipts: pair }
    })
  const overcharge = fc
    .tuple(
      receipt,
      fc.record({
        operator: mostly<'own' | 'other'>('own', 'other'),
        modelId: mostly(modelId, word('3e')),
        asset: mostly(world.at.asset.address, stranger),
        price: mostly(150_000n, 0n, 2n ** 128n - 1n),
        excess: mostly(1n, 0n, 1_000_000n, 10n ** 30n),
        isNamed: mostly(true, false),
      }),
      signed,
      place,
    )
    .map(([told, sheet, how, domain]): FaultEvidence => {
      const priceSheet: PriceSheet = {
        operator: sheet.operator === 'own' ? told.work.gateway : stranger,
        modelId: sheet.modelId,
        asset: sheet.asset,
        promptAtomicPerMtok: atomic(sheet.price),
        cachedPromptAtomicPerMtok: atomic(75_000n),
        completionAtomicPerMtok: atomic(600_000n),
        validFrom: unixSeconds(0),
        validUntil: unixSeconds(0),
      }
      const cached = Math.min(told.work.promptTokens, told.work.cachedPromptTokens)
      const sum =
        BigInt(told.work.promptTokens - cached) * sheet.price +
        BigInt(cached) * 75_000n +
        BigInt(told.work.completionTokens) * 600_000n
      const cost = atomic(((sum + 999_999n) / 1_000_000n + sheet.excess) % 2n ** 128n)
      const priceHash = sheet.isNamed ? hashPriceSheet(priceSheet) : word('6f')
      const dear = { ...told, receipt: { ...told.receipt, cost, priceHash } }
      return { ...head(domain), kind: 'S3', ...gatewaySigned(dear, how, domain), priceSheet }
    })
  const ownDomain: TypedDataDomain = { name: 'Vouch Receipts', version: '1', ...world.at.place }
  const promises = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(receipt, signed, place).map(([told, how, domain]): FaultEvidence => {
        return { ...head(domain), kind: 'S4', ...gatewaySigned(told, how, domain) }
      }),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(...world.known)
        .map((known): FaultEvidence => ({ ...head(ownDomain), kind: 'S4', ...known })),
    },
  )
  const tiers = fc
    .tuple(receipt, signed, place, mostly(16, 64, 64, 2))
    .map(([told, how, domain, tier]): FaultEvidence => {
      return { ...head(domain), kind: 'S5', ...gatewaySigned(told, how, domain), tier }
    })
  const jobs = fc
    .tuple(
      fc.constantFrom(world.jobs.undelivered, world.jobs.open, word('99')),
      mostly(world.at.place.chainId, 1),
      mostly(world.at.contracts.coordinator.address, stranger),
    )
    .map(([jobId, chainId, coordinator]): FaultEvidence => {
      return { object: 'vouch.fault', kind: 'S6', chainId, coordinator, jobId }
    })
  const executions = fc.oneof(
    { weight: 1, arbitrary: fc.constant<FaultEvidence>(world.accused) },
    {
      weight: 6,
      arbitrary: fc.tuple(receipt, signed, signed, place).map(([told, how, byGateway, domain]) => {
        const digest = workDigest(domainSeparator(domain), told.receipt.work)
        const contributorSignature = byContributor(digest, told.by, how)
        const both = { ...gatewaySigned(told, byGateway, domain), contributorSignature }
        return { ...head(domain), kind: 'S7' as const, ...both, verdicts: [] }
      }),
    },
  )
  return fc.oneof(works, checkpoints, receipts, overcharge, promises, tiers, jobs, executions)
}

const head = <D>(domain: D) => ({ object: 'vouch.fault' as const, domain })

function signAs(
  world: FaultWorld,
  digest: Bytes32,
  party: SlashingParty,
  how: SignWith,
): Signature {
  switch (how) {
    case 'right':
      return signDigest(digest, party.signingKey)
    case 'second':
      return signDigest(digest, world.second)
    case 'revoked':
      return signDigest(digest, world.revoked)
    case 'wallet':
      return signature(`${world.wallet.address}${signDigest(digest, world.wallet.owner).slice(2)}`)
    case 'foreign':
      return signDigest(keccak256(Buffer.from(digest)), party.signingKey)
    case 'high-s':
      return highS(signDigest(digest, party.signingKey))
    case 'short':
      return signature(signDigest(digest, party.signingKey).slice(0, -2))
    case 'none':
      return signature('0x')
  }
}

const curveOrder = BigInt(`0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141`)

/** The twin of a signature, which recovers to the same key and which no contract takes. */
function highS(low: Signature): Signature {
  const s = (curveOrder - BigInt(`0x${low.slice(66, 130)}`)).toString(16).padStart(64, '0')
  return signature(`${low.slice(0, 66)}${s}${low.endsWith('1b') ? '1c' : '1b'}`)
}
