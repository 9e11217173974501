import { err, ok, type Result } from '../base/result.ts'
import type { PriceSheet } from '../domain/price-sheet.ts'
import type { Receipt, SignedReceipt, Work, WorkStatus } from '../domain/receipt.ts'
import {
  type Address,
  address,
  atomic,
  bytes32,
  isAddress,
  isBytes32,
  isHex,
  signature,
  unixSeconds,
} from '../domain/units.ts'
import type { UsageSource } from '../domain/usage.ts'
import { findRepeatedKey } from './find-repeated-key.ts'
import { objectReader, type Reader, type ShapeFault, valueReader } from './object-reader.ts'

/**
 * A ReceiptDocument (domain/receipt-document.ts) as values: every field there, in range and in
 * lower case.
 */
export type ParsedReceipt = SignedReceipt & {
  readonly domain: ReceiptPlace & { readonly name: string; readonly version: string }
  readonly priceSheet: PriceSheet
  readonly usage: { readonly source: UsageSource }
}

/** The chain and the verifier contract that a receipt was signed for. */
export type ReceiptPlace = { readonly chainId: number; readonly verifyingContract: Address }

/** A receipt has 3 KB; what is many times larger is something else. */
export const receiptDocumentBytesMax: number = 64 * 1024

const amountMax = 2n ** 128n - 1n

const bytes32Reader = valueReader('32 bytes as 0x and 64 hex digits', (value) =>
  isBytes32(value) ? bytes32(value) : undefined,
)
const addressReader = valueReader('an address as 0x and 40 hex digits', (value) =>
  isAddress(value) ? address(value) : undefined,
)
const signatureReader = valueReader('a signature as 0x and hex digits', (value) =>
  isHex(value) ? signature(value) : undefined,
)
const amountReader = valueReader('a decimal string from 0 to 2^128-1', (value) => {
  if (typeof value !== 'string' || !/^(0|[1-9][0-9]{0,38})$/.test(value)) return undefined
  const amount = BigInt(value)
  return amount <= amountMax ? atomic(amount) : undefined
})
const wholeNumberReader = (max: number, range: string): Reader<number> =>
  valueReader(`a whole number from 0 to ${range}`, (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max
      ? value
      : undefined,
  )
const uint16Reader = wholeNumberReader(2 ** 16 - 1, '2^16-1')
const uint32Reader = wholeNumberReader(2 ** 32 - 1, '2^32-1')
/** Larger 64-bit numbers do not survive JSON. */
const uint64Reader = wholeNumberReader(Number.MAX_SAFE_INTEGER, '2^53-1')
const secondsReader = valueReader('unix seconds, a whole number from 0 to 2^53-1', (value) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? unixSeconds(value)
    : undefined,
)
const statusReader = valueReader<WorkStatus>('0, 1, 2 or 3', (value) =>
  value === 0 || value === 1 || value === 2 || value === 3 ? value : undefined,
)
const sourceReader = valueReader<UsageSource>('"reported", "counted" or "corrected"', (value) =>
  value === 'reported' || value === 'counted' || value === 'corrected' ? value : undefined,
)
const textReader = valueReader('a string', (value) =>
  typeof value === 'string' ? value : undefined,
)

const workReader = objectReader<Work>(
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

const receiptReader = objectReader<Receipt>(
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

const priceSheetReader = objectReader<PriceSheet>(
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
    domain: objectReader<ParsedReceipt['domain']>(
      {
        name: textReader,
        version: textReader,
        chainId: uint64Reader,
        verifyingContract: addressReader,
      },
      'refused',
    ),
    priceSheet: priceSheetReader,
    usage: objectReader<ParsedReceipt['usage']>({ source: sourceReader }, 'ignored'),
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
  } catch (error) {
    return fault('JSON', error instanceof Error ? error.message : 'something else')
  }
  const repeated = findRepeatedKey(text)
  if (repeated !== undefined) return fault('the field once', 'it twice', repeated)
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
