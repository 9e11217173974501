/*
 * Signed batches and batch proofs as JSON: amounts are decimal strings, coordinates and scalars words of 32 bytes, all else as in
 * receipts.
 */
import { utf8Text } from '../base/bytes.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { BatchProof } from '../proofs/batch-proof.ts'
import type { BatchStatement } from '../proofs/batch-statement.ts'
import { scalarOf, scalarWord } from '../proofs/field.ts'
import { readProof } from '../proofs/proof.ts'
import type { BatchEntry, SignedBatch } from '../proofs/signed-batch.ts'
import type { JubjubPoint, UsageSignature } from '../proofs/usage-signature.ts'
import { findRepeatedKey } from './find-repeated-key.ts'
import { objectReader, type Reader, type ShapeFault, valueReader } from './object-reader.ts'
import { priceSheetReader } from './parse-receipt-document.ts'
import {
  addressReader,
  amountReader,
  bytes32Reader,
  listReader,
  secondsReader,
  signatureReader,
  uint32Reader,
  uint64Reader,
} from './value-readers.ts'

/** Sixteen receipts and a price sheet take 6 KB, a proof and its key 4. */
const batchDocumentBytesMax: number = 64 * 1024

const scalarReader: Reader<bigint> = (value, place) => {
  const word = bytes32Reader(value, place)
  if (word === undefined) return undefined
  const scalar = scalarOf(word)
  if (scalar === undefined) {
    place.faults.push({ path: place.path, expected: 'a field element', found: word })
  }
  return scalar
}
const pointReader = objectReader<JubjubPoint>({ x: scalarReader, y: scalarReader }, 'refused')

const nameReader = <Name extends string>(name: Name): Reader<Name> =>
  valueReader(`"${name}"`, (value) => (value === name ? name : undefined))

const statementReader: Reader<BatchStatement> = objectReader<BatchStatement>(
  {
    domainSeparator: bytes32Reader,
    channelId: bytes32Reader,
    gateway: addressReader,
    contributor: addressReader,
    priceSheet: priceSheetReader,
    firstSeq: uint64Reader,
    count: uint32Reader,
    total: amountReader,
    priced: amountReader,
    previousDigest: bytes32Reader,
    lastDigest: bytes32Reader,
    firstFinishedAt: secondsReader,
    lastFinishedAt: secondsReader,
    usageKey: bytes32Reader,
  },
  'refused',
)

const entryReader: Reader<BatchEntry> = objectReader<BatchEntry>(
  {
    receiptDigest: bytes32Reader,
    promptTokens: uint32Reader,
    cachedPromptTokens: uint32Reader,
    completionTokens: uint32Reader,
    cost: amountReader,
  },
  'refused',
)

const signedBatchReader: Reader<SignedBatch> = objectReader<SignedBatch>(
  {
    object: nameReader('vouch.signed-batch'),
    statement: statementReader,
    entries: listReader(entryReader),
    key: pointReader,
    signature: objectReader<UsageSignature>(
      { nonce: pointReader, response: scalarReader },
      'refused',
    ),
    endorsement: signatureReader,
  },
  'refused',
)

const batchProofReader: Reader<BatchProof> = objectReader<BatchProof>(
  {
    object: nameReader('vouch.batch-proof'),
    statement: statementReader,
    endorsement: signatureReader,
    proof: (value, { path, faults }) => {
      const proof = readProof(value)
      if (proof.ok) return proof.value
      faults.push(...proof.error.map((fault) => ({ ...fault, path: `${path}.${fault.path}` })))
      return undefined
    },
  },
  'refused',
)

export const parseSignedBatch = (bytes: Uint8Array): Result<SignedBatch, readonly ShapeFault[]> =>
  parsed(bytes, signedBatchReader)

export const parseBatchProof = (bytes: Uint8Array): Result<BatchProof, readonly ShapeFault[]> =>
  parsed(bytes, batchProofReader)

function parsed<T>(bytes: Uint8Array, reader: Reader<T>): Result<T, readonly ShapeFault[]> {
  const fault = (expected: string): Result<never, readonly ShapeFault[]> =>
    err([{ path: '', expected, found: 'something else' }])
  if (bytes.length > batchDocumentBytesMax) return fault(`at most ${batchDocumentBytesMax} bytes`)
  const text = utf8Text(bytes)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return fault('JSON')
  }
  const repeated = findRepeatedKey(text)
  if (repeated !== undefined) {
    return err([{ path: repeated, expected: 'the field once', found: 'it twice' }])
  }
  const faults: ShapeFault[] = []
  const read = reader(value, { path: '', faults })
  return read === undefined ? err(faults) : ok(read)
}

/** What `parseSignedBatch` reads. */
export const signedBatchText = ({ key, signature, ...batch }: SignedBatch): string =>
  textOf({
    ...batch,
    key: pointWords(key),
    signature: {
      nonce: pointWords(signature.nonce),
      response: scalarWord(signature.response),
    },
  })

/** What `parseBatchProof` reads. */
export const batchProofText = (proof: BatchProof): string => textOf(proof)

const pointWords = ({ x, y }: JubjubPoint) => ({ x: scalarWord(x), y: scalarWord(y) })

const textOf = (document: object): string =>
  `${JSON.stringify(
    document,
    (_name, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
    2,
  )}\n`
