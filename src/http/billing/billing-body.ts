/*
 * Bodies of the billing routes as values. Members of typed data keep their EIP-712 spelling; every refusal names the
 * member that is at fault.
 */
import { err, ok, type Result } from '../../base/result.ts'
import type { ChannelConfig } from '../../domain/channel.ts'
import type { RequestRefusal } from '../../domain/refusal.ts'
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
} from '../../domain/units.ts'
import type { GatewayDoor } from '../../gateway/gateway-door.ts'
import { parseStrictJson } from '../strict-json.ts'

type Billing = GatewayDoor['billing']
export type VoucherBody = Parameters<Billing['acceptVoucher']>[0]
export type GrantBody = Parameters<Billing['grantKey']>[0]
export type RevokeBody = Parameters<Billing['revokeKey']>[0]
export type DepositBody = Parameters<Billing['deposit']>[0]
export type RefundBody = Parameters<Billing['refund']>[0]

export type Parsed<T> = Result<T, RequestRefusal>

/** `{chainId?, channelConfig, maxClaimableAmount, signature}` */
export const parseVoucher = (body: Buffer): Parsed<VoucherBody> =>
  parse(body, (fields) => ({
    chainId: fields.has('chainId') ? fields.integer('chainId') : undefined,
    config: configOf(fields.object('channelConfig')),
    maxClaimableAmount: fields.amount('maxClaimableAmount'),
    signature: fields.signature('signature'),
  }))

/** `{channelId, keyHash, spendCap?, expiresAt?, models?, nonce, label?, signature}` */
export const parseGrant = (body: Buffer): Parsed<GrantBody> =>
  parse(body, (fields) => ({
    ...keyOrderOf(fields),
    spendCap: fields.has('spendCap') ? fields.amount('spendCap') : atomic(0n),
    expiresAt: fields.has('expiresAt') ? fields.seconds('expiresAt') : unixSeconds(0),
    modelScope: fields.has('models') ? fields.models('models') : undefined,
    label: fields.has('label') ? fields.label('label') : '',
  }))

/** `{channelId, keyHash, nonce, signature}` */
export const parseRevoke = (body: Buffer): Parsed<RevokeBody> => parse(body, keyOrderOf)

/** `{channelId, validUntil, signature}` */
export const parseRefund = (body: Buffer): Parsed<RefundBody> =>
  parse(body, (fields) => ({
    channelId: fields.bytes32('channelId'),
    validUntil: fields.seconds('validUntil'),
    signature: fields.signature('signature'),
  }))

/** `{chainId?, channelConfig, amount, validAfter?, validBefore, salt, signature}`: an ERC-3009 authorization and where it goes. */
export const parseDeposit = (body: Buffer): Parsed<DepositBody> =>
  parse(body, (fields) => ({
    chainId: fields.has('chainId') ? fields.integer('chainId') : undefined,
    config: configOf(fields.object('channelConfig')),
    amount: fields.amount('amount'),
    authorization: {
      kind: 'eip3009',
      validAfter: fields.has('validAfter') ? fields.seconds('validAfter') : unixSeconds(0),
      validBefore: fields.seconds('validBefore'),
      salt: fields.bytes32('salt'),
      signature: fields.signature('signature'),
    },
  }))

const keyOrderOf = (fields: BodyFields): RevokeBody => ({
  channelId: fields.bytes32('channelId'),
  keyHash: fields.bytes32('keyHash').slice(2),
  nonce: fields.integer('nonce'),
  signature: fields.signature('signature'),
})

export const configOf = (fields: BodyFields): ChannelConfig => ({
  payer: fields.address('payer'),
  payerAuthorizer: fields.address('payerAuthorizer'),
  receiver: fields.address('receiver'),
  receiverAuthorizer: fields.address('receiverAuthorizer'),
  token: fields.address('token'),
  withdrawDelay: fields.integer('withdrawDelay', uint40Max),
  salt: fields.bytes32('salt'),
})

/** The contract's type of a delay. */
const uint40Max = 2 ** 40 - 1
const modelsMax = 100
const nameLengthMax = 128
const labelLengthMax = 64

/** A member that is not what it must be; thrown to the one `parse` that is around every reading. */
class BodyFault extends Error {
  readonly refusal: RequestRefusal

  constructor(refusal: RequestRefusal) {
    super(refusal.reason)
    this.refusal = refusal
  }
}

/** Reads a body with `read`, which asks for members one by one; the first that is wrong is the refusal. */
export function parse<T>(body: Buffer, read: (fields: BodyFields) => T): Parsed<T> {
  const json = parseStrictJson(body)
  if (!json.ok) return json
  try {
    return ok(read(new BodyFields(json.value, '')))
  } catch (error) {
    if (error instanceof BodyFault) return err(error.refusal)
    throw error
  }
}

export class BodyFields {
  readonly #values: Readonly<Record<string, unknown>>
  readonly #prefix: string

  constructor(value: unknown, prefix: string) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    this.#values = isObject ? (value as Readonly<Record<string, unknown>>) : {}
    this.#prefix = prefix
  }

  /** Null stands for absent, as in OpenAI's bodies. */
  has(name: string): boolean {
    return Object.hasOwn(this.#values, name) && this.#values[name] !== null
  }

  object(name: string): BodyFields {
    return new BodyFields(this.#of(name), `${this.#prefix}${name}.`)
  }

  address(name: string): Address {
    const value = this.#of(name)
    return isAddress(value) ? address(value) : this.#fail(name, 'an address')
  }

  bytes32(name: string): Bytes32 {
    const value = this.#of(name)
    return isBytes32(value) ? bytes32(value) : this.#fail(name, '32 bytes of hex')
  }

  signature(name: string): Signature {
    const value = this.#of(name)
    return isHex(value) ? signature(value) : this.#fail(name, 'hex bytes with 0x')
  }

  amount(name: string): AtomicAmount {
    return amountIn(this.#of(name)) ?? this.#fail(name, 'a decimal string of atomic units')
  }

  text(name: string): string {
    const value = this.#of(name)
    return isLine(value, nameLengthMax) ? value : this.#fail(name, 'a short text')
  }

  /** Any text that is well-formed. */
  string(name: string, lengthMax: number): string {
    const value = this.#of(name)
    const isText = typeof value === 'string' && value.length <= lengthMax && value.isWellFormed()
    return isText ? value : this.#fail(name, `text of at most ${lengthMax} characters`)
  }

  uint256(name: string): bigint {
    const value = this.#of(name)
    const amount = typeof value === 'string' && /^\d{1,78}$/.test(value) ? BigInt(value) : undefined
    return amount !== undefined && amount < 2n ** 256n
      ? amount
      : this.#fail(name, 'a decimal string of 256 bits')
  }

  /** A whole number that is written as text. */
  decimal(name: string): number {
    const value = this.uint256(name)
    return value <= Number.MAX_SAFE_INTEGER
      ? Number(value)
      : this.#fail(name, `a decimal string up to ${Number.MAX_SAFE_INTEGER}`)
  }

  seconds(name: string): UnixSeconds {
    return unixSeconds(this.integer(name))
  }

  integer(name: string, max: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#of(name)
    const isInRange =
      typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max
    return isInRange ? value : this.#fail(name, `a whole number from 0 to ${max}`)
  }

  flag(name: string): boolean {
    const value = this.#of(name)
    return typeof value === 'boolean' ? value : this.#fail(name, 'true or false')
  }

  oneOf<T extends number>(name: string, values: readonly T[]): T {
    const value = this.#of(name)
    return values.find((one) => one === value) ?? this.#fail(name, `one of ${values.join(', ')}`)
  }

  models(name: string): readonly string[] {
    const value = this.#of(name)
    const isScope =
      Array.isArray(value) &&
      value.length > 0 &&
      value.length <= modelsMax &&
      value.every((model) => isLine(model, nameLengthMax) && model !== '')
    return isScope ? value : this.#fail(name, `1 to ${modelsMax} names of models`)
  }

  label(name: string): string {
    const value = this.#of(name)
    return isLine(value, labelLengthMax)
      ? value
      : this.#fail(name, `one line of at most ${labelLengthMax} characters`)
  }

  #of(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined
  }

  #fail(name: string, expected: string): never {
    throw new BodyFault({ reason: 'invalid_type', param: this.#prefix + name, expected })
  }
}

/** A member's value as an amount; undefined where it is none. Its 38 digits are below 2^128. */
export const amountIn = (value: unknown): AtomicAmount | undefined =>
  typeof value === 'string' && /^\d{1,38}$/.test(value) ? atomic(BigInt(value)) : undefined

/** Text that a list can show: no line feeds, nothing that a terminal would obey, no half of a surrogate pair. */
const isLine = (value: unknown, lengthMax: number): value is string =>
  typeof value === 'string' &&
  value.length <= lengthMax &&
  value.isWellFormed() &&
  !/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(value)
