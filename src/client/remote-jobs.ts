/* Jobs of contracts as the admin API of a gateway tells them; docs/jobs.md says what the members mean. */
import type { Address, AtomicAmount, Bytes32 } from '../domain/units.ts'
import { objectReader, type Reader } from './object-reader.ts'
import {
  addressReader,
  amountReader,
  bytes32Reader,
  listReader,
  orNull,
  textReader,
  truthReader,
  uint16Reader,
  uint64Reader,
} from './value-readers.ts'

type RemoteJobAnswer = {
  readonly contributor: string | null
  readonly content_hash: Bytes32
  readonly receipt_id: Bytes32
}

/** Times are unix seconds, amounts atomic units of the coordinator's asset. */
export type RemoteJob = {
  readonly id: Bytes32
  readonly source: string
  readonly chain_id: number
  readonly coordinator: Address
  readonly consumer: Address
  readonly model_id: Bytes32
  readonly model: string | null
  readonly tiers: number
  readonly agreement: number
  readonly max_fee: AtomicAmount
  readonly delivery_fee: AtomicAmount
  readonly callback_gas: number
  readonly input_hash: Bytes32
  readonly is_private: boolean
  readonly state: string
  readonly reason: string | null
  /** The reason in words. */
  readonly explained: string | null
  readonly detail: string | null
  readonly failures: number
  readonly found_at: number
  readonly found_in_block: number
  readonly deadline: number
  readonly not_before: number
  readonly ended_at: number | null
  readonly transaction: Bytes32 | null
  readonly answers: readonly RemoteJobAnswer[]
}

const answerReader = objectReader<RemoteJobAnswer>(
  {
    contributor: orNull(textReader),
    content_hash: bytes32Reader,
    receipt_id: bytes32Reader,
  },
  'ignored',
)

export const remoteJobReader: Reader<RemoteJob> = objectReader<RemoteJob>(
  {
    id: bytes32Reader,
    source: textReader,
    chain_id: uint64Reader,
    coordinator: addressReader,
    consumer: addressReader,
    model_id: bytes32Reader,
    model: orNull(textReader),
    tiers: uint16Reader,
    agreement: uint16Reader,
    max_fee: amountReader,
    delivery_fee: amountReader,
    callback_gas: uint64Reader,
    input_hash: bytes32Reader,
    is_private: truthReader,
    state: textReader,
    reason: orNull(textReader),
    explained: orNull(textReader),
    detail: orNull(textReader),
    failures: uint64Reader,
    found_at: uint64Reader,
    found_in_block: uint64Reader,
    deadline: uint64Reader,
    not_before: uint64Reader,
    ended_at: orNull(uint64Reader),
    transaction: orNull(bytes32Reader),
    answers: listReader(answerReader),
  },
  'ignored',
)
