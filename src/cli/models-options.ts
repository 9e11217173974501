import { parseArgs } from 'node:util'
import type { Result } from '../base/result.ts'
import { type ModelStore, openModelStore } from '../model-store/model-store.ts'
import type { StoreFault } from '../model-store/store-fault.ts'
import { CommandFailure } from './command.ts'

const modelOptions = {
  store: { type: 'string', default: '.vouch/models' },
  version: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  input: { type: 'string' },
  prove: { type: 'string', default: 'auto' },
  name: { type: 'string' },
  rpc: { type: 'string' },
  'key-file': { type: 'string' },
  'model-proofs': { type: 'string' },
  provers: { type: 'string' },
  'zk-home': { type: 'string' },
  'ptau-sha256': { type: 'string' },
  crs: { type: 'string' },
  'circuit-to': { type: 'string' },
  'until-input-ends': { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
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
  readonly storeFolder: string
  readonly deploy: DeployTerms
}

/** Of `deploy` alone. */
type DeployTerms = {
  /** A JSON file with rows of inputs. */
  readonly input: string | undefined
  readonly prove: string
  readonly name: string | undefined
  readonly rpc: string | undefined
  readonly keyFile: string | undefined
  readonly modelProofs: string | undefined
  readonly provers: string | undefined
  readonly zkHome: string | undefined
  /** Of the phase-1 file that the keys come from, and the folder of Aztec's points. */
  readonly ptauSha256: string | undefined
  readonly crs: string | undefined
  /** Where the circuit's source is written to. */
  readonly circuitTo: string | undefined
  readonly isAgreed: boolean
  /** Whoever asked holds the other end of standard input: without it nobody waits for the outcome. */
  readonly endsWithInput: boolean
}

/** The action, and what it is given. Throws parseArgs' own error for what cannot be used. */
export function readModelArguments(argv: readonly string[]): {
  readonly what: string
  readonly terms: ModelTerms
} {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: modelOptions,
    allowPositionals: true,
  })
  const { version, from, to, store, input, prove, name, rpc, provers } = values
  const [what = '', ...named] = positionals
  const terms: ModelTerms = {
    ...{ named, version, from, to },
    store: openModelStore(store),
    storeFolder: store,
    isTrial: values['dry-run'],
    isJson: values.json,
    deploy: {
      ...{ input, prove, name, rpc, provers },
      keyFile: values['key-file'],
      modelProofs: values['model-proofs'],
      zkHome: values['zk-home'],
      ptauSha256: values['ptau-sha256'],
      crs: values.crs,
      circuitTo: values['circuit-to'],
      isAgreed: values.yes,
      endsWithInput: values['until-input-ends'],
    },
  }
  return { what, terms }
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
