/*
 * What a contributor says of itself when its gateway asks (`GET /v1/vouch/capacity`): hints, not facts. What a gateway does
 * with each of them is in docs/market.md.
 */
import {
  reportedCountMax,
  reportedGpusMax,
  reportedModelsMax,
  reportedNameLengthMax,
} from '../base/limits.ts'
import type { TokenPrices } from './price-sheet.ts'
import { type AtomicAmount, atomic } from './units.ts'

export type CapacityReport = {
  /** Requests that it answers now, whoever asked for them. */
  readonly running: number
  /** Requests that it took and has not begun. */
  readonly waiting: number
  /** Requests that it can answer at the same time; 0 takes none now. */
  readonly slots: number
  /** Of one request, by its own measurement; undefined before the first. */
  readonly tokensPerSecond: { readonly prompt: number; readonly completion: number } | undefined
  readonly contextTokensMax: number | undefined
  readonly region: string | undefined
  readonly gpus: readonly ReportedGpu[]
  /** It is about to leave: what runs is answered, and nothing new is taken. */
  readonly draining: boolean
  readonly models: readonly ReportedModel[]
}

export type ReportedGpu = {
  readonly name: string
  readonly memoryMb: number
  readonly memoryUsedMb: number
  /** 0 … 1. */
  readonly utilization: number
}

type ReportedModel = {
  /** As a request names it in `model` there. */
  readonly id: string
  /** Asked from now on, in atomic units of the gateway's home asset per million tokens. */
  readonly prices: TokenPrices
}

/** The body of the answer. */
export function writeCapacityReport(report: CapacityReport): string {
  const { tokensPerSecond, contextTokensMax, region, running, waiting, slots, draining } = report
  return JSON.stringify({
    object: 'vouch.capacity',
    running,
    waiting,
    slots,
    tokens_per_second: tokensPerSecond ?? null,
    context_tokens_max: contextTokensMax ?? null,
    region: region ?? null,
    gpus: report.gpus.map(({ name, memoryMb, memoryUsedMb, utilization }) => ({
      name,
      memory_mb: memoryMb,
      memory_used_mb: memoryUsedMb,
      utilization,
    })),
    draining,
    models: report.models.map(({ id, prices }) => ({
      id,
      price: {
        prompt: String(prices.promptAtomicPerMtok),
        cached_prompt: String(prices.cachedPromptAtomicPerMtok),
        completion: String(prices.completionAtomicPerMtok),
      },
    })),
  })
}

/**
 * Undefined for whatever is not wholly a report: one number that cannot be makes all the others doubtful. Members that it does
 * not know are passed over, so that newer contributors may say more.
 */
export function readCapacityReport(text: string): CapacityReport | undefined {
  const fields = parseFields(text)
  if (fields?.['object'] !== 'vouch.capacity') return undefined
  const report = {
    running: count(fields['running']),
    waiting: count(fields['waiting']),
    slots: count(fields['slots']),
    draining: typeof fields['draining'] === 'boolean' ? fields['draining'] : undefined,
    gpus: listOf(fields['gpus'], reportedGpusMax, readGpu),
    models: listOf(fields['models'], reportedModelsMax, readModel),
  }
  const said = {
    tokensPerSecond: orNull(fields['tokens_per_second'], readSpeed),
    contextTokensMax: orNull(fields['context_tokens_max'], count),
    region: orNull(fields['region'], name),
  }
  if (!isWhole(report) || Object.values(said).includes(unreadable)) return undefined
  return { ...report, ...(said as Said) }
}

type Fields = Readonly<Record<string, unknown>>
type Said = Pick<CapacityReport, 'tokensPerSecond' | 'contextTokensMax' | 'region'>

/** Beside undefined, which a report may say of what it does not know. */
const unreadable = Symbol('unreadable')

function orNull<T>(
  value: unknown,
  read: (value: unknown) => T | undefined,
): T | undefined | typeof unreadable {
  return value === null || value === undefined ? undefined : (read(value) ?? unreadable)
}

function parseFields(text: string): Fields | undefined {
  try {
    return fieldsOf(JSON.parse(text))
  } catch {
    return undefined
  }
}

const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : undefined

const count = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= reportedCountMax
    ? (value as number)
    : undefined

/** JSON has no NaN, and numbers beyond a double are read as infinite. */
const measure = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 && value <= reportedCountMax ? value : undefined

const share = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 && value <= 1 ? value : undefined

/** It is shown to people: no line breaks and nothing else that terminals obey. */
const name = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length <= reportedNameLengthMax && /^[^\p{C}]+$/u.test(value)
    ? value
    : undefined

const price = (value: unknown): AtomicAmount | undefined => {
  if (typeof value !== 'string' || !/^(0|[1-9][0-9]{0,38})$/.test(value)) return undefined
  const amount = BigInt(value)
  return amount < 2n ** 128n ? atomic(amount) : undefined
}

function readSpeed(value: unknown): CapacityReport['tokensPerSecond'] {
  const fields = fieldsOf(value) ?? {}
  const speed = { prompt: measure(fields['prompt']), completion: measure(fields['completion']) }
  return isWhole(speed) ? speed : undefined
}

function readGpu(value: unknown): ReportedGpu | undefined {
  const fields = fieldsOf(value) ?? {}
  const gpu = {
    name: name(fields['name']),
    memoryMb: measure(fields['memory_mb']),
    memoryUsedMb: measure(fields['memory_used_mb']),
    utilization: share(fields['utilization']),
  }
  return isWhole(gpu) ? gpu : undefined
}

function readModel(value: unknown): ReportedModel | undefined {
  const fields = fieldsOf(value) ?? {}
  const asked = fieldsOf(fields['price']) ?? {}
  const prices = {
    promptAtomicPerMtok: price(asked['prompt']),
    cachedPromptAtomicPerMtok: price(asked['cached_prompt']),
    completionAtomicPerMtok: price(asked['completion']),
  }
  const id = name(fields['id'])
  return id !== undefined && isWhole(prices) ? { id, prices } : undefined
}

function listOf<T>(
  value: unknown,
  max: number,
  read: (value: unknown) => T | undefined,
): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > max) return undefined
  const list: T[] = []
  for (const item of value) {
    const one = read(item)
    if (one === undefined) return undefined
    list.push(one)
  }
  return list
}

const isWhole = <T extends object>(
  parts: T,
): parts is T & { readonly [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.values(parts).every((part) => part !== undefined)
