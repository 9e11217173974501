import { objectReader, type Reader } from '../client/object-reader.ts'
import {
  addressReader,
  amountReader,
  bytes32Reader,
  ifThere,
  secondsReader,
  textReader,
  uint64Reader,
} from '../client/value-readers.ts'
import type { Address, AtomicAmount, Bytes32, UnixSeconds } from '../domain/units.ts'

/** What is known of a contract's job before it is answered. Amounts are atomic units of its coordinator's asset. */
export type PromisedJob = {
  /** The chain's own id of it. */
  readonly jobId: Bytes32
  readonly gateway: Address
  readonly chainId: number
  readonly coordinator: Address
  /** sha256 of the body that is answered: another one under the same id never is. */
  readonly inputHash: Bytes32
  /** The chain's newest block when our node said that it is payable: its answer comes after it. */
  readonly atBlock: number
  /** Not before the job's deadline by our clock: until then its answer is given again to whoever asks. */
  readonly keepUntilS: UnixSeconds
  /** What the coordinator owes for the answer… */
  readonly fee: AtomicAmount
  /** …and what it is worth at our own prices. At most, until it is answered. */
  readonly worth: AtomicAmount
}

/** What was signed, and of what. */
export type AnswerHead = {
  /** The value of `x-vouch-work`. */
  readonly work: string
  readonly contentType: string
  readonly contentHash: Bytes32
}

/** A contract's job; without an answer nothing of it has left. */
export type ContractJobRecord = PromisedJob & { readonly answer?: AnswerHead | undefined }

export const writeRecord = (record: ContractJobRecord): string =>
  JSON.stringify(record, (_, value) => (typeof value === 'bigint' ? String(value) : value))

const recordReader: Reader<ContractJobRecord> = objectReader<ContractJobRecord>(
  {
    jobId: bytes32Reader,
    gateway: addressReader,
    chainId: uint64Reader,
    coordinator: addressReader,
    inputHash: bytes32Reader,
    atBlock: uint64Reader,
    keepUntilS: secondsReader,
    fee: amountReader,
    worth: amountReader,
    answer: ifThere(
      objectReader<AnswerHead>(
        { work: textReader, contentType: textReader, contentHash: bytes32Reader },
        'refused',
      ),
    ),
  },
  'refused',
)

/** Undefined for whatever `writeRecord` does not write. */
export function readRecord(text: string): ContractJobRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return recordReader(value, { path: '', faults: [] })
}
