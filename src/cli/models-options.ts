import type { Result } from '../base/result.ts'
import { type ModelStore, openModelStore } from '../model-store/model-store.ts'
import type { StoreFault } from '../model-store/store-fault.ts'
import { CommandFailure } from './command.ts'

export const modelOptions = {
  store: { type: 'string', default: '.vouch/models' },
  version: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

/** What every action of `vouch models` is given. */
export type ModelTerms = {
  readonly store: ModelStore
  /** What stands behind the action. */
  readonly named: readonly string[]
  readonly version: string | undefined
  readonly from: string | undefined
  readonly to: string | undefined
  readonly isTrial: boolean
  readonly isJson: boolean
}

export function readModelTerms(
  values: {
    readonly store: string
    readonly version?: string | undefined
    readonly from?: string | undefined
    readonly to?: string | undefined
    readonly 'dry-run': boolean
    readonly json: boolean
  },
  named: readonly string[],
): ModelTerms {
  const { version, from, to } = values
  const isTrial = values['dry-run']
  return {
    store: openModelStore(values.store),
    named,
    version,
    from,
    to,
    isTrial,
    isJson: values.json,
  }
}

/** The one thing that the action is about. Throws CommandFailure. */
export function oneNamed({ named }: ModelTerms, what: string): string {
  const [first, ...more] = named
  if (first !== undefined && more.length === 0) return first
  throw new CommandFailure(`this needs ${what}, and nothing else`, 2)
}

export function orStoreFailure<T>(result: Result<T, StoreFault>): T {
  if (result.ok) return result.value
  throw new CommandFailure(result.error.detail, result.error.kind === 'invalid' ? 2 : 1)
}
