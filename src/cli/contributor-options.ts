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
  /** The TierEvidence contract, in place of the one behind the receipt's verifier. */
  readonly tierEvidence: Address | undefined
  /** A quote that was made elsewhere. */
  readonly quoteFile: string | undefined
  readonly dstackSocket: string | undefined
  readonly tsm: boolean
  /** Only says what is to be quoted. */
  readonly reportData: boolean
  /** Receipts to be signed as a batch, and where that is written. */
  readonly receiptFiles: readonly string[]
  readonly out: string | undefined
  readonly yes: boolean
  readonly json: boolean
}

const daysDefault = 14

const addressIn = (option: string, text: string | undefined): Address | undefined =>
  text === undefined ? undefined : readAddress(option, text)

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
      'tier-evidence': { type: 'string' },
      quote: { type: 'string' },
      dstack: { type: 'string' },
      tsm: { type: 'boolean', default: false },
      'report-data': { type: 'boolean', default: false },
      out: { type: 'string' },
      days: { type: 'string', default: String(daysDefault) },
      yes: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const [action, ...rest] = positionals
  const receiptFiles = action === 'sign-usage' ? rest : []
  if (rest.length > receiptFiles.length) throw new CommandFailure(`unexpected '${rest[0]}'`, 2)
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
      to: addressIn('--to', values.to),
      signingKeys: values['signing-key'].map((text) => readAddress('--signing-key', text)),
      days: readWhole('--days', values.days) ?? daysDefault,
      tierEvidence: addressIn('--tier-evidence', values['tier-evidence']),
      quoteFile: values.quote,
      dstackSocket: values.dstack,
      tsm: values.tsm,
      reportData: values['report-data'],
      receiptFiles,
      out: values.out,
      yes: values.yes,
      json: values.json,
    },
  }
}
