/*
 * Evidence out of few values, so that statements often meet: true, nearly true and false, under every condition that the
 * contracts look at (fault-world.ts).
 */
import fc from 'fast-check'
import { checkpointDigest } from '../../src/chain/checkpoint-typed-data.ts'
import { keccak256 } from '../../src/chain/keccak.ts'
import { hashPriceSheet, receiptDigest, workDigest } from '../../src/chain/receipt-typed-data.ts'
import { signDigest } from '../../src/chain/signatures.ts'
import { domainSeparator, type TypedDataDomain } from '../../src/chain/typed-data.ts'
import type { FaultEvidence } from '../../src/client/fault-evidence.ts'
import type { PriceSheet } from '../../src/domain/price-sheet.ts'
import type { Receipt, Work } from '../../src/domain/receipt.ts'
import {
  atomic,
  type Bytes32,
  type Signature,
  signature,
  unixSeconds,
  zeroBytes32,
} from '../../src/domain/units.ts'
import {
  baseReceipt,
  baseWork,
  dayS,
  type FaultWorld,
  modelId,
  stranger,
  word,
} from './fault-world.ts'
import type { SlashingParty } from './slashing-place.ts'

/** Mostly the first, now and then each of the others. */
const mostly = <T>(first: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 4 * others.length, arbitrary: fc.constant(first) }, ...others.map(fc.constant))

/** Nearly always the first. */
const seldom = <T>(first: T, other: T): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 30, arbitrary: fc.constant(first) },
    { weight: 1, arbitrary: fc.constant(other) },
  )

type SignWith =
  | 'right'
  | 'second'
  | 'revoked'
  | 'later'
  | 'wallet'
  | 'foreign'
  | 'high-s'
  | 'short'
  | 'none'

/** A Work, and whose keys it names. */
type Told = { readonly by: SlashingParty; readonly of: SlashingParty; readonly work: Work }
type ToldReceipt = Told & { readonly receipt: Receipt }
type Evidence = fc.Arbitrary<FaultEvidence>

export function arbitraryEvidence(world: FaultWorld): Evidence {
  const parts = new EvidenceParts(world)
  return fc.oneof(
    worksOf(parts),
    succeedingKeysOf(parts),
    checkpointsOf(parts),
    receiptsOf(parts),
    overchargesOf(parts),
    promisesOf(parts),
    tiersOf(parts),
    jobsOf(parts),
    executionsOf(parts),
  )
}

/** What evidence is made of. */
class EvidenceParts {
  readonly world: FaultWorld
  /** Under which domain it is signed, and says that it is. */
  readonly domain: fc.Arbitrary<TypedDataDomain>
  readonly how: fc.Arbitrary<SignWith>
  readonly times: fc.Arbitrary<number>
  readonly work: fc.Arbitrary<Told>
  readonly receipt: fc.Arbitrary<ToldReceipt>

  constructor(world: FaultWorld) {
    const { at, nowS } = world
    this.world = world
    this.domain = fc.record({
      name: seldom('Vouch Receipts', 'Other'),
      version: fc.constant('1'),
      chainId: seldom(at.place.chainId, 1),
      verifyingContract: seldom(at.place.verifyingContract, stranger),
    })
    this.how = mostly<SignWith>(
      ...([
        'right',
        'second',
        'revoked',
        'later',
        'wallet',
        'foreign',
        'high-s',
        'short',
        'none',
      ] as const),
    )
    this.times = mostly(
      nowS - 100,
      ...[at.startS - 1, at.startS + 60, nowS - 7 * dayS, nowS - 7 * dayS - 1],
      ...[world.revokedAtS - 1, world.revokedAtS, nowS - 2 * dayS, nowS + 3_600],
    )
    this.work = fc
      .record({
        by: mostly(world.contributor, world.poorContributor),
        of: mostly(world.gateway, world.poorGateway),
        jobId: mostly(word('0b'), word('0c')),
        inputHash: mostly(word('1f'), ...Object.values(world.inputs)),
        promptTokens: mostly(1_000, 1, 0),
        cachedPromptTokens: mostly(400, 2_000),
        finishedAt: this.times,
      })
      .map(({ by, of, finishedAt, ...members }) => ({
        by,
        of,
        work: { ...baseWork({ contributor: by, gateway: of }, finishedAt), ...members },
      }))
    this.receipt = fc
      .record({
        told: this.work,
        receiptId: mostly(word('2e'), word('2d')),
        gatewaySeq: mostly(7, 1, 8),
        channelId: mostly(word('c4'), zeroBytes32),
        channelSeq: mostly(3, 4),
        tiers: mostly(3 | 16 | 64, 3, 1 | 16, 2, 1),
        anchorBy: mostly(nowS - 100, 0, nowS, nowS + 9, nowS - 6 * dayS, nowS - 6 * dayS - 1).map(
          unixSeconds,
        ),
      })
      .map(({ told, ...members }) => ({
        ...told,
        receipt: { ...baseReceipt(told.work), ...members },
      }))
  }

  gatewaySigned({ of, receipt }: ToldReceipt, how: SignWith, domain: TypedDataDomain) {
    const digest = receiptDigest(domainSeparator(domain), receipt)
    return { receipt, gatewaySignature: signAs(this.world, digest, of, how) }
  }
}

const worksOf = ({ world, work, how, domain }: EvidenceParts): Evidence =>
  fc
    .tuple(work, work, how, how, domain, fc.boolean())
    .map(([one, other, oneHow, otherHow, under, isMoved]) => {
      // As a rule the same statement with another count: two that are drawn apart rarely meet.
      const next = isMoved ? other : { ...one, work: { ...one.work, completionTokens: 201 } }
      const signed = ({ work: told, by }: Told, manner: SignWith) => ({
        work: told,
        signature: signAs(world, workDigest(domainSeparator(under), told), by, manner),
      })
      return { ...head(under), kind: 'S1', works: [signed(one, oneHow), signed(next, otherHow)] }
    })

/** By a key that had ended when the other began, or while both were: of two books, or of one. */
function succeedingKeysOf({ world }: EvidenceParts): Evidence {
  const { at, contributor, gateway, revokedAtS } = world
  const own = { name: 'Vouch Receipts', version: '1', ...at.place }
  const signed = (finishedAt: number, promptTokens: number, how: SignWith) => {
    const work = { ...baseWork({ contributor, gateway }, finishedAt), promptTokens }
    return { work, signature: signAs(world, workDigest(at.domain, work), contributor, how) }
  }
  return fc
    .tuple(mostly<SignWith>('revoked', 'right'), mostly(revokedAtS - 1, revokedAtS), fc.boolean())
    .map(([how, before, isTurned]) => {
      const first = signed(before, 1, how)
      const second = signed(revokedAtS + 60, 2, 'later')
      const works = isTurned ? ([second, first] as const) : ([first, second] as const)
      return { ...head(own), kind: 'S1', works }
    })
}

const checkpointsOf = ({ world, work, how, domain, times }: EvidenceParts): Evidence =>
  fc
    .tuple(work, how, how, domain, fc.nat(2), fc.nat(1), times)
    .map(([{ work: told, by }, oneHow, otherHow, under, tokens, index, later]) => {
      const signed = (
        mark: { readonly index: number; readonly tokens: number; readonly signedAt: number },
        manner: SignWith,
      ) => {
        const checkpoint = {
          ...{ jobId: told.jobId, gateway: told.gateway, contributor: told.contributor },
          ...{ index: mark.index, streamHash: word('77'), completionTokens: mark.tokens },
          signedAt: unixSeconds(mark.signedAt),
        }
        const digest = checkpointDigest(domainSeparator(under), checkpoint)
        return { checkpoint, signature: signAs(world, digest, by, manner) }
      }
      const { finishedAt } = told
      const first = signed({ index: 0, tokens: 64, signedAt: finishedAt }, oneHow)
      const signedAt = tokens === 2 ? later : finishedAt
      const second = signed({ index, tokens: 64 + tokens, signedAt }, otherHow)
      return { ...head(under), kind: 'S1', checkpoints: [first, second] }
    })

const receiptsOf = (parts: EvidenceParts): Evidence =>
  fc
    .tuple(parts.receipt, parts.receipt, parts.how, parts.how, parts.domain, fc.boolean())
    .map(([one, other, oneHow, otherHow, under, isMoved]) => {
      const next = isMoved ? other : { ...one, receipt: { ...one.receipt, receiptId: word('2c') } }
      const first = parts.gatewaySigned(one, oneHow, under)
      const second = parts.gatewaySigned(next, otherHow, under)
      return { ...head(under), kind: 'S2', receipts: [first, second] }
    })

function overchargesOf(parts: EvidenceParts): Evidence {
  const sheets = fc.record({
    isOwn: mostly(true, false),
    modelId: mostly(modelId, word('3e')),
    asset: mostly(parts.world.at.asset.address, stranger),
    price: mostly(150_000n, 0n, 2n ** 128n - 1n),
    excess: mostly(1n, 0n, 1_000_000n, 10n ** 30n),
    isNamed: mostly(true, false),
  })
  return fc
    .tuple(parts.receipt, sheets, parts.how, parts.domain)
    .map(([told, { isOwn, price, excess, isNamed, ...names }, how, under]) => {
      const priceSheet: PriceSheet = {
        ...names,
        operator: isOwn ? told.work.gateway : stranger,
        promptAtomicPerMtok: atomic(price),
        cachedPromptAtomicPerMtok: atomic(75_000n),
        completionAtomicPerMtok: atomic(600_000n),
        validFrom: unixSeconds(0),
        validUntil: unixSeconds(0),
      }
      const cost = atomic((dueOf(told.work, priceSheet) + excess) % 2n ** 128n)
      const priceHash = isNamed ? hashPriceSheet(priceSheet) : word('6f')
      const dear = { ...told, receipt: { ...told.receipt, cost, priceHash } }
      return { ...head(under), kind: 'S3', ...parts.gatewaySigned(dear, how, under), priceSheet }
    })
}

/** Spelled a second time: the judge is held to it. */
function dueOf(work: Work, sheet: PriceSheet): bigint {
  const cached = Math.min(work.promptTokens, work.cachedPromptTokens)
  const sum =
    BigInt(work.promptTokens - cached) * sheet.promptAtomicPerMtok +
    BigInt(cached) * sheet.cachedPromptAtomicPerMtok +
    BigInt(work.completionTokens) * sheet.completionAtomicPerMtok
  return sum / 1_000_000n + (sum % 1_000_000n === 0n ? 0n : 1n)
}

function promisesOf(parts: EvidenceParts): Evidence {
  const { world, receipt, how, domain } = parts
  const own = { name: 'Vouch Receipts', version: '1', ...world.at.place }
  const drawn: Evidence = fc.tuple(receipt, how, domain).map(([told, manner, under]) => {
    return { ...head(under), kind: 'S4', ...parts.gatewaySigned(told, manner, under) }
  })
  const known: Evidence = fc
    .constantFrom(...world.known)
    .map((signed) => ({ ...head(own), kind: 'S4', ...signed }))
  return fc.oneof({ weight: 4, arbitrary: drawn }, { weight: 1, arbitrary: known })
}

const tiersOf = (parts: EvidenceParts): Evidence =>
  fc
    .tuple(parts.receipt, parts.how, parts.domain, mostly(16, 64, 64, 2))
    .map(([told, how, under, tier]) => {
      return { ...head(under), kind: 'S5', ...parts.gatewaySigned(told, how, under), tier }
    })

const jobsOf = ({ world: { jobs, at } }: EvidenceParts): Evidence =>
  fc.record({
    object: fc.constant('vouch.fault'),
    kind: fc.constant('S6'),
    jobId: fc.constantFrom(jobs.undelivered, jobs.open, word('99')),
    chainId: mostly(at.place.chainId, 1),
    coordinator: mostly(at.contracts.coordinator.address, stranger),
  })

function executionsOf(parts: EvidenceParts): Evidence {
  const { world, receipt, how, domain } = parts
  const drawn: Evidence = fc
    .tuple(receipt, how, how, domain)
    .map(([told, byContributor, byGateway, under]) => {
      const digest = workDigest(domainSeparator(under), told.receipt.work)
      const contributorSignature = signAs(world, digest, told.by, byContributor)
      const both = { ...parts.gatewaySigned(told, byGateway, under), contributorSignature }
      return { ...head(under), kind: 'S7', ...both, verdicts: [] }
    })
  const accused: Evidence = fc.constant(world.accused)
  return fc.oneof({ weight: 6, arbitrary: drawn }, { weight: 1, arbitrary: accused })
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
    case 'later':
      return signDigest(digest, world.later)
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
