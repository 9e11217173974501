import { parseArgs } from 'node:util'
import type { HomeVerifier } from '../chain/deployment-contracts.ts'
import { keccak256Utf8 } from '../chain/keccak.ts'
import {
  type Address,
  address,
  type Bytes32,
  isAddress,
  zeroAddress,
  zeroBytes32,
} from '../domain/units.ts'
import { CommandFailure } from './command.ts'

/** What a person asked of `vouch contracts deploy`, read but not yet looked up. */
export type DeployOptions = {
  readonly rpcUrl: string
  readonly chainId: number
  readonly keyFile: string | undefined
  /** Stands for the key in a dry run. */
  readonly from: Address | undefined
  readonly salt: Bytes32
  readonly outFolder: string
  readonly dryRun: boolean
  readonly yes: boolean
  readonly asset: Address | undefined
  readonly insurance: Address | undefined
  readonly admin: Address | undefined
  readonly quoteVerifier: Address | undefined
  readonly proofVerifier: Address | undefined
  readonly home: 'here' | HomeVerifier
  readonly unbondingDelayS: number
  readonly panelSlashBps: number
  readonly amounts: TermAmounts
}

/** In whole units of the asset, as a person writes them: `1000` or `0.5`. */
export type TermAmounts = {
  readonly minStake: string
  readonly nonDeliveryPenalty: string
  readonly proofBond: string
  readonly inclusionPenalty: string
  readonly panelMemberBond: string
  readonly panelAccuserBond: string
  readonly panelSilenceFine: string
}

const outFolderDefault = 'deployments'
const daySeconds = 86_400

/** Throws a CommandFailure with exit code 2, or parseArgs' own error, for what cannot be used. */
export function parseDeployOptions(argv: readonly string[]): DeployOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      rpc: { type: 'string' },
      'chain-id': { type: 'string' },
      'key-file': { type: 'string' },
      from: { type: 'string' },
      asset: { type: 'string' },
      'min-stake': { type: 'string', default: '1000' },
      'unbonding-days': { type: 'string', default: '7' },
      insurance: { type: 'string' },
      admin: { type: 'string' },
      'quote-verifier': { type: 'string' },
      'proof-verifier': { type: 'string' },
      home: { type: 'string' },
      'non-delivery-penalty': { type: 'string', default: '20' },
      'proof-bond': { type: 'string', default: '10' },
      'inclusion-penalty': { type: 'string', default: '50' },
      'panel-member-bond': { type: 'string', default: '500' },
      'panel-accuser-bond': { type: 'string', default: '100' },
      'panel-silence-fine': { type: 'string', default: '25' },
      'panel-slash-bps': { type: 'string', default: '1000' },
      salt: { type: 'string' },
      out: { type: 'string', default: outFolderDefault },
      'dry-run': { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
    },
  })
  const options = {
    rpcUrl: readUrl(values.rpc),
    chainId: readChainId(values['chain-id']),
    keyFile: values['key-file'],
    from: readAddress('--from', values.from),
    salt: values.salt === undefined ? zeroBytes32 : keccak256Utf8(values.salt),
    outFolder: values.out,
    dryRun: values['dry-run'],
    yes: values.yes,
    asset: readAddress('--asset', values.asset),
    insurance: readAddress('--insurance', values.insurance),
    admin: readAddress('--admin', values.admin),
    quoteVerifier: readAddress('--quote-verifier', values['quote-verifier']),
    proofVerifier: readAddress('--proof-verifier', values['proof-verifier']),
    home: readHome(values.home, values['chain-id']),
    // OperatorRegistry.MIN_UNBONDING_DELAY is seven days.
    unbondingDelayS:
      daySeconds * readWhole('--unbonding-days', values['unbonding-days'], { min: 7, max: 3650 }),
    // ReexecutionPanel.MAX_SLASH_BPS.
    panelSlashBps: readWhole('--panel-slash-bps', values['panel-slash-bps'], { min: 1, max: 2000 }),
    amounts: {
      minStake: values['min-stake'],
      nonDeliveryPenalty: values['non-delivery-penalty'],
      proofBond: values['proof-bond'],
      inclusionPenalty: values['inclusion-penalty'],
      panelMemberBond: values['panel-member-bond'],
      panelAccuserBond: values['panel-accuser-bond'],
      panelSilenceFine: values['panel-silence-fine'],
    },
  }
  refuseUnclearAccount(options)
  return options
}

function refuseUnclearAccount({ keyFile, from, dryRun }: DeployOptions): void {
  if (keyFile !== undefined && from !== undefined) {
    throw unusable('give --key-file or --from, not both')
  }
  if (keyFile !== undefined) return
  if (!dryRun) throw unusable('--key-file is needed: the file with the key that sends and pays')
  if (from === undefined) throw unusable('--dry-run needs --key-file or --from 0x…')
}

/** A mirror of what is verified on this very chain would be a second verifier of the same receipts. */
function readHome(text: string | undefined, ownChainId: string | undefined): 'here' | HomeVerifier {
  if (text === undefined) return 'here'
  const [, digits = '', verifier] = /^eip155:([1-9]\d{0,15}):(0x\w{40})$/.exec(text) ?? []
  if (!isAddress(verifier) || digits === ownChainId) {
    throw unusable(
      `--home takes the ReceiptVerifier of another chain as eip155:CHAIN:0x…, not '${text}'`,
    )
  }
  return { chainId: Number(digits), verifier: address(verifier) }
}

export function parseCheckOptions(argv: readonly string[]): {
  readonly rpcUrl: string
  readonly outFolder: string
} {
  const { values } = parseArgs({
    args: [...argv],
    options: { rpc: { type: 'string' }, out: { type: 'string', default: outFolderDefault } },
  })
  return { rpcUrl: readUrl(values.rpc), outFolder: values.out }
}

/** Without a chain id: every chain that the folder has a file of. */
export function parseListOptions(argv: readonly string[]): {
  readonly chainId: number | undefined
  readonly outFolder: string
} {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      'chain-id': { type: 'string' },
      out: { type: 'string', default: outFolderDefault },
    },
  })
  const text = values['chain-id']
  return { chainId: text === undefined ? undefined : readChainId(text), outFolder: values.out }
}

export const unusable = (message: string): CommandFailure => new CommandFailure(message, 2)

function readUrl(text: string | undefined): string {
  if (text === undefined) throw unusable('--rpc is needed: the URL of a JSON-RPC node')
  const protocol = URL.parse(text)?.protocol
  if (protocol === 'http:' || protocol === 'https:') return text
  throw unusable(`--rpc takes the http(s) URL of a JSON-RPC node, not '${text}'`)
}

function readChainId(text: string | undefined): number {
  if (text === undefined) throw unusable('--chain-id is needed: the chain that you mean')
  return readWhole('--chain-id', text, { min: 1, max: Number.MAX_SAFE_INTEGER })
}

function readWhole(
  option: string,
  text: string,
  range: { readonly min: number; readonly max: number },
): number {
  const value = Number(text)
  if (/^\d{1,16}$/.test(text) && value >= range.min && value <= range.max) return value
  throw unusable(`${option} takes a whole number from ${range.min} to ${range.max}, not '${text}'`)
}

/** The zero address is nobody: no role may be given to it by a slip. */
function readAddress(option: string, text: string | undefined): Address | undefined {
  if (text === undefined) return undefined
  if (isAddress(text) && address(text) !== zeroAddress) return address(text)
  throw unusable(`${option} takes an address, 0x and 40 hex digits and not all zero, not '${text}'`)
}
