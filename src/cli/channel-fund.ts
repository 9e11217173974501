/*
 * Puts money into a channel and promises the gateway a part of it. Every step can be repeated: a deposit that was signed is
 * kept until it is known what became of it, and is made once however often it is sent.
 */
import { randomBytes } from 'node:crypto'
import { channelSettlementAt, readChannel } from '../chain/channel-settlement.ts'
import { jsonRpc } from '../chain/json-rpc.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { depositBody, ownerAuthorization, voucherBody } from '../client/billing-orders.ts'
import type { RemoteChannel } from '../client/gateway-answers.ts'
import { GatewayBilling } from '../client/gateway-billing.ts'
import { type AtomicAmount, atomic, unixSeconds, unixSecondsOf } from '../domain/units.ts'
import { formatAmount, parseAmount } from './amounts.ts'
import { confirmOrEnd } from './ask-person.ts'
import {
  type ChannelFile,
  type PendingDeposit,
  readChannelFile,
  readOwnKey,
  readSessionKey,
  writeChannelFile,
} from './channel-file.ts'
import { type ChannelOptions, needed } from './channel-options.ts'
import { type PayerSurroundings, report } from './channel-surroundings.ts'
import { CommandFailure } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import { orGatewayFailure } from './gateway-or-fail.ts'

/** Five units of the asset: what a payer trusts a gateway with unless it says otherwise. */
const trancheUnits = 5n
/** A signed deposit that is not sent within this time is void. */
const depositValidS = 3600

export function parseTranche(
  text: string | undefined,
  balance: AtomicAmount,
  decimals: number,
): AtomicAmount {
  const usual = trancheUnits * 10n ** BigInt(decimals)
  const tranche = text === undefined ? usual : parseAmount('--tranche', text, decimals)
  return tranche < balance ? atomic(tranche) : balance
}

export type Funding = {
  readonly file: ChannelFile
  readonly channelPath: string
  readonly payerKey: PrivateKey
  readonly sessionKey: PrivateKey
  readonly deposit: AtomicAmount
  readonly tranche: AtomicAmount
}

/** Deposits and raises the tranche to what was charged plus `tranche`. Answers the gateway's book afterwards. */
export async function depositAndSign(
  funding: Funding,
  surroundings: PayerSurroundings,
): Promise<RemoteChannel> {
  const channel = await sendDeposit(funding, surroundings)
  const wanted = channel.charged + funding.tranche
  const maxClaimable = atomic(wanted < channel.balance ? wanted : channel.balance)
  surroundings.terminal.printError('signing the tranche')
  return sendVoucher(funding, maxClaimable)
}

/** What was signed is on the disk before it leaves the house. */
async function sendVoucher(
  { channelPath, sessionKey }: Pick<Funding, 'channelPath' | 'sessionKey'>,
  maxClaimable: AtomicAmount,
): Promise<RemoteChannel> {
  const file = readChannelFile(channelPath)
  const signed = maxClaimable > file.signed ? maxClaimable : file.signed
  writeChannelFile(channelPath, { ...file, signed })
  const billing = new GatewayBilling(file.gateway, () => '')
  const voucher = voucherBody(file, maxClaimable, sessionKey)
  return orGatewayFailure(await billing.sendVoucher({ ...voucher, chainId: file.chainId }))
}

async function sendDeposit(
  funding: Funding,
  { terminal, nowMs }: PayerSurroundings,
): Promise<RemoteChannel> {
  const { channelPath, payerKey, deposit } = funding
  const kept = stillGood(funding.file.pendingDeposit, nowMs())
  const pendingDeposit = kept ?? signDeposit(funding.file, { amount: deposit, payerKey, nowMs })
  const file = { ...funding.file, pendingDeposit }
  writeChannelFile(channelPath, file)
  const amount = formatAmount(pendingDeposit.amount, file.asset.decimals)
  terminal.printError(
    kept === undefined
      ? `depositing ${amount}; the gateway sends it and waits for its block`
      : `asking what became of the deposit of ${amount} that was signed before`,
  )
  const { chainId, config: channelConfig } = file
  const body = { chainId, channelConfig, ...pendingDeposit, amount: String(pendingDeposit.amount) }
  const sent = await new GatewayBilling(file.gateway, () => '').sendDeposit(body)
  if (sent.ok || (sent.error.reason === 'gateway_refused' && sent.error.status < 500)) {
    writeChannelFile(channelPath, { ...file, pendingDeposit: null })
  }
  if (!sent.ok) terminal.printError("'vouch channel top-up' asks again; no deposit is made twice")
  return orGatewayFailure(sent)
}

function signDeposit(
  file: ChannelFile,
  terms: {
    readonly amount: AtomicAmount
    readonly payerKey: PrivateKey
    readonly nowMs: () => number
  },
): PendingDeposit {
  const { amount } = terms
  const validBefore = unixSeconds(unixSecondsOf(terms.nowMs()) + depositValidS)
  const body = depositBody(file, { amount, validBefore, salt: randomBytes(32) }, terms.payerKey)
  const { channelConfig: _config, ...signed } = body as PendingDeposit & {
    readonly channelConfig: unknown
  }
  return { ...signed, amount }
}

/** Past its time a signature moves nothing any more; that it did before shows in the channel's balance. */
const stillGood = (pending: PendingDeposit | null, nowMs: number): PendingDeposit | undefined =>
  pending !== null && pending.validBefore > nowMs / 1000 ? pending : undefined

/** `vouch channel top-up`: a further deposit, a further tranche, or both. */
export async function topUpOwnChannel(
  options: ChannelOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const { channelPath } = options
  const file = readChannelFile(channelPath)
  const sessionKey = await readSessionKey(channelPath, file)
  const { decimals, name } = file.asset
  const channel =
    options.deposit === undefined && file.pendingDeposit === null
      ? await raiseTranche(file, options, { sessionKey, ...surroundings })
      : await addDeposit(file, options, { sessionKey, ...surroundings })
  const format = (amount: bigint) => `${formatAmount(amount, decimals)} ${name}`
  report(surroundings, options, {
    lines: [
      `deposited ${format(channel.balance)}, signed ${format(channel.signed)}, free ${format(channel.free)}`,
    ],
    value: {
      channel_id: file.channelId,
      balance: String(channel.balance),
      signed: String(channel.signed),
      free: String(channel.free),
    },
  })
  return 0
}

type Owner = PayerSurroundings & { readonly sessionKey: PrivateKey }

async function addDeposit(
  file: ChannelFile,
  options: ChannelOptions,
  owner: Owner,
): Promise<RemoteChannel> {
  const { decimals, name } = file.asset
  const amount = file.pendingDeposit?.amount
  const deposit = amount ?? parseAmount('--deposit', needed('--deposit', options.deposit), decimals)
  const payerKey = await readOwnKey(needed('--key', options.keyPath))
  if (amount === undefined) await refuseUselessDeposit({ file, deposit, options }, owner)
  const tranche = parseTranche(options.tranche, deposit, decimals)
  await confirmOrEnd(`Deposit ${formatAmount(deposit, decimals)} ${name}?`, options)
  const { channelPath } = options
  return depositAndSign(
    { file, channelPath, payerKey, sessionKey: owner.sessionKey, deposit, tranche },
    owner,
  )
}

/**
 * A closing channel is served again only when no withdrawal is pending and its balance covers what was signed, which can
 * be far above what a refund left: a smaller deposit would only have to be withdrawn again.
 */
async function refuseUselessDeposit(
  wanted: {
    readonly file: ChannelFile
    readonly deposit: AtomicAmount
    readonly options: ChannelOptions
  },
  { sessionKey, nowMs }: Owner,
): Promise<void> {
  const { file, deposit, options } = wanted
  const authorization = () => ownerAuthorization(file, nowMs(), sessionKey)
  const book = await new GatewayBilling(file.gateway, authorization).channel()
  // A gateway that does not know the channel yet, or is not there, says so when the deposit comes.
  if (!book.ok || !book.value.closing) return
  const rpc = jsonRpc(options.rpcUrl ?? file.rpcUrl)
  const onChain = orFail(await readChannel(rpc, channelSettlementAt(file.settlement), file))
  if (onChain.withdrawFinalAtS !== undefined) {
    throw new CommandFailure("a withdrawal is pending: end it by 'vouch channel withdraw' first")
  }
  const lacking = book.value.signed - onChain.balance
  if (deposit >= lacking) return
  throw new CommandFailure(
    `the channel was refunded: it is served again from a deposit of ${formatAmount(lacking, file.asset.decimals)} on, or open another one with --channel`,
  )
}

/** By the gateway's own word of what it charged. `vouch wallet` looks at every receipt before it signs. */
async function raiseTranche(
  file: ChannelFile,
  options: ChannelOptions,
  { sessionKey, nowMs }: Owner,
): Promise<RemoteChannel> {
  const { decimals, name } = file.asset
  const billing = new GatewayBilling(file.gateway, () =>
    ownerAuthorization(file, nowMs(), sessionKey),
  )
  const channel = orGatewayFailure(await billing.channel())
  const tranche = parseTranche(options.tranche, channel.balance, decimals)
  const wanted = channel.charged + tranche
  const maxClaimable = atomic(wanted < channel.balance ? wanted : channel.balance)
  if (maxClaimable <= channel.signed) {
    throw new CommandFailure('as much is signed already: --deposit more, or a larger --tranche')
  }
  const more = formatAmount(maxClaimable - channel.signed, decimals)
  await confirmOrEnd(`Promise the gateway ${more} ${name} more?`, options)
  return sendVoucher({ channelPath: options.channelPath, sessionKey }, maxClaimable)
}
