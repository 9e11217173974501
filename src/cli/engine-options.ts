import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import {
  prefixCacheMebibytesDefaultMax,
  requestsWaitingDefaultMax,
  slotsDefaultMax,
} from '../engine/limits.ts'
import { CommandFailure } from './command.ts'
import type { ContractOptions } from './engine-contracts.ts'
import type { CreditOptions } from './engine-credit.ts'
import { type DialTarget, dialTargetOf } from './engine-gateway.ts'
import type { EngineSigning } from './engine-signer.ts'

/** What a person asked of `vouch engine`. */
export type EngineOptions = {
  readonly modelFolder: string
  readonly provableFolders: readonly string[]
  readonly threads: number
  readonly slotsMax: number
  readonly batchRowsMax: number
  readonly waitingMax: number
  readonly prefixCacheBytesMax: number
  readonly host: string
  readonly port: number
  readonly secretFile: string | undefined
  readonly logsRequests: boolean
  readonly signing: EngineSigning
  readonly credit: CreditOptions
  readonly contracts: ContractOptions
  readonly dial: DialTarget | undefined
}

const mebibyte = 1024 * 1024

const unusable = (message: string): CommandFailure =>
  new CommandFailure(`${message}. See vouch engine --help`, 2)

/** Throws CommandFailure. */
export function parseEngineOptions(argv: readonly string[]): EngineOptions {
  const text = { type: 'string' } as const
  const options = {
    model: text,
    provable: { type: 'string', multiple: true },
    threads: text,
    parallel: text,
    batch: text,
    queue: text,
    'prefix-cache': text,
    host: text,
    port: text,
    'secret-file': text,
    log: text,
    'key-file': text,
    'chain-id': text,
    'receipt-verifier': text,
    contributor: text,
    jobs: text,
    'payout-agreement': text,
    'payout-rpc': text,
    'credit-limit': text,
    'credit-file': text,
    coordinator: { type: 'string', multiple: true },
    'contract-jobs': text,
    gateway: text,
    'gateway-operator': text,
    'gateway-key': text,
    'contributor-registry': text,
  } as const
  const { values } = parseArgs({ args: [...argv], options })
  const whole = (
    name: Exclude<keyof typeof values, 'provable' | 'coordinator'>,
    range: { min: number; max: number; or: number },
  ) => wholeNumber({ name, text: values[name], ...range })
  const slotsMax = whole('parallel', { min: 1, max: 256, or: slotsDefaultMax })
  const log = values.log ?? 'none'
  if (log !== 'requests' && log !== 'none') throw unusable('--log is requests or none')
  const host = values.host ?? '127.0.0.1'
  if (!isLoopback(host) && values['secret-file'] === undefined) {
    throw unusable(`--host ${host} is open to others: it needs --secret-file`)
  }
  return {
    modelFolder: modelFolder(values.model ?? 'vouch-mini'),
    provableFolders: (values.provable ?? []).map(modelFolder),
    threads: whole('threads', { min: 1, max: 256, or: 1 }),
    slotsMax,
    batchRowsMax: whole('batch', { min: 1, max: 256, or: slotsMax }),
    waitingMax: whole('queue', { min: 0, max: 65_536, or: requestsWaitingDefaultMax }),
    prefixCacheBytesMax:
      whole('prefix-cache', { min: 0, max: 65_536, or: prefixCacheMebibytesDefaultMax }) * mebibyte,
    host,
    port: whole('port', { min: 0, max: 65_535, or: 0 }),
    secretFile: values['secret-file'],
    logsRequests: log === 'requests',
    signing: {
      keyFile: values['key-file'],
      chainId:
        values['chain-id'] === undefined
          ? undefined
          : whole('chain-id', { min: 1, max: Number.MAX_SAFE_INTEGER, or: 1 }),
      receiptVerifier: values['receipt-verifier'],
      contributor: values.contributor,
      jobsFile: values.jobs,
    },
    credit: values,
    contracts: values,
    dial: dialTargetOf(values),
  }
}

function wholeNumber(option: {
  readonly name: string
  readonly text: string | undefined
  readonly min: number
  readonly max: number
  readonly or: number
}): number {
  const { name, text, min, max, or } = option
  if (text === undefined) return or
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw unusable(`--${name} is a whole number from ${min} to ${max}, not "${text}"`)
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)

/** A bare name is one of the models that come with this package. */
function modelFolder(model: string): string {
  const isName = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(model)
  return isName ? join(import.meta.dirname, '../../models', model) : resolve(model)
}
