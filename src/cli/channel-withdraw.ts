/*
 * The exit that needs nobody: the payer's own transactions to the channel's contract, from what `open` left on the disk.
 */
import { readHead } from '../chain/blocks.ts'
import { channelSettlementAt, readChannel } from '../chain/channel-settlement.ts'
import { finalizeWithdrawCall, initiateWithdrawCall } from '../chain/channel-withdrawal.ts'
import { type ContractCall, checkChainId } from '../chain/contracts.ts'
import { type JsonRpc, jsonRpc } from '../chain/json-rpc.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { type MinedTransaction, openSender, type Sender, sendCall } from '../chain/transactions.ts'
import { ownerAuthorization, refundBody } from '../client/billing-orders.ts'
import { GatewayBilling } from '../client/gateway-billing.ts'
import { type AtomicAmount, atomic, type Bytes32, type UnixSeconds } from '../domain/units.ts'
import { formatAmount } from './amounts.ts'
import { confirmOrEnd } from './ask-person.ts'
import { type ChannelFile, readChannelFile, readOwnKey, readSessionKey } from './channel-file.ts'
import type { ChannelOptions } from './channel-options.ts'
import { type PayerSurroundings, report } from './channel-surroundings.ts'
import { CommandFailure } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import { orGatewayFailure } from './gateway-or-fail.ts'

/** How far a withdrawal is after one look and at most one transaction. */
export type Withdrawal =
  | {
      readonly state: 'initiated'
      readonly amount: AtomicAmount
      readonly finalAtS: UnixSeconds | undefined
      readonly transactionHash: Bytes32
    }
  | { readonly state: 'waiting'; readonly finalAtS: UnixSeconds }
  | {
      readonly state: 'finalized'
      readonly amount: AtomicAmount
      readonly transactionHash: Bytes32
    }
  | { readonly state: 'empty' }

/** `vouch channel withdraw`: starts a withdrawal, or ends one whose delay is over. */
export async function withdrawFromOwnChannel(
  options: ChannelOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const { channelPath } = options
  const file = readChannelFile(channelPath)
  const key =
    options.keyPath === undefined
      ? await readSessionKey(channelPath, file)
      : await readOwnKey(options.keyPath)
  const rpc = jsonRpc(options.rpcUrl ?? file.rpcUrl)
  await confirmOrEnd('Withdraw everything that is not charged? The gateway stops serving.', options)
  const withdrawal = await withdrawNow(rpc, file, { key, nowMs: surroundings.nowMs() })
  report(surroundings, options, {
    lines: [describeWithdrawal(withdrawal, file)],
    value: {
      channel_id: file.channelId,
      ...Object.fromEntries(
        Object.entries(withdrawal).map(([name, value]) => [
          name,
          typeof value === 'bigint' ? String(value) : (value ?? null),
        ]),
      ),
    },
  })
  return 0
}

/** The next step towards the payer's money. Throws CommandFailure when the chain refuses or cannot be reached. */
export async function withdrawNow(
  rpc: JsonRpc,
  file: ChannelFile,
  { key, nowMs }: { readonly key: PrivateKey; readonly nowMs: number },
): Promise<Withdrawal> {
  const { chainId, config } = file
  orFail(await checkChainId(rpc, chainId))
  const settlement = channelSettlementAt(file.settlement)
  const before = orFail(await readChannel(rpc, settlement, file))
  const amount = atomic(before.balance - before.totalClaimed)
  const sender = openSender({ rpc, chainId, privateKey: key })
  const finalAtS = before.withdrawFinalAtS
  if (finalAtS === undefined) {
    if (amount === 0n) return { state: 'empty' }
    const sent = await sendPaid(sender, initiateWithdrawCall(settlement, { config, amount }))
    const after = orFail(await readChannel(rpc, settlement, file))
    const { transactionHash } = sent
    return { state: 'initiated', amount, finalAtS: after.withdrawFinalAtS, transactionHash }
  }
  const { timestampS } = orFail(await readHead(rpc))
  // A chain that makes no blocks shows an old time; the contract judges by that of the next block.
  if (Math.max(timestampS, Math.floor(nowMs / 1000)) < finalAtS) {
    return { state: 'waiting', finalAtS }
  }
  const sent = await sendPaid(sender, finalizeWithdrawCall(settlement, config))
  return { state: 'finalized', amount, transactionHash: sent.transactionHash }
}

/** The session key, which is the default, was made by `open` and owns nothing until somebody sends it gas money. */
async function sendPaid(sender: Sender, call: ContractCall): Promise<MinedTransaction> {
  const sent = await sendCall(sender, call)
  if (!sent.ok && sent.error.reason === 'chain_error' && noGasMoney.test(sent.error.message)) {
    throw new CommandFailure(
      `${sender.address} cannot pay the gas: send it some, or name the payer's key with --key`,
    )
  }
  return orFail(sent)
}

/** The words of geth, which other nodes took over. */
const noGasMoney = /insufficient funds/i

export function describeWithdrawal(withdrawal: Withdrawal, { asset }: ChannelFile): string {
  const again = "then 'vouch channel withdraw' ends it"
  const time = (seconds: UnixSeconds) => new Date(seconds * 1000).toISOString()
  const format = (amount: bigint) => `${formatAmount(amount, asset.decimals)} ${asset.name}`
  switch (withdrawal.state) {
    case 'initiated': {
      const { amount, finalAtS } = withdrawal
      const when = finalAtS === undefined ? 'after the delay' : `at ${time(finalAtS)}`
      return `a withdrawal of ${format(amount)} is started and final ${when}; ${again}`
    }
    case 'waiting':
      return `the withdrawal is final at ${time(withdrawal.finalAtS)}; ${again}`
    case 'finalized':
      return `withdrawn: ${format(withdrawal.amount)} went to the payer in ${withdrawal.transactionHash}`
    case 'empty':
      return 'nothing is left in this channel'
  }
}

/** `vouch channel refund`: the same by the gateway's favour, without the delay and without gas of one's own. */
export async function refundOwnChannel(
  options: ChannelOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const { channelPath } = options
  const file = readChannelFile(channelPath)
  const sessionKey = await readSessionKey(channelPath, file)
  const { nowMs, terminal } = surroundings
  await confirmOrEnd('Ask the gateway to give back what it has not charged?', options)
  terminal.printError('the gateway claims what it charged, then refunds the rest')
  const billing = new GatewayBilling(file.gateway, () =>
    ownerAuthorization(file, nowMs(), sessionKey),
  )
  const refunded = await billing.refund(refundBody(file, nowMs(), sessionKey))
  if (!refunded.ok && refunded.error.reason === 'gateway_unreachable') {
    throw new CommandFailure("the gateway cannot be reached: 'vouch channel withdraw' needs none")
  }
  const { amount, transaction_hash: transactionHash } = orGatewayFailure(refunded)
  const { decimals, name } = file.asset
  report(surroundings, options, {
    lines: [`${formatAmount(amount, decimals)} ${name} went to the payer in ${transactionHash}`],
    value: {
      channel_id: file.channelId,
      amount: String(amount),
      transaction_hash: transactionHash,
    },
  })
  return 0
}
