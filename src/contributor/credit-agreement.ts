import { readFile } from 'node:fs/promises'
import { err, ok, type Result } from '../base/result.ts'
import type { TokenPrices } from '../domain/price-sheet.ts'
import { type Address, type AtomicAmount, address, atomic, isAddress } from '../domain/units.ts'

/** What contributor and gateway agreed on: the contributor works for nothing else. */
export type CreditAgreement = {
  /** Operator account of the gateway that is served. */
  readonly gateway: Address
  readonly chainId: number
  /** The contract that holds the payout channel. */
  readonly settlement: Address
  readonly token: Address
  /** Where the contributor's money goes. */
  readonly receiver: Address
  /** The shortest time, in seconds, between the gateway's wish to withdraw and its success. */
  readonly withdrawDelayMinS: number
  /** What the gateway sells an answer for, in atomic units of the token… */
  readonly prices: TokenPrices
  /** …and what it keeps of that, in hundredths of a percent. */
  readonly feeBps: number
}

/** Errors are one line for a person. */
export async function readAgreement(path: string): Promise<Result<CreditAgreement, string>> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    return err(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`)
  }
  const parsed = parseAgreement(text)
  return parsed.ok ? parsed : err(`${path}: ${parsed.error}`)
}

export const agreementJson = (agreement: CreditAgreement): string =>
  JSON.stringify(agreement, (_, value) => (typeof value === 'bigint' ? String(value) : value), 2)

type Fields = Readonly<Record<string, unknown>>

export function parseAgreement(text: string): Result<CreditAgreement, string> {
  let fields: Fields
  try {
    fields = JSON.parse(text) as Fields
  } catch {
    return err('no JSON')
  }
  const prices = fields?.['prices'] as Fields | undefined
  const faults: string[] = []
  const check = <T>(name: string, value: T | undefined, expected: string): T => {
    if (value === undefined) faults.push(`${name} is ${expected}`)
    return value as T
  }
  const account = (name: string) => check(name, readAddress(fields?.[name]), '0x and 40 hex digits')
  const whole = (name: string, max: number) =>
    check(name, readWhole(fields?.[name], max), `a whole number up to ${max}`)
  const amount = (name: string) =>
    check(name, readAmount(prices?.[name]), 'a decimal string of atomic units for a million tokens')
  const agreement = {
    gateway: account('gateway'),
    chainId: whole('chainId', Number.MAX_SAFE_INTEGER),
    settlement: account('settlement'),
    token: account('token'),
    receiver: account('receiver'),
    withdrawDelayMinS: whole('withdrawDelayMinS', 30 * 86_400),
    prices: {
      promptAtomicPerMtok: amount('promptAtomicPerMtok'),
      cachedPromptAtomicPerMtok: amount('cachedPromptAtomicPerMtok'),
      completionAtomicPerMtok: amount('completionAtomicPerMtok'),
    },
    feeBps: whole('feeBps', 10_000),
  }
  const [fault] = faults
  return fault === undefined ? ok(agreement) : err(fault)
}

const readAddress = (value: unknown): Address | undefined =>
  isAddress(value) ? address(value) : undefined

const readWhole = (value: unknown, max: number): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max
    ? value
    : undefined

const readAmount = (value: unknown): AtomicAmount | undefined =>
  typeof value === 'string' && /^\d{1,30}$/.test(value) ? atomic(BigInt(value)) : undefined
