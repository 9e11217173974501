import { parseArgs } from 'node:util'
import { type Address, address, isAddress } from '../domain/units.ts'
import { CommandFailure } from './command.ts'

/** What a person asked of `vouch channel`, `vouch wallet` or `vouch keys --gateway`; amounts not yet in atomic units. */
export type ChannelOptions = {
  readonly channelPath: string
  readonly gateway: string | undefined
  readonly rpcUrl: string | undefined
  readonly keyPath: string | undefined
  readonly deposit: string | undefined
  readonly tranche: string | undefined
  readonly withdrawDelayS: number
  readonly settlement: Address | undefined
  readonly collector: Address | undefined
  readonly receiptPath?: string | undefined
  readonly key: KeyOptions
  readonly yes: boolean
  readonly json: boolean
}

/** What an API key is granted for. */
export type KeyOptions = {
  readonly label: string
  readonly cap: string | undefined
  readonly days: number | undefined
  readonly models: readonly string[] | undefined
}

const dayS = 86_400

export function parseChannelOptions(argv: readonly string[]): {
  readonly action: string | undefined
  readonly options: ChannelOptions
} {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      channel: { type: 'string', default: 'vouch-channel.json' },
      gateway: { type: 'string' },
      rpc: { type: 'string' },
      key: { type: 'string' },
      deposit: { type: 'string' },
      tranche: { type: 'string' },
      'withdraw-delay': { type: 'string', default: String(dayS) },
      settlement: { type: 'string' },
      collector: { type: 'string' },
      receipt: { type: 'string' },
      label: { type: 'string', default: '' },
      cap: { type: 'string' },
      days: { type: 'string' },
      model: { type: 'string', multiple: true },
      yes: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const [action, ...rest] = positionals
  if (rest.length > 0) throw new CommandFailure(`unexpected '${rest[0]}'`, 2)
  return {
    action,
    options: {
      channelPath: values.channel,
      gateway: readGatewayUrl(values.gateway),
      rpcUrl: readUrl('--rpc', values.rpc),
      keyPath: values.key,
      deposit: values.deposit,
      tranche: values.tranche,
      withdrawDelayS: readWhole('--withdraw-delay', values['withdraw-delay']) ?? dayS,
      settlement: addressIn('--settlement', values.settlement),
      collector: addressIn('--collector', values.collector),
      receiptPath: values.receipt,
      key: {
        label: values.label,
        cap: values.cap,
        days: readWhole('--days', values.days),
        models: values.model,
      },
      yes: values.yes,
      json: values.json,
    },
  }
}

/** The gateway's origin: its OpenAI base URL does as well. */
export function readGatewayUrl(text: string | undefined): string | undefined {
  return readUrl('--gateway', text)?.replace(/\/+$/, '').replace(/\/v1$/, '')
}

export function readUrl(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const protocol = URL.parse(text)?.protocol
  if (protocol === 'http:' || protocol === 'https:') return text
  throw new CommandFailure(`${option} takes an http(s) URL, not '${text}'`, 2)
}

export function readWhole(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,7}$/.test(text)) return Number(text)
  throw new CommandFailure(`${option} takes a whole number from 1, not '${text}'`, 2)
}

const addressIn = (option: string, text: string | undefined): Address | undefined =>
  text === undefined ? undefined : readAddress(option, text)

export function readAddress(option: string, text: string): Address {
  if (isAddress(text)) return address(text)
  throw new CommandFailure(`${option} takes an address, 0x and 40 hex digits, not '${text}'`, 2)
}

export function needed<T>(option: string, value: T | undefined): T {
  if (value !== undefined) return value
  throw new CommandFailure(`${option} is needed ('--help' explains)`, 2)
}
