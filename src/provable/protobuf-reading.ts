/*
 * Messages of protocol buffers, field by field, out of bytes that anybody may have made. Nothing is copied, and nothing is read
 * beyond the bytes: a length that points behind them is a fault. Specification: protobuf.dev, "Encoding".
 */
import { protobufFieldsMax } from './limits.ts'
import { refuse } from './model-fault.ts'

export type Field =
  | { readonly number: number; readonly kind: 'varint'; readonly value: bigint }
  | { readonly number: number; readonly kind: 'fixed'; readonly bytes: Uint8Array }
  | { readonly number: number; readonly kind: 'bytes'; readonly bytes: Uint8Array }

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/** The fields of a message by their numbers, each in its order. */
export type Message = {
  readonly place: string
  readonly fields: ReadonlyMap<number, readonly Field[]>
}

/** Fields with other numbers than these are read past, as the specification has it. */
export function readMessage(
  bytes: Uint8Array,
  { place, numbers }: { readonly place: string; readonly numbers: readonly number[] },
): Message {
  const fields = new Map<number, Field[]>(numbers.map((number) => [number, []]))
  let count = 0
  for (let at = 0; at < bytes.length; ) {
    const { field, next } = fieldAt(bytes, at, place)
    at = next
    fields.get(field.number)?.push(field)
    count += 1
    if (count > protobufFieldsMax) refuse('limit_exceeded', place, 'has too many fields')
  }
  return { place, fields }
}

export const allOf = ({ fields }: Message, number: number): readonly Field[] =>
  fields.get(number) ?? []

/** A field that another reader would take the first or the last of, where there are two, is refused. */
export function onlyOf(message: Message, number: number): Field | undefined {
  const fields = allOf(message, number)
  if (fields.length < 2) return fields[0]
  return refuse('repeated_field', message.place, `has field ${number} twice`)
}

type Found = { readonly field: Field; readonly next: number }

function fieldAt(bytes: Uint8Array, at: number, place: string): Found {
  const tag = varintAt(bytes, at, place)
  const number = Number(tag.value >> 3n)
  if (number < 1 || number > 536_870_911) refuse('not_onnx', place, `has a field ${number}`)
  const wireType = Number(tag.value & 7n)
  switch (wireType) {
    case 0: {
      const { value, next } = varintAt(bytes, tag.next, place)
      return { field: { number, kind: 'varint', value }, next }
    }
    case 1:
    case 5: {
      const length = { value: wireType === 1 ? 8n : 4n, next: tag.next }
      const fixed = bytesAt(bytes, length, place)
      return { field: { number, kind: 'fixed', bytes: fixed }, next: tag.next + fixed.length }
    }
    case 2: {
      const length = varintAt(bytes, tag.next, place)
      const inner = bytesAt(bytes, length, place)
      return { field: { number, kind: 'bytes', bytes: inner }, next: length.next + inner.length }
    }
    default:
      return refuse('not_onnx', place, `has a field of type ${wireType}`)
  }
}

function bytesAt(
  message: Uint8Array,
  { value, next }: { readonly value: bigint; readonly next: number },
  place: string,
): Uint8Array {
  if (value > BigInt(message.length - next)) refuse('not_onnx', place, 'ends within a field')
  return message.subarray(next, next + Number(value))
}

/** At most ten bytes of seven bits, and 64 bits at most. Numbers of up to four bytes, which almost all are, need no bigint steps. */
function varintAt(
  bytes: Uint8Array,
  from: number,
  place: string,
): { readonly value: bigint; readonly next: number } {
  let low = 0
  let value = 0n
  for (let index = 0; index < 10; index += 1) {
    const byte = bytes[from + index]
    if (byte === undefined) return refuse('not_onnx', place, 'ends within a number')
    if (index < 4) low += (byte & 0x7f) * 2 ** (7 * index)
    else value += BigInt(byte & 0x7f) << BigInt(7 * index)
    if (byte >= 0x80) continue
    const sum = value + BigInt(low)
    if (sum >= 1n << 64n) break
    return { value: sum, next: from + index + 1 }
  }
  return refuse('not_onnx', place, 'has a number of more than 64 bits')
}

/** Numbers that are packed into one field. */
export function* packedVarints(bytes: Uint8Array, place: string): Generator<bigint> {
  for (let at = 0; at < bytes.length; ) {
    const { value, next } = varintAt(bytes, at, place)
    at = next
    yield value
  }
}

export type TextTerms = { readonly place: string; readonly bytesMax: number }

/** Empty where the field is not there. */
export function textOf(field: Field | undefined, { place, bytesMax }: TextTerms): string {
  if (field === undefined) return ''
  if (field.kind !== 'bytes') return refuse('not_onnx', place, 'is no text')
  if (field.bytes.length > bytesMax) return refuse('limit_exceeded', place, 'is too long a text')
  try {
    return strictUtf8.decode(field.bytes)
  } catch {
    return refuse('bad_name', place, 'is no UTF-8')
  }
}

export const bytesOf = (field: Field, place: string): Uint8Array =>
  field.kind === 'bytes' ? field.bytes : refuse('not_onnx', place, 'is no message')

/** An `int64`, cut to what a double holds: larger ones stand for "to the end". */
export function integerOf(field: Field, place: string): number {
  return field.kind === 'varint' ? cutInt64(field.value) : refuse('not_onnx', place, 'is no number')
}

const integerMax = BigInt(Number.MAX_SAFE_INTEGER)

export function cutInt64(unsigned: bigint): number {
  const value = BigInt.asIntN(64, unsigned)
  if (value > integerMax) return Number.MAX_SAFE_INTEGER
  return value < -integerMax ? -Number.MAX_SAFE_INTEGER : Number(value)
}
