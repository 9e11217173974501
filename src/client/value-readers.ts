/*
 * Readers of the values that gateways answer: hex in any case becomes lower case, amounts are decimal strings, 64-bit
 * integers are JSON numbers below 2^53.
 */
import {
  type Address,
  type AtomicAmount,
  address,
  atomic,
  type Bytes32,
  bytes32,
  isAddress,
  isBytes32,
  isHex,
  type Signature,
  signature,
  type UnixSeconds,
  unixSeconds,
} from '../domain/units.ts'
import { type Reader, valueReader } from './object-reader.ts'

const amountMax = 2n ** 128n - 1n

export const bytes32Reader: Reader<Bytes32> = valueReader(
  '32 bytes as 0x and 64 hex digits',
  (value) => (isBytes32(value) ? bytes32(value) : undefined),
)
export const addressReader: Reader<Address> = valueReader(
  'an address as 0x and 40 hex digits',
  (value) => (isAddress(value) ? address(value) : undefined),
)
export const signatureReader: Reader<Signature> = valueReader(
  'a signature as 0x and hex digits',
  (value) => (isHex(value) ? signature(value) : undefined),
)
export const amountReader: Reader<AtomicAmount> = valueReader(
  'a decimal string from 0 to 2^128-1',
  (value) => {
    if (typeof value !== 'string' || !/^(0|[1-9][0-9]{0,38})$/.test(value)) return undefined
    const amount = BigInt(value)
    return amount <= amountMax ? atomic(amount) : undefined
  },
)
const wholeNumberReader = (max: number, range: string): Reader<number> =>
  valueReader(`a whole number from 0 to ${range}`, (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max
      ? value
      : undefined,
  )
export const uint16Reader: Reader<number> = wholeNumberReader(2 ** 16 - 1, '2^16-1')
export const uint32Reader: Reader<number> = wholeNumberReader(2 ** 32 - 1, '2^32-1')
/** Larger 64-bit numbers do not survive JSON. */
export const uint64Reader: Reader<number> = wholeNumberReader(Number.MAX_SAFE_INTEGER, '2^53-1')
export const secondsReader: Reader<UnixSeconds> = valueReader(
  'unix seconds, a whole number from 0 to 2^53-1',
  (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
      ? unixSeconds(value)
      : undefined,
)
/** What was measured: any number that is not negative. */
export const measureReader: Reader<number> = valueReader('a number from 0', (value) =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined,
)
export const textReader: Reader<string> = valueReader('a string', (value) =>
  typeof value === 'string' ? value : undefined,
)

export const truthReader: Reader<boolean> = valueReader('true or false', (value) =>
  typeof value === 'boolean' ? value : undefined,
)

/** Undefined where there is no such member. */
export const ifThere =
  <T>(reader: Reader<T>): Reader<T | undefined> =>
  (value, place) =>
    value === undefined ? undefined : reader(value, place)

/** Null, or what `reader` reads. */
export const orNull =
  <T>(reader: Reader<T>): Reader<T | null> =>
  (value, place) =>
    value === null ? null : reader(value, place)

export const listReader =
  <T>(reader: Reader<T>): Reader<readonly T[]> =>
  (value, { path, faults }) => {
    if (!Array.isArray(value)) {
      faults.push({ path, expected: 'a list', found: typeof value })
      return undefined
    }
    const faultsBefore = faults.length
    const items = value.flatMap((item, index) => {
      const read = reader(item, { path: `${path}[${index}]`, faults })
      return read === undefined ? [] : [read]
    })
    return faults.length === faultsBefore ? items : undefined
  }
