/*
 * Evidence of a fault as JSON: what whoever found it hands to `vouch slash`, and exactly what the contract is told then.
 * Kinds and what each costs: docs/slashing.md. A file is no verdict; judge-fault.ts and the contract judge it.
 */
import { err, ok, type Result } from '../base/result.ts'
import type { SignedVerdict } from '../domain/audit.ts'
import type { SignedCheckpoint } from '../domain/checkpoint.ts'
import type { PriceSheet } from '../domain/price-sheet.ts'
import type { Receipt, SignedReceipt, SignedWork } from '../domain/receipt.ts'
import type { Address, Bytes32, Signature } from '../domain/units.ts'
import { findRepeatedKey } from './find-repeated-key.ts'
import { objectReader, type Reader, type ShapeFault, valueReader } from './object-reader.ts'
import {
  checkpointReader,
  domainReader,
  type ParsedReceipt,
  priceSheetReader,
  receiptReader,
  workReader,
} from './parse-receipt-document.ts'
import {
  addressReader,
  bytes32Reader,
  listReader,
  signatureReader,
  uint16Reader,
  uint64Reader,
} from './value-readers.ts'
import { verdictReader } from './verdict-reader.ts'

/** The EIP-712 domain that the statements were signed under: evidence counts on one chain, for one verifier. */
type UnderDomain = { readonly object: 'vouch.fault'; readonly domain: ParsedReceipt['domain'] }

/** What a gateway signed, without what its contributor did. */
export type GatewaySignedReceipt = {
  readonly receipt: Receipt
  readonly gatewaySignature: Signature
}

type Pair<T> = readonly [first: T, second: T]

/** S1: one contributor, one (gateway, jobId), two Works that differ. */
export type WorkEquivocation = UnderDomain & {
  readonly kind: 'S1'
  readonly works: Pair<SignedWork>
}

/** S1: one contributor, one (gateway, jobId) and index, two Checkpoints that differ. */
export type CheckpointEquivocation = UnderDomain & {
  readonly kind: 'S1'
  readonly checkpoints: Pair<SignedCheckpoint>
}

/** S2: one gateway, two receipts that differ under one `gatewaySeq` or one (channelId, channelSeq). */
export type ReceiptEquivocation = UnderDomain & {
  readonly kind: 'S2'
  readonly receipts: Pair<GatewaySignedReceipt>
}

/** S3: a receipt that costs more than its own price sheet allows. */
export type Overcharge = UnderDomain &
  GatewaySignedReceipt & { readonly kind: 'S3'; readonly priceSheet: PriceSheet }

/** S4: a receipt whose `anchorBy` is past and that was not anchored by then. */
export type BrokenPromise = UnderDomain & GatewaySignedReceipt & { readonly kind: 'S4' }

/** S5: a receipt that claims this tier (16 or 64) with nothing registered behind it. */
export type FalseTier = UnderDomain &
  GatewaySignedReceipt & { readonly kind: 'S5'; readonly tier: number }

/** S6: a job that its contributor accepted and did not deliver. All the evidence is on chain. */
type NonDelivery = {
  readonly object: 'vouch.fault'
  readonly kind: 'S6'
  readonly chainId: number
  /** The InferenceCoordinator that keeps the job. */
  readonly coordinator: Address
  readonly jobId: Bytes32
}

/** S7: a receipt whose re-execution gave something else. The jury re-executes; the verdicts say why it should. */
export type WrongExecution = UnderDomain &
  SignedReceipt & { readonly kind: 'S7'; readonly verdicts: readonly SignedVerdict[] }

export type FaultEvidence =
  | WorkEquivocation
  | CheckpointEquivocation
  | ReceiptEquivocation
  | Overcharge
  | BrokenPromise
  | FalseTier
  | NonDelivery
  | WrongExecution

export type FaultKind = FaultEvidence['kind']

/** A pair of receipts has 5 KB; what is many times larger is something else. */
export const faultEvidenceBytesMax: number = 64 * 1024

const literalReader = <T extends string>(text: T): Reader<T> =>
  valueReader(`"${text}"`, (value) => (value === text ? text : undefined))

const object = literalReader('vouch.fault')
const underDomain = { object, domain: domainReader }
const gatewaySigned = { receipt: receiptReader, gatewaySignature: signatureReader }

/** Exactly two; that they differ is for the judge. */
const pairReader = <T>(reader: Reader<T>): Reader<Pair<T>> => {
  const list = listReader(reader)
  return (value, place) => {
    const items = list(value, place)
    if (items === undefined) return undefined
    const [first, second] = items
    if (first !== undefined && second !== undefined && items.length === 2) return [first, second]
    place.faults.push({ path: place.path, expected: 'two', found: `${items.length}` })
    return undefined
  }
}

const workEquivocation = objectReader<WorkEquivocation>(
  {
    ...underDomain,
    kind: literalReader('S1'),
    works: pairReader(
      objectReader<SignedWork>({ work: workReader, signature: signatureReader }, 'refused'),
    ),
  },
  'refused',
)
const checkpointEquivocation = objectReader<CheckpointEquivocation>(
  {
    ...underDomain,
    kind: literalReader('S1'),
    checkpoints: pairReader(
      objectReader<SignedCheckpoint>(
        { checkpoint: checkpointReader, signature: signatureReader },
        'refused',
      ),
    ),
  },
  'refused',
)

const signedVerdictReader = objectReader<SignedVerdict>(
  { verdict: verdictReader, signature: signatureReader },
  'refused',
)

/** S1 comes in two shapes; the other kinds in one. Each refuses what it does not know. */
const readers: { readonly [K in FaultKind]: Reader<FaultEvidence> } = {
  S1: (value, place) =>
    hasMember(value, 'checkpoints')
      ? checkpointEquivocation(value, place)
      : workEquivocation(value, place),
  S2: objectReader<ReceiptEquivocation>(
    {
      ...underDomain,
      kind: literalReader('S2'),
      receipts: pairReader(objectReader<GatewaySignedReceipt>(gatewaySigned, 'refused')),
    },
    'refused',
  ),
  S3: objectReader<Overcharge>(
    { ...underDomain, ...gatewaySigned, kind: literalReader('S3'), priceSheet: priceSheetReader },
    'refused',
  ),
  S4: objectReader<BrokenPromise>(
    { ...underDomain, ...gatewaySigned, kind: literalReader('S4') },
    'refused',
  ),
  S5: objectReader<FalseTier>(
    { ...underDomain, ...gatewaySigned, kind: literalReader('S5'), tier: uint16Reader },
    'refused',
  ),
  S6: objectReader<NonDelivery>(
    {
      object,
      kind: literalReader('S6'),
      chainId: uint64Reader,
      coordinator: addressReader,
      jobId: bytes32Reader,
    },
    'refused',
  ),
  S7: objectReader<WrongExecution>(
    {
      ...underDomain,
      ...gatewaySigned,
      contributorSignature: signatureReader,
      kind: literalReader('S7'),
      verdicts: listReader(signedVerdictReader),
    },
    'refused',
  ),
}

const hasMember = <K extends string>(value: unknown, name: K): value is { [N in K]: unknown } =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)

const isKind = (value: unknown): value is FaultKind =>
  typeof value === 'string' && Object.hasOwn(readers, value)

/** The evidence in a file, or every fault in its shape. */
export function parseFaultEvidence(
  bytes: Uint8Array,
): Result<FaultEvidence, readonly ShapeFault[]> {
  const fault = (expected: string, found: string, path = '') => err([{ path, expected, found }])
  if (bytes.length > faultEvidenceBytesMax) {
    return fault(`at most ${faultEvidenceBytesMax} bytes`, `${bytes.length} bytes`)
  }
  let value: unknown
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    value = JSON.parse(text)
  } catch (error) {
    return fault('JSON in UTF-8', error instanceof Error ? error.message : 'something else')
  }
  const repeated = findRepeatedKey(text)
  if (repeated !== undefined) return fault('the field once', 'it twice', repeated)
  return readFaultEvidence(value)
}

/** The same from JSON that was parsed, and looked through for repeated keys, by the caller. */
export function readFaultEvidence(value: unknown): Result<FaultEvidence, readonly ShapeFault[]> {
  const kind = hasMember(value, 'kind') ? value.kind : undefined
  if (!isKind(kind)) {
    const expected = 'an object of kind "S1" to "S7"'
    return err([{ path: 'kind', expected, found: JSON.stringify(kind) ?? 'nothing' }])
  }
  const faults: ShapeFault[] = []
  const evidence = readers[kind](value, { path: '', faults })
  return evidence === undefined ? err(faults) : ok(evidence)
}

/** One line of JSON without a line feed, so that evidence can lie in JSONL too. Amounts are decimal strings. */
export const formatFaultEvidence = (evidence: FaultEvidence): string =>
  JSON.stringify(evidence, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  )
