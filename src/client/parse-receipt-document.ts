import { err, ok, type Result } from '../base/result.ts'
import type { ChannelConfig } from '../domain/channel.ts'
import type { Checkpoint, SignedCheckpoint } from '../domain/checkpoint.ts'
import type { Countersignature } from '../domain/countersignature.ts'
import type { PriceSheet } from '../domain/price-sheet.ts'
import type { Receipt, SignedReceipt, Work, WorkStatus } from '../domain/receipt.ts'
import type { Address } from '../domain/units.ts'
import type { UsageSource } from '../domain/usage.ts'
import { findRepeatedKey } from './find-repeated-key.ts'
import { objectReader, type Reader, type ShapeFault, valueReader } from './object-reader.ts'
import {
  addressReader,
  amountReader,
  bytes32Reader,
  ifThere,
  listReader,
  secondsReader,
  signatureReader,
  textReader,
  uint16Reader,
  uint32Reader,
  uint64Reader,
} from './value-readers.ts'

/**
 * A ReceiptDocument (domain/receipt-document.ts) as values: every field there, in range and in
 * lower case.
 */
export type ParsedReceipt = SignedReceipt & {
  readonly domain: ReceiptPlace & { readonly name: string; readonly version: string }
  readonly priceSheet: PriceSheet
  /** What `evidenceHash` is the hash of, as far as it is in the document. */
  readonly evidence?: ParsedEvidence | undefined
  readonly usage: { readonly source: UsageSource }
  /** What the payer said of it afterwards, where it did. */
  readonly countersignature?: Countersignature | undefined
}

/** `ReceiptEvidence` of any version. */
export type ParsedEvidence = {
  readonly checkpoints: readonly SignedCheckpoint[]
  /** Every other kind, as JSON has it: also one that this version does not know can be hashed. */
  readonly others: Readonly<Record<string, unknown>>
}

/** The chain and the verifier contract that a receipt was signed for. */
export type ReceiptPlace = { readonly chainId: number; readonly verifyingContract: Address }

/** A receipt has 3 KB; what is many times larger is something else. */
export const receiptDocumentBytesMax: number = 64 * 1024

const statusReader = valueReader<WorkStatus>('0, 1, 2 or 3', (value) =>
  value === 0 || value === 1 || value === 2 || value === 3 ? value : undefined,
)
const sourceReader = valueReader<UsageSource>('"reported", "counted" or "corrected"', (value) =>
  value === 'reported' || value === 'counted' || value === 'corrected' ? value : undefined,
)
export const workReader: Reader<Work> = objectReader<Work>(
  {
    jobId: bytes32Reader,
    gateway: addressReader,
    contributor: addressReader,
    modelId: bytes32Reader,
    inputHash: bytes32Reader,
    outputHash: bytes32Reader,
    contentHash: bytes32Reader,
    streamRoot: bytes32Reader,
    promptTokens: uint32Reader,
    cachedPromptTokens: uint32Reader,
    completionTokens: uint32Reader,
    commitment: bytes32Reader,
    startedAt: secondsReader,
    finishedAt: secondsReader,
    status: statusReader,
  },
  'refused',
)

export const receiptReader: Reader<Receipt> = objectReader<Receipt>(
  {
    work: workReader,
    receiptId: bytes32Reader,
    gatewaySeq: uint64Reader,
    client: addressReader,
    requestHash: bytes32Reader,
    responseHash: bytes32Reader,
    channelId: bytes32Reader,
    channelSeq: uint64Reader,
    cost: amountReader,
    cumulative: amountReader,
    priceHash: bytes32Reader,
    prevReceipt: bytes32Reader,
    tiers: uint16Reader,
    evidenceHash: bytes32Reader,
    anchorBy: secondsReader,
  },
  'refused',
)

export const priceSheetReader: Reader<PriceSheet> = objectReader<PriceSheet>(
  {
    operator: addressReader,
    modelId: bytes32Reader,
    asset: addressReader,
    promptAtomicPerMtok: amountReader,
    cachedPromptAtomicPerMtok: amountReader,
    completionAtomicPerMtok: amountReader,
    validFrom: secondsReader,
    validUntil: secondsReader,
  },
  'refused',
)

export const checkpointReader: Reader<Checkpoint> = objectReader<Checkpoint>(
  {
    jobId: bytes32Reader,
    gateway: addressReader,
    contributor: addressReader,
    index: uint32Reader,
    streamHash: bytes32Reader,
    completionTokens: uint32Reader,
    signedAt: secondsReader,
  },
  'refused',
)
const checkpointsReader = ifThere(
  listReader(
    objectReader<SignedCheckpoint>(
      { checkpoint: checkpointReader, signature: signatureReader },
      'ignored',
    ),
  ),
)
const evidenceReader: Reader<ParsedEvidence> = (value, place) => {
  const known = objectReader<{ readonly checkpoints: readonly SignedCheckpoint[] | undefined }>(
    { checkpoints: checkpointsReader },
    'ignored',
  )(value, place)
  if (known === undefined) return undefined
  const { checkpoints: _, ...others } = value as Record<string, unknown>
  return { checkpoints: known.checkpoints ?? [], others }
}

export const domainReader: Reader<ParsedReceipt['domain']> = objectReader<ParsedReceipt['domain']>(
  {
    name: textReader,
    version: textReader,
    chainId: uint64Reader,
    verifyingContract: addressReader,
  },
  'refused',
)

const channelConfigReader = objectReader<ChannelConfig>(
  {
    payer: addressReader,
    payerAuthorizer: addressReader,
    receiver: addressReader,
    receiverAuthorizer: addressReader,
    token: addressReader,
    withdrawDelay: uint32Reader,
    salt: bytes32Reader,
  },
  'refused',
)
const countersignatureReader: Reader<Countersignature> = objectReader<Countersignature>(
  {
    signer: addressReader,
    signature: signatureReader,
    receivedAt: secondsReader,
    channel: ifThere(
      objectReader<NonNullable<Countersignature['channel']>>(
        { chainId: uint64Reader, config: channelConfigReader },
        'ignored',
      ),
    ),
  },
  'ignored',
)

/**
 * The envelope may grow: later versions add fields beside the receipt, never inside what is signed.
 */
const documentReader = objectReader<ParsedReceipt & { readonly object: 'vouch.receipt' }>(
  {
    object: valueReader('"vouch.receipt"', (value) =>
      value === 'vouch.receipt' ? 'vouch.receipt' : undefined,
    ),
    receipt: receiptReader,
    contributorSignature: signatureReader,
    gatewaySignature: signatureReader,
    domain: domainReader,
    priceSheet: priceSheetReader,
    evidence: ifThere(evidenceReader),
    usage: objectReader<ParsedReceipt['usage']>({ source: sourceReader }, 'ignored'),
    countersignature: ifThere(countersignatureReader),
  },
  'ignored',
)

/** The whole document, or every fault in it. `bytes` is what `GET /v1/receipts/{id}` answered. */
export function parseReceiptDocument(
  bytes: Uint8Array,
): Result<ParsedReceipt, readonly ShapeFault[]> {
  const fault = (expected: string, found: string, path = '') => err([{ path, expected, found }])
  if (bytes.length > receiptDocumentBytesMax) {
    return fault(`at most ${receiptDocumentBytesMax} bytes`, `${bytes.length} bytes`)
  }
  const text = decodeUtf8(bytes)
  if (text === undefined) return fault('UTF-8', 'other bytes')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Nothing of it is quoted: it may be a file of secrets, named by mistake.
    return fault('JSON', 'something else')
  }
  const repeated = findRepeatedKey(text)
  if (repeated !== undefined) return fault('the field once', 'it twice', repeated)
  return readReceiptDocument(value)
}

/** The same from JSON that was parsed, and looked through for repeated keys, by the caller. */
export function readReceiptDocument(value: unknown): Result<ParsedReceipt, readonly ShapeFault[]> {
  const faults: ShapeFault[] = []
  const document = documentReader(value, { path: '', faults })
  return document === undefined ? err(faults) : ok(document)
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
