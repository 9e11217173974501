import { type Caller, type LimitOverride, limitNames } from '../domain/caller-limits.ts'
import { microUsd } from '../domain/exchange.ts'

/** What the operator said of single callers, as of one moment, in the order of their names. */
export type OverrideBook = {
  /** Rises with every change. */
  readonly version: number
  readonly overrides: readonly { readonly caller: Caller; readonly override: LimitOverride }[]
}

/**
 * What the operator said of single callers while gateways ran. It changes rarely and is read whole. What resolves is
 * durable. Implementations are held to each other by test/conformance/caller-limits-store.test.ts. All reject with
 * StoreFailure.
 */
export type CallerLimitsStore = {
  /** One small question: whether the book must be read again. */
  readonly version: () => Promise<number>
  readonly read: () => Promise<OverrideBook>
  /** In the place of what was said of the caller before. */
  readonly put: (caller: Caller, override: LimitOverride) => Promise<void>
  /** False when nothing was said of the caller. */
  readonly remove: (caller: Caller) => Promise<boolean>
  readonly close: () => Promise<void>
}

/** What a row is found by. */
export const callerName = ({ kind, id }: Caller): string => `${kind}/${id}`

function callerOf(name: string): Caller {
  const slash = name.indexOf('/')
  return { kind: name.slice(0, slash) as Caller['kind'], id: name.slice(slash + 1) }
}

/** As both stores keep it. JSON's numbers are doubles, so money is decimal text. */
export const overrideText = (override: LimitOverride): string =>
  JSON.stringify(override, (_, value) => (typeof value === 'bigint' ? String(value) : value))

export const overrideRow = (name: string, text: string): OverrideBook['overrides'][number] => ({
  caller: callerOf(name),
  override: overrideOf(text),
})

function overrideOf(text: string): LimitOverride {
  const stored = JSON.parse(text) as Record<string, number | string | null>
  const known = limitNames
    .filter((name) => stored[name] !== undefined)
    .map((name) => {
      const said = stored[name]
      return [name, typeof said === 'string' ? microUsd(BigInt(said)) : said]
    })
  return Object.fromEntries(known) as LimitOverride
}
