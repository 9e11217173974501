import { parseArgs } from 'node:util'
import { type Address, address, isAddress } from '../domain/units.ts'
import { CommandFailure } from './command.ts'

/** What a person asked of `vouch log`. */
export type LogOptions = {
  readonly action: string | undefined
  /** Files or folders, after the action. */
  readonly operands: readonly string[]
  /** Without `/v1`. */
  readonly gateway: string | undefined
  readonly rpc: string | undefined
  readonly verifier: Address | undefined
  readonly operator: Address | undefined
  readonly contract: Address | undefined
  readonly from: number | undefined
  readonly mirror: string | undefined
  readonly against: readonly string[]
  readonly receipts: readonly string[]
  readonly evidence: string
  readonly keyFile: string | undefined
  readonly json: boolean
}

export function parseLogOptions(argv: readonly string[]): LogOptions {
  const text = { type: 'string' } as const
  const texts = { type: 'string', multiple: true } as const
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      gateway: text,
      rpc: text,
      verifier: text,
      operator: text,
      contract: text,
      from: text,
      mirror: text,
      against: texts,
      receipts: texts,
      evidence: { type: 'string', default: 'vouch-faults.jsonl' },
      'key-file': text,
      json: { type: 'boolean', default: false },
    },
  })
  const [action, ...operands] = positionals
  const isAudit = action === 'audit'
  return {
    action,
    operands: isAudit ? [] : operands,
    gateway: readUrl('--gateway', values.gateway)?.replace(/\/+(v1\/?)?$/, ''),
    rpc: readUrl('--rpc', values.rpc),
    verifier: readAddress('--verifier', values.verifier),
    operator: readAddress('--operator', values.operator),
    contract: readAddress('--contract', values.contract),
    from: readBatch(values.from),
    mirror: values.mirror,
    against: values.against ?? [],
    receipts: [...(values.receipts ?? []), ...(isAudit ? operands : [])],
    evidence: values.evidence,
    keyFile: values['key-file'],
    json: values.json,
  }
}

/** The value of an option that an action cannot do without. */
export function needed<T>(option: string, value: T | undefined): T {
  if (value !== undefined) return value
  throw new CommandFailure(`${option} is needed; 'vouch log --help' tells what for`, 2)
}

function readUrl(option: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const protocol = URL.parse(value)?.protocol
  if (protocol === 'http:' || protocol === 'https:') return value
  throw new CommandFailure(`${option} takes an http(s) URL, not '${value}'`, 2)
}

function readAddress(option: string, value: string | undefined): Address | undefined {
  if (value === undefined) return undefined
  if (isAddress(value)) return address(value)
  throw new CommandFailure(`${option} takes an address, 0x and 40 hex digits, not '${value}'`, 2)
}

function readBatch(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,12}$/.test(value)) return Number(value)
  throw new CommandFailure(`--from takes the number of a batch, not '${value}'`, 2)
}
