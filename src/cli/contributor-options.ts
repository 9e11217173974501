import { parseArgs } from 'node:util'
import type { Address } from '../domain/units.ts'
import { readAddress, readUrl, readWhole } from './channel-options.ts'
import { CommandFailure } from './command.ts'
import { contributorFolder } from './contributor-file.ts'

/** What a person asked of `vouch contributor`. */
export type ContributorOptions = {
  /** The folder of `vouch contribute`. */
  readonly folder: string
  /** In place of the node that the folder's file names. */
  readonly rpcUrl: string | undefined
  readonly passwordFile: string | undefined
  /** A book of vouchers in place of the folder's, such as one of a former gateway. */
  readonly creditFile: string | undefined
  /** Of another account that pays the gas of a claim. */
  readonly keyFile: string | undefined
  /** What a coin of the chain is worth, in units of the payout token. */
  readonly coinPrice: string | undefined
  readonly force: boolean
  readonly resume: boolean
  readonly wait: boolean
  readonly cancel: boolean
  /** Where withdrawn stake goes. */
  readonly to: Address | undefined
  /** Keys of the account that are in no file of the folder. */
  readonly signingKeys: readonly Address[]
  readonly days: number
  readonly yes: boolean
  readonly json: boolean
}

const daysDefault = 14

export function parseContributorOptions(argv: readonly string[]): {
  readonly action: string | undefined
  readonly options: ContributorOptions
} {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      rpc: { type: 'string' },
      'password-file': { type: 'string' },
      credit: { type: 'string' },
      'gas-key': { type: 'string' },
      'coin-price': { type: 'string' },
      force: { type: 'boolean', default: false },
      resume: { type: 'boolean', default: false },
      'no-wait': { type: 'boolean', default: false },
      cancel: { type: 'boolean', default: false },
      to: { type: 'string' },
      'signing-key': { type: 'string', multiple: true, default: [] },
      days: { type: 'string', default: String(daysDefault) },
      yes: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const [action, ...rest] = positionals
  if (rest.length > 0) throw new CommandFailure(`unexpected '${rest[0]}'`, 2)
  return {
    action,
    options: {
      folder: contributorFolder(values.data),
      rpcUrl: readUrl('--rpc', values.rpc),
      passwordFile: values['password-file'],
      creditFile: values.credit,
      keyFile: values['gas-key'],
      coinPrice: values['coin-price'],
      force: values.force,
      resume: values.resume,
      wait: !values['no-wait'],
      cancel: values.cancel,
      to: values.to === undefined ? undefined : readAddress('--to', values.to),
      signingKeys: values['signing-key'].map((text) => readAddress('--signing-key', text)),
      days: readWhole('--days', values.days) ?? daysDefault,
      yes: values.yes,
      json: values.json,
    },
  }
}
