import { describeChainFailure } from '../chain/chain-failure.ts'
import { channelSettlementAt, readChannel } from '../chain/channel-settlement.ts'
import { jsonRpc } from '../chain/json-rpc.ts'
import { describeBillingFailure } from '../client/ask-gateway.ts'
import { ownerAuthorization } from '../client/billing-orders.ts'
import type { RemoteChannel } from '../client/gateway-answers.ts'
import { GatewayBilling } from '../client/gateway-billing.ts'
import type { ChannelOnChain } from '../domain/channel.ts'
import { formatAmount } from './amounts.ts'
import { type ChannelFile, readChannelFile, readSessionKey } from './channel-file.ts'
import type { ChannelOptions } from './channel-options.ts'
import { type PayerSurroundings, report } from './channel-surroundings.ts'

/** `vouch channel status`: what the gateway says, and what the chain says, which counts. 1 when the chain says nothing. */
export async function showOwnChannel(
  options: ChannelOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const { channelPath } = options
  const file = readChannelFile(channelPath)
  const sessionKey = await readSessionKey(channelPath, file)
  const billing = new GatewayBilling(options.gateway ?? file.gateway, () =>
    ownerAuthorization(file, surroundings.nowMs(), sessionKey),
  )
  const rpc = jsonRpc(options.rpcUrl ?? file.rpcUrl)
  const [book, chain] = await Promise.all([
    billing.channel(),
    readChannel(rpc, channelSettlementAt(file.settlement), file),
  ])
  const bookLines = book.ok
    ? linesOfBook(book.value, file)
    : [`gateway    ${describeBillingFailure(book.error)}`]
  const chainLines = chain.ok
    ? linesOfChain(chain.value, file)
    : [`chain      ${describeChainFailure(chain.error)}`]
  report(surroundings, options, {
    lines: [`channel    ${file.channelId}`, ...bookLines, ...chainLines],
    value: {
      channel_id: file.channelId,
      gateway: book.ok
        ? inDecimals(book.value)
        : { unavailable: describeBillingFailure(book.error) },
      chain: chain.ok
        ? inDecimals(chain.value)
        : { unavailable: describeChainFailure(chain.error) },
    },
  })
  return chain.ok ? 0 : 1
}

const inDecimals = (values: object): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'bigint' ? String(value) : (value ?? null),
    ]),
  )

function linesOfBook(book: RemoteChannel, { asset, gateway }: ChannelFile): readonly string[] {
  const format = (amount: bigint) => formatAmount(amount, asset.decimals)
  const state = book.closing ? ', closing' : book.frozen ? ', frozen' : ''
  return [
    `gateway    ${gateway}${state}, ${book.receipts} receipts, amounts in ${asset.name}`,
    `  signed   ${format(book.signed)}`,
    `  charged  ${format(book.charged)} (${format(book.charged - book.claimed)} not yet claimed)`,
    `  held     ${format(book.held)} for requests in flight`,
    `  free     ${format(book.free)} of the tranche`,
  ]
}

function linesOfChain(onChain: ChannelOnChain, { asset, chainId }: ChannelFile): readonly string[] {
  const format = (amount: bigint) => formatAmount(amount, asset.decimals)
  const { balance, totalClaimed, withdrawFinalAtS } = onChain
  const withdrawal =
    withdrawFinalAtS === undefined
      ? []
      : [`  withdrawal final at ${new Date(withdrawFinalAtS * 1000).toISOString()}`]
  return [
    `chain      ${chainId}`,
    `  balance  ${format(balance)}`,
    `  claimed  ${format(totalClaimed)}`,
    `  yours    ${format(balance - totalClaimed)}, less what is charged and not yet claimed`,
    ...withdrawal,
  ]
}
