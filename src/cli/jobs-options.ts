import { parseArgs } from 'node:util'
import {
  type Address,
  address,
  type Bytes32,
  bytes32,
  isAddress,
  isBytes32,
} from '../domain/units.ts'
import { endedJobStates, openJobStates } from '../store/contract-job-store.ts'
import { readUrl } from './channel-options.ts'
import { CommandFailure } from './command.ts'
import { devFolder, readRunning } from './running-dev.ts'

/** What a person asked of `vouch jobs`. */
export type JobsOptions = {
  readonly positionals: readonly string[]
  readonly gateway: string | undefined
  readonly tokenFile: string | undefined
  readonly tokenEnv: string | undefined
  readonly states: readonly string[]
  readonly limit: number
  readonly offer: OfferOptions
  readonly yes: boolean
  readonly json: boolean
}

/** Amounts as they were written, in whole units of the asset. */
export type OfferOptions = {
  readonly rpcUrl: string | undefined
  readonly coordinator: Address | undefined
  readonly operator: Address | undefined
  readonly keyPath: string | undefined
  readonly promptPrice: string | undefined
  readonly completionPrice: string | undefined
  readonly deliveryFee: string | undefined
  readonly callbackFee: string | undefined
  readonly proofFee: string | undefined
  readonly tiers: number | undefined
  readonly callbackGasMax: number | undefined
  readonly deliveryTimeMin: number | undefined
  readonly answersMax: number | undefined
}

const listedDefault = 20

export function readJobsOptions(argv: readonly string[]): JobsOptions {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      gateway: { type: 'string' },
      'token-file': { type: 'string' },
      'token-env': { type: 'string' },
      state: { type: 'string', multiple: true, default: [] },
      limit: { type: 'string' },
      rpc: { type: 'string' },
      coordinator: { type: 'string' },
      operator: { type: 'string' },
      key: { type: 'string' },
      'prompt-price': { type: 'string' },
      'completion-price': { type: 'string' },
      'delivery-fee': { type: 'string' },
      'callback-fee': { type: 'string' },
      'proof-fee': { type: 'string' },
      tiers: { type: 'string' },
      'callback-gas-max': { type: 'string' },
      'delivery-time-min': { type: 'string' },
      'answers-max': { type: 'string' },
      yes: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const running = readRunning(devFolder)
  return {
    positionals,
    gateway: values.gateway,
    tokenFile: values['token-file'],
    tokenEnv: values['token-env'],
    states: values.state.flatMap((text) => text.split(',')).map(stateIn),
    limit: wholeIn('--limit', values.limit) ?? listedDefault,
    offer: {
      rpcUrl: readUrl('--rpc', values.rpc) ?? running?.rpcUrl,
      coordinator: addressIn('--coordinator', values.coordinator) ?? running?.coordinator,
      operator: addressIn('--operator', values.operator) ?? running?.operator,
      keyPath: values.key,
      promptPrice: values['prompt-price'],
      completionPrice: values['completion-price'],
      deliveryFee: values['delivery-fee'],
      callbackFee: values['callback-fee'],
      proofFee: values['proof-fee'],
      tiers: wholeIn('--tiers', values.tiers),
      callbackGasMax: wholeIn('--callback-gas-max', values['callback-gas-max']),
      deliveryTimeMin: wholeIn('--delivery-time-min', values['delivery-time-min']),
      answersMax: wholeIn('--answers-max', values['answers-max']),
    },
    yes: values.yes,
    json: values.json,
  }
}

/** The 32 bytes that name a job or a model. */
export function readHash(what: string, text: string | undefined): Bytes32 {
  if (isBytes32(text)) return bytes32(text)
  const given = text === undefined ? '' : `, not '${text}'`
  throw new CommandFailure(`${what} is 0x and 64 hex digits${given}`, 2)
}

const states: readonly string[] = [...openJobStates, ...endedJobStates]

function stateIn(text: string): string {
  if (states.includes(text)) return text
  throw new CommandFailure(`--state takes one of ${states.join(', ')}, not '${text}'`, 2)
}

function addressIn(option: string, text: string | undefined): Address | undefined {
  if (text === undefined) return undefined
  if (isAddress(text)) return address(text)
  throw new CommandFailure(`${option} takes an address, not '${text}'`, 2)
}

function wholeIn(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new CommandFailure(`${option} takes a whole number, not '${text}'`, 2)
}
