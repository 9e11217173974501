import { parseArgs } from 'node:util'
import type { NamedSlashers } from '../chain/slashing-contract.ts'
import type { Address } from '../domain/units.ts'
import { readAddress, readUrl } from './channel-options.ts'

/** What a person asked of `vouch slash` or `vouch panel`. */
export type FaultOptions = {
  readonly rpcUrl: string | undefined
  /** The ReceiptVerifier that the person trusts. */
  readonly verifier: Address | undefined
  readonly named: NamedSlashers
  readonly keyFile: string | undefined
  readonly keystorePath: string | undefined
  readonly passwordFile: string | undefined
  readonly signerUrl: string | undefined
  readonly account: Address | undefined
  /** Where evidence that was found is written to. */
  readonly outFolder: string | undefined
  readonly withPromises: boolean
  readonly withJobs: boolean
  /** Of a vote: whether the re-execution gave something else. */
  readonly verdict: 'wrong' | 'right' | undefined
  /** Where votes are kept until they are revealed. */
  readonly votesFolder: string | undefined
  readonly to: Address | undefined
  readonly yes: boolean
  readonly json: boolean
}

const text = { type: 'string' } as const
const flag = { type: 'boolean', default: false } as const

export function parseFaultOptions(argv: readonly string[]): {
  readonly action: string | undefined
  readonly operands: readonly string[]
  readonly options: FaultOptions
} {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      rpc: text,
      verifier: text,
      slashing: text,
      inclusion: text,
      panel: text,
      'key-file': text,
      keystore: text,
      'password-file': text,
      'signer-rpc': text,
      account: text,
      out: text,
      promises: flag,
      jobs: flag,
      wrong: flag,
      right: flag,
      votes: text,
      to: text,
      yes: flag,
      json: flag,
    },
  })
  const [action, ...operands] = positionals
  const addressIn = (option: string, value: string | undefined) =>
    value === undefined ? undefined : readAddress(option, value)
  return {
    action,
    operands,
    options: {
      rpcUrl: readUrl('--rpc', values.rpc),
      verifier: addressIn('--verifier', values.verifier),
      named: {
        slashing: addressIn('--slashing', values.slashing),
        inclusion: addressIn('--inclusion', values.inclusion),
        panel: addressIn('--panel', values.panel),
      },
      keyFile: values['key-file'],
      keystorePath: values.keystore,
      passwordFile: values['password-file'],
      signerUrl: readUrl('--signer-rpc', values['signer-rpc']),
      account: addressIn('--account', values.account),
      outFolder: values.out,
      withPromises: values.promises,
      withJobs: values.jobs,
      verdict: values.wrong === values.right ? undefined : values.wrong ? 'wrong' : 'right',
      votesFolder: values.votes,
      to: addressIn('--to', values.to),
      yes: values.yes,
      json: values.json,
    },
  }
}

export const faultPlaceHelp: string = `  --rpc URL              your own node of the evidence's chain
  --verifier 0x…         the ReceiptVerifier that you trust; default: the evidence's own, if it and
                         its registries run the code of this vouch version
  --slashing, --inclusion, --panel 0x…
                         the contracts that take stake; default: those that the registries appointed`

export const faultAccountHelp: string = `  --key-file FILE        key of the account that sends: 64 hex digits, or JSON with "privateKey";
                         mode 600
  --keystore FILE        in place of it, a keystore; --password-file FILE or
                         $VOUCH_KEYSTORE_PASSWORD has its password, else it is asked for
  --signer-rpc URL       in place of both, a signer that holds the key, such as Frame or Clef;
                         --account 0x… says which of its accounts
  --yes                  does not ask before it spends
  --json                 one JSON object on standard output; amounts are decimal strings of atomic
                         units. Progress goes to standard error`
