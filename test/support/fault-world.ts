/*
 * A chain on which every condition that the slashing contracts look at is met by something: keys that are revoked, bound or
 * wallets, proofs in time and late, a challenge, a case, jobs, and parties that lost everything.
 */
import { keccak256Hex } from '../../src/chain/keccak.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { receiptDigest, workDigest } from '../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey, signDigest } from '../../src/chain/signatures.ts'
import { addressWord, hashWord, uintWord } from '../../src/chain/typed-data.ts'
import type { FaultEvidence, GatewaySignedReceipt } from '../../src/client/fault-evidence.ts'
import { type Receipt, tier, type Work } from '../../src/domain/receipt.ts'
import {
  type Address,
  address,
  atomic,
  type Bytes32,
  bytes32,
  unixSeconds,
  zeroBytes32,
} from '../../src/domain/units.ts'
import { askJob, leastTerms } from './asked-jobs.ts'
import type { SlashingParty, SlashingPlace } from './slashing-place.ts'

export const dayS = 86_400
export const word = (digits: string): Bytes32 => bytes32(`0x${digits.repeat(32)}`)
export const stranger: Address = address(`0x${'57'.repeat(20)}`)

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
  /** Began when `revoked` had ended. */
  readonly later: PrivateKey
  readonly revokedAtS: number
  readonly wallet: { readonly address: Address; readonly owner: PrivateKey }
  /** By its input: `baseWork`'s own was asked for and never shown, others are proven, asked for a moment ago, or neither. */
  readonly inputs: {
    readonly proven: Bytes32
    readonly askedLately: Bytes32
    readonly unasked: Bytes32
  }
  readonly jobs: { readonly undelivered: Bytes32; readonly open: Bytes32 }
  /** Receipts that the chain has something on record of. */
  readonly known: readonly GatewaySignedReceipt[]
  readonly accused: FaultEvidence & { readonly kind: 'S7' }
  /** A gateway that was asked for a proof a moment ago. */
  readonly doubted: FaultEvidence
}

export const modelId: Bytes32 = word('3d')

export const baseWork = (
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

export const baseReceipt = (work: Work): Receipt => ({
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
  const later = randomPrivateKey()
  const wallet = { address: await at.placeWallet(addressOfPrivateKey(owner)), owner }
  const keys = [addressOfPrivateKey(second), addressOfPrivateKey(revoked), wallet.address]
  for (const key of keys) {
    await send(contributor.operator, contracts.contributors, 'addSigningKey', key, at.startS)
  }
  const jobs = await openJobs(at, contributor)
  await at.wait(4 * dayS)
  await send(contributor.operator, contracts.contributors, 'revokeSigningKey', keys[1])
  const revokedAtS = await at.nowS()
  const laterKey = addressOfPrivateKey(later)
  await send(contributor.operator, contracts.contributors, 'addSigningKey', laterKey, revokedAtS)
  const inputs = { proven: word('a7'), askedLately: word('a8'), unasked: word('a9') }
  const prove = async (inputHash: Bytes32) => {
    const statement = hashWord(modelId) + hashWord(inputHash) + hashWord(word('3f'))
    const args = [modelId, inputHash, word('3f'), `0x${statement}`]
    await send(gateway.operator, contracts.tierEvidence, 'proveInference', ...args)
  }
  await at.wait(dayS)
  await prove(inputs.proven)
  await bindKey(at, contributor)
  for (const of of [gateway, parties.poorGateway]) {
    await askForProof(at, of, baseWork({ contributor, gateway: of }, await at.nowS()))
  }
  await at.wait(3 * dayS)
  const { askedLately: inputHash } = inputs
  const doubted = { ...baseWork(parties, await at.nowS()), inputHash }
  const asked = await askForProof(at, gateway, doubted)
  const world = {
    at,
    nowS: 0,
    ...parties,
    second,
    revoked,
    later,
    revokedAtS,
    wallet,
    inputs,
    jobs,
  }
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
  return { ...world, nowS: await at.nowS(), known, accused, doubted: asked }
}

async function openJobs(
  at: SlashingPlace,
  contributor: SlashingParty,
): Promise<FaultWorld['jobs']> {
  const { coordinator } = at.contracts
  const { sender: consumer } = await at.newAccount(10n)
  const undelivered = await askJob(at, consumer, leastTerms(modelId))
  await at.send(contributor.operator, coordinator, 'accept', undelivered)
  return { undelivered, open: await askJob(at, consumer, leastTerms(modelId)) }
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

/** Of a receipt that claims to have one. */
async function askForProof(
  at: SlashingPlace,
  gateway: SlashingParty,
  work: Work,
): Promise<FaultEvidence> {
  const { sender: asker } = await at.newAccount(100n)
  const { slashing } = at.contracts
  const receipt = { ...baseReceipt(work), tiers: 1 | tier.zkInferred }
  const signature = signDigest(receiptDigest(at.domain, receipt), gateway.signingKey)
  await at.send(asker, at.asset, 'approve', slashing.address, 100_000_000)
  await at.send(asker, slashing, 'requestProof', receipt, signature)
  const domain = { name: 'Vouch Receipts', version: '1', ...at.place }
  const head = { object: 'vouch.fault', kind: 'S5', domain } as const
  return { ...head, receipt, gatewaySignature: signature, tier: tier.zkInferred }
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
async function impoverish(
  world: Omit<FaultWorld, 'nowS' | 'known' | 'accused' | 'doubted'>,
): Promise<void> {
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
