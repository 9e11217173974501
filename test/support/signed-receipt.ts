import { contentHash } from '../../src/attestation/content-hash.ts'
import { startStreamHash } from '../../src/attestation/stream-hash.ts'
import { assert } from '../../src/base/assert.ts'
import { type PrivateKey, parsePrivateKey } from '../../src/chain/private-key.ts'
import {
  hashPriceSheet,
  receiptDigest,
  receiptDomain,
  workDigest,
} from '../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey, signDigest } from '../../src/chain/signatures.ts'
import {
  type ParsedReceipt,
  parseReceiptDocument,
  type ReceiptPlace,
} from '../../src/client/parse-receipt-document.ts'
import { noTrustAnchors, type TrustAnchors } from '../../src/client/trust-anchors.ts'
import type { Verification } from '../../src/client/verify-receipt.ts'
import type { PriceSheet } from '../../src/domain/price-sheet.ts'
import type { Receipt, Work } from '../../src/domain/receipt.ts'
import type { ReceiptDocument } from '../../src/domain/receipt-document.ts'
import {
  address,
  atomic,
  type Bytes32,
  bytes32,
  type Signature,
  signature,
  unixSeconds,
  zeroBytes32,
} from '../../src/domain/units.ts'

/** Keys that only tests use: 32 times one byte. */
export function testKey(byte: string): PrivateKey {
  const key = parsePrivateKey(`0x${byte.repeat(32)}`)
  assert(key !== undefined, 'a test key is in range')
  return key
}

export const gatewayKey: PrivateKey = testKey('a1')
export const contributorKey: PrivateKey = testKey('b2')
const operator = (digit: string) => address(`0x${digit.repeat(40)}`)
const word = (byte: string): Bytes32 => bytes32(`0x${byte.repeat(32)}`)

export const gatewayOperator = operator('6')
export const contributorOperator = operator('c')
export const place = { chainId: 31337, verifyingContract: operator('7') }
export const finishedAt = unixSeconds(1_700_000_004)

export const request: Buffer = Buffer.from(
  '{"model":"vouch-mini","stream":true,"messages":[{"role":"user","content":"2+2?"}]}',
)
export const answer = '2 plus 2 is 4.'

/** The answer in events that cut it within a word, as engines do. */
export const events: readonly Buffer[] = [
  { role: 'assistant', content: '' },
  { content: '2 pl' },
  { content: 'us 2 is 4.' },
]
  .map((delta, at) => ({ index: 0, delta, finish_reason: at === 2 ? 'stop' : null }))
  .map((choice) => `data: ${JSON.stringify({ id: 'chatcmpl-1', choices: [choice] })}\n\n`)
  .concat('data: [DONE]\n\n')
  .map((event) => Buffer.from(event))
export const response: Buffer = Buffer.concat(events)

export const sha256 = async (bytes: Uint8Array): Promise<Bytes32> =>
  bytes32(
    `0x${Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(bytes))).toString('hex')}`,
  )

const requestHash = await sha256(request)
const jobId = word('0b')

function streamRoot(): Bytes32 {
  const stream = startStreamHash({ jobId, inputHash: requestHash })
  for (const event of events) stream.event(event)
  return stream.finish().streamRoot
}

export const work: Work = {
  jobId,
  gateway: gatewayOperator,
  contributor: contributorOperator,
  modelId: word('3d'),
  inputHash: requestHash,
  outputHash: await sha256(response),
  contentHash: contentHash([{ text: answer, toolCalls: [] }]),
  streamRoot: streamRoot(),
  promptTokens: 1200,
  cachedPromptTokens: 200,
  completionTokens: 345,
  commitment: zeroBytes32,
  startedAt: unixSeconds(1_700_000_000),
  finishedAt,
  status: 0,
}

export const priceSheet: PriceSheet = {
  operator: gatewayOperator,
  modelId: work.modelId,
  asset: operator('d'),
  promptAtomicPerMtok: atomic(100_000n),
  cachedPromptAtomicPerMtok: atomic(10_000n),
  completionAtomicPerMtok: atomic(400_000n),
  validFrom: unixSeconds(1_690_000_000),
  validUntil: unixSeconds(0),
}

/** (1000 x 100000 + 200 x 10000 + 345 x 400000) / 1000000, a whole number of atomic units. */
export const exactCost = atomic(240n)

export const receipt: Omit<Receipt, 'work'> = {
  receiptId: word('2e'),
  gatewaySeq: 41,
  client: operator('9'),
  requestHash,
  responseHash: work.outputHash,
  channelId: word('c4'),
  channelSeq: 7,
  cost: exactCost,
  cumulative: atomic(5240n),
  priceHash: hashPriceSheet(priceSheet),
  prevReceipt: word('1f'),
  tiers: 3,
  evidenceHash: zeroBytes32,
  anchorBy: unixSeconds(0),
}

export type ReceiptChanges = {
  readonly work?: Partial<Work>
  readonly receipt?: Partial<Omit<Receipt, 'work'>>
  /** The receipt's priceHash follows. */
  readonly sheet?: Partial<PriceSheet>
  readonly place?: Partial<typeof place>
  /** Other keys than the two above. */
  readonly keys?: { readonly gateway: PrivateKey; readonly contributor: PrivateKey }
  /** Replaces the signature that the contributor's key would give. */
  readonly contributorSignature?: Signature
}

/**
 * A receipt with the changes in it before it is signed: everything about it is as wrong as asked,
 * but signed.
 */
export function signReceipt(changes: ReceiptChanges = {}): ParsedReceipt {
  const sheet = { ...priceSheet, ...changes.sheet }
  const signedFor = { ...place, ...changes.place }
  const full: Receipt = {
    ...receipt,
    priceHash: hashPriceSheet(sheet),
    ...changes.receipt,
    work: { ...work, ...changes.work },
  }
  const domain = receiptDomain(signedFor)
  const keys = changes.keys ?? { gateway: gatewayKey, contributor: contributorKey }
  const claimsContributor = (full.tiers & 2) !== 0
  const ofContributor = claimsContributor
    ? signDigest(workDigest(domain, full.work), keys.contributor)
    : signature('0x')
  return {
    receipt: full,
    contributorSignature: changes.contributorSignature ?? ofContributor,
    gatewaySignature: signDigest(receiptDigest(domain, full), keys.gateway),
    domain: { name: 'Vouch Receipts', version: '1', ...signedFor },
    priceSheet: sheet,
    usage: { source: 'reported' },
  }
}

/** As `GET /v1/receipts/{id}` answers it. */
export function documentOf(parsed: ParsedReceipt): ReceiptDocument {
  const { receipt: signed, priceSheet: sheet } = parsed
  return {
    object: 'vouch.receipt',
    receipt: { ...signed, cost: String(signed.cost), cumulative: String(signed.cumulative) },
    contributorSignature: parsed.contributorSignature,
    gatewaySignature: parsed.gatewaySignature,
    domain: parsed.domain,
    priceSheet: {
      ...sheet,
      promptAtomicPerMtok: String(sheet.promptAtomicPerMtok),
      cachedPromptAtomicPerMtok: String(sheet.cachedPromptAtomicPerMtok),
      completionAtomicPerMtok: String(sheet.completionAtomicPerMtok),
    },
    usage: parsed.usage,
  }
}

export const anchors: TrustAnchors & { readonly receiptVerifier: ReceiptPlace } = {
  ...noTrustAnchors,
  receiptVerifier: place,
  gatewayKeys: [{ operator: gatewayOperator, key: addressOfPrivateKey(gatewayKey) }],
  contributorKeys: [{ operator: contributorOperator, key: addressOfPrivateKey(contributorKey) }],
}

export const nowMs = (finishedAt + 60) * 1000

/** Everything given, everything known: each check is made. */
export function verificationOf(
  parsed: ParsedReceipt,
  changes: Partial<Verification> = {},
): Verification {
  return {
    receipt: parsed,
    evidence: { content: [Buffer.from(answer)], request, response },
    anchors,
    policy: { modelId: undefined, tiers: undefined, maxAgeS: undefined, gateway: undefined },
    nowMs,
    ...changes,
  }
}

/** A parsed copy of a document that tests may have changed; the faults where it is none. */
export const parseJson = (value: unknown): ReturnType<typeof parseReceiptDocument> =>
  parseReceiptDocument(Buffer.from(JSON.stringify(value)))
