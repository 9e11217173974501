import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { jsonRpc } from '../chain/json-rpc.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { ownerAuthorization } from '../client/billing-orders.ts'
import { GatewayBilling } from '../client/gateway-billing.ts'
import { noTrustAnchors, type TrustAnchors } from '../client/trust-anchors.ts'
import type { WalletLimits, WalletObjection, WalletState } from '../client/wallet.ts'
import { type RoundReport, runWalletRound, type WalletDeps } from '../client/wallet-round.ts'
import { type AtomicAmount, atomic } from '../domain/units.ts'
import { formatAmount, parseAmount } from './amounts.ts'
import {
  type ChannelFile,
  readChannelFile,
  readSessionKey,
  writeChannelFile,
} from './channel-file.ts'
import { readUrl, readWhole } from './channel-options.ts'
import { describeWithdrawal, withdrawNow } from './channel-withdraw.ts'
import { type Command, CommandFailure, terminal } from './command.ts'
import { orGatewayFailure } from './gateway-or-fail.ts'
import { readTrustFile } from './read-trust.ts'
import { readWalletState, writeWalletState } from './wallet-file.ts'

const help = `Usage: vouch wallet [--once] [--channel FILE] [options]

Keeps a channel's tranche filled, and the gateway honest. Fetches every new receipt, checks its
signatures, that it continues the chain of those before it without a gap, that the sums are
right and that no more was charged than the agreed prices times the tokens; then signs the next
tranche when less than the threshold is free. It never promises more than what it verified plus
one tranche. On the first thing that is wrong it signs nothing more, says which receipt it is
and why, and ends. What it verified and signed is kept beside the channel file; it can be
stopped and killed at any time.

It does not see prompts or answers: that tokens were counted right is what 'vouch verify' with
the answer, and the contributor's signature, are for.

Options:
  --channel FILE    the channel file (default: vouch-channel.json)
  --once            one round, for scripts and cron
  --every SECONDS   between two rounds (default: 30)
  --tranche AMOUNT  what the gateway may charge beyond what was verified, in units of the
                    asset (default: 5)
  --threshold AMOUNT  sign when less is free (default: half the tranche)
  --max-total AMOUNT  sign no voucher above this (default: the channel's balance)
  --max-per-day AMOUNT  sign at most so much more in one day, UTC (default: no limit)
  --rpc URL         look keys up in the registries and compare claims with receipts (default:
                    the one given at open)
  --no-rpc          ask no chain; needs --trust
  --trust FILE      the gateway's keys, as docs/receipts.md describes, instead of its registry
  --accept-prices   agree to the prices that the gateway asks now, beside those agreed to before
  --withdraw        when something is wrong, start a withdrawal with the session key, which
                    needs gas for it
  --json            one JSON line for each round
  --help            this text

Exit codes: 0 done (with --once), 1 something is wrong or did not work, 2 unusable arguments.
`

/** Agreed to, the newest last; older ones are known by their hashes alone. */
const priceSheetsMax = 256

type WalletOptions = {
  readonly once: boolean
  readonly everyS: number
  readonly withdraw: boolean
  readonly json: boolean
}

async function run(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      channel: { type: 'string', default: 'vouch-channel.json' },
      once: { type: 'boolean', default: false },
      every: { type: 'string', default: '30' },
      tranche: { type: 'string', default: '5' },
      threshold: { type: 'string' },
      'max-total': { type: 'string' },
      'max-per-day': { type: 'string' },
      rpc: { type: 'string' },
      'no-rpc': { type: 'boolean', default: false },
      trust: { type: 'string' },
      'accept-prices': { type: 'boolean', default: false },
      withdraw: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  if (values['no-rpc'] && values.trust === undefined) {
    throw new CommandFailure(
      '--no-rpc needs --trust: else nobody but the gateway says whose its key is',
      2,
    )
  }
  const { channel: path } = values
  const kept = readChannelFile(path)
  const sessionKey = await readSessionKey(path, kept)
  const limits = readLimits(values, kept.asset.decimals)
  const file = values['accept-prices'] ? await acceptPrices(path, kept) : kept
  const statePath = `${path.replace(/\.json$/, '')}.wallet.json`
  const rpcUrl = values['no-rpc'] ? undefined : (readUrl('--rpc', values.rpc) ?? file.rpcUrl)
  const anchors = values.trust === undefined ? noTrustAnchors : await readTrustFile(values.trust)
  const deps = depsOf({ file, sessionKey, limits, rpcUrl, anchors, statePath })
  const options = {
    once: values.once,
    everyS: readWhole('--every', values.every) ?? 30,
    withdraw: values.withdraw,
    json: values.json,
  }
  const state = readWalletState(statePath, file.channelId)
  // 'open' and 'top-up' sign as well.
  const signed = state.signed > file.signed ? state.signed : file.signed
  return watch(deps, { ...state, signed }, { ...options, file, sessionKey })
}

function readLimits(
  values: {
    readonly tranche: string
    readonly threshold?: string | undefined
    readonly 'max-total'?: string | undefined
    readonly 'max-per-day'?: string | undefined
  },
  decimals: number,
): WalletLimits {
  const read = (option: string, text: string | undefined): AtomicAmount | undefined =>
    text === undefined ? undefined : parseAmount(option, text, decimals)
  const tranche = parseAmount('--tranche', values.tranche, decimals)
  return {
    tranche,
    threshold: read('--threshold', values.threshold) ?? atomic(tranche / 2n),
    total: read('--max-total', values['max-total']),
    perDay: read('--max-per-day', values['max-per-day']),
  }
}

async function acceptPrices(path: string, file: ChannelFile): Promise<ChannelFile> {
  const asset = { chainId: file.chainId, address: file.config.token }
  const terms = orGatewayFailure(await new GatewayBilling(file.gateway, () => '').terms(asset))
  const { decimals, name } = file.asset
  const format = (amount: bigint) => `${formatAmount(amount, decimals)} ${name}`
  for (const { id, price_sheet: sheet } of terms.models) {
    const prices = `${format(sheet.promptAtomicPerMtok)} in, ${format(sheet.completionAtomicPerMtok)} out`
    terminal.printError(`agreed: ${id}, ${prices} per million tokens`)
  }
  const agreed = new Set([...file.priceHashes, ...terms.models.map(({ price_hash }) => price_hash)])
  const sheets = terms.models.map(({ price_sheet }) => price_sheet)
  const accepted = {
    ...file,
    priceHashes: [...agreed],
    priceSheets: [...(file.priceSheets ?? []), ...sheets].slice(-priceSheetsMax),
  }
  writeChannelFile(path, accepted)
  return accepted
}

function depsOf(terms: {
  readonly file: ChannelFile
  readonly sessionKey: PrivateKey
  readonly limits: WalletLimits
  readonly rpcUrl: string | undefined
  readonly anchors: TrustAnchors
  readonly statePath: string
}): WalletDeps {
  const { file, sessionKey, anchors, rpcUrl } = terms
  const receiptVerifier = {
    chainId: file.registry.chainId,
    verifyingContract: file.receiptVerifier,
  }
  return {
    place: file,
    billing: new GatewayBilling(file.gateway, () =>
      ownerAuthorization(file, Date.now(), sessionKey),
    ),
    trust: {
      config: file.config,
      gateway: file.operator,
      anchors: { ...anchors, receiptVerifier: anchors.receiptVerifier ?? receiptVerifier },
      priceHashes: new Set(file.priceHashes),
      priceSheets: file.priceSheets ?? [],
      openedAt: file.openedAt,
    },
    limits: terms.limits,
    sessionKey,
    chain: rpcUrl === undefined ? undefined : { rpc: jsonRpc(rpcUrl), receiptVerifier },
    save: (state) => writeWalletState(terms.statePath, state),
    nowMs: Date.now,
  }
}

async function watch(
  deps: WalletDeps,
  before: WalletState,
  options: WalletOptions & { readonly file: ChannelFile; readonly sessionKey: PrivateKey },
): Promise<number> {
  let state = before
  // A round that is disturbed may have verified and signed before.
  const save = (newer: WalletState): void => {
    state = newer
    deps.save(newer)
  }
  for (;;) {
    const round = await runWalletRound({ ...deps, save }, state)
    if (round.ok) {
      state = round.value.state
      say(options, lineOfRound(round.value, options.file), jsonOfRound(round.value))
    } else if (round.error.kind === 'objection') {
      await object(round.error.objection, deps, options)
      return 1
    } else {
      const { detail } = round.error
      if (options.once) throw new CommandFailure(detail)
      terminal.printError(`${detail}; trying again in ${options.everyS} s`)
    }
    if (options.once) return 0
    await wait(options.everyS * 1000)
  }
}

async function object(
  objection: WalletObjection,
  deps: WalletDeps,
  options: WalletOptions & { readonly file: ChannelFile; readonly sessionKey: PrivateKey },
): Promise<void> {
  const { seq, receiptId, check, detail } = objection
  const which =
    receiptId === undefined ? `receipt number ${seq}` : `receipt number ${seq}, ${receiptId}`
  say(options, `REFUSED: ${which}: ${check}: ${detail}. Nothing more is signed.`, {
    refused: { seq, receipt_id: receiptId ?? null, check, detail },
  })
  if (!options.withdraw) {
    terminal.printError("'vouch channel withdraw' gets back what is not charged")
    return
  }
  const { file, sessionKey } = options
  const rpc = deps.chain?.rpc ?? jsonRpc(file.rpcUrl)
  const withdrawal = await withdrawNow(rpc, file, { key: sessionKey, nowMs: Date.now() })
  say(options, describeWithdrawal(withdrawal, file), { withdrawal: withdrawal.state })
}

function say(
  { json }: { readonly json: boolean },
  line: string,
  value: Readonly<Record<string, unknown>>,
): void {
  terminal.print(json ? JSON.stringify(value) : line)
}

const jsonOfRound = ({ state, verified, next, free }: RoundReport) => ({
  verified,
  receipts: state.seq,
  charged: String(state.cumulative),
  free: String(free),
  signed: next.kind === 'sign' ? String(next.maxClaimableAmount) : null,
  limited_by: next.kind === 'limited' ? next.by : null,
})

function lineOfRound({ state, verified, next, free }: RoundReport, { asset }: ChannelFile): string {
  const format = (amount: bigint) => `${formatAmount(amount, asset.decimals)} ${asset.name}`
  const checked = `${verified} new receipts hold, ${state.seq} in all, ${format(state.cumulative)} charged`
  switch (next.kind) {
    case 'sign':
      return `${checked}; signed up to ${format(next.maxClaimableAmount)}, ${format(free)} free`
    case 'enough':
      return `${checked}; ${format(free)} free`
    case 'limited':
      return `${checked}; ${format(free)} free, and no more is signed: ${limits[next.by]}`
  }
}

const limits = {
  tranche: 'the whole tranche is promised already',
  balance: 'the deposit is used up (vouch channel top-up)',
  total: '--max-total is reached',
  day: '--max-per-day is reached',
} as const

export const walletCommand: Command = {
  name: 'wallet',
  summary: 'check every receipt of a channel and renew its tranche',
  help,
  run,
}
