/*
 * Opens a channel: the terms are the gateway's, but what would cost the payer its money if it were a lie (which chain, which
 * contracts take the deposit, the token's decimals and domain) is compared with the chain or with what is known.
 */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { toHex } from '../base/hex.ts'
import {
  canonicalCollectorAddress,
  canonicalSettlementAddress,
} from '../chain/channel-settlement.ts'
import { channelDomain, channelIdOf } from '../chain/channel-typed-data.ts'
import { checkChainId, checkCode } from '../chain/contracts.ts'
import { jsonRpc } from '../chain/json-rpc.ts'
import { type PrivateKey, randomPrivateKey } from '../chain/private-key.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { readTokenDomain } from '../chain/token-domain.ts'
import { readTokenHolding } from '../chain/token-holding.ts'
import { type AcceptedChannel, configFrom, type GatewayTerms } from '../client/gateway-answers.ts'
import { GatewayBilling } from '../client/gateway-billing.ts'
import { type Address, type AtomicAmount, atomic, bytes32, unixSecondsOf } from '../domain/units.ts'
import { formatAmount, parseAmount } from './amounts.ts'
import { confirmOrEnd } from './ask-person.ts'
import {
  type ChannelFile,
  channelFileExists,
  readOwnKey,
  sessionKeyPath,
  writeChannelFile,
} from './channel-file.ts'
import { depositAndSign, parseTranche } from './channel-fund.ts'
import { type ChannelOptions, needed } from './channel-options.ts'
import { type PayerSurroundings, report } from './channel-surroundings.ts'
import { CommandFailure } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import { orGatewayFailure } from './gateway-or-fail.ts'
import { grantOwnKey } from './keys-of-owner.ts'

export async function openOwnChannel(
  options: ChannelOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const { channelPath } = options
  const { terminal, nowMs } = surroundings
  if (channelFileExists(channelPath)) {
    throw new CommandFailure(
      `${channelPath} is a channel already: 'vouch channel top-up' adds to it, --channel names another file`,
    )
  }
  const gateway = needed('--gateway', options.gateway)
  const rpcUrl = needed('--rpc', options.rpcUrl)
  const payerKey = await readOwnKey(needed('--key', options.keyPath))
  terminal.printError('asking the gateway for its terms')
  const billing = new GatewayBilling(gateway, () => '')
  const accepted = await acceptable(orGatewayFailure(await billing.terms()), options, rpcUrl)
  const { chain_id: chainId, asset } = accepted
  // Once more, with the prices in the channel's own asset: what is agreed to here is what receipts will say.
  const terms = orGatewayFailure(await billing.terms({ chainId, address: asset }))
  const amounts = await affordable(accepted, options, {
    rpcUrl,
    payer: addressOfPrivateKey(payerKey),
  })
  for (const line of offerLines(terms, accepted, { ...options, ...amounts })) {
    terminal.printError(line)
  }
  await confirmOrEnd('Open this channel?', options)

  const sessionKey = randomPrivateKey()
  const file = fileOf({
    options,
    gateway,
    rpcUrl,
    terms,
    accepted,
    payerKey,
    sessionKey,
    openedAtMs: nowMs(),
  })
  // Keys and terms are on the disk before money moves.
  writeSessionKey(sessionKeyPath(channelPath, file), sessionKey)
  writeChannelFile(channelPath, file)
  const funded = await depositAndSign(
    { file, channelPath, payerKey, sessionKey, ...amounts },
    surroundings,
  )
  const apiKey = await grantOwnKey({ file, sessionKey, key: options.key }, surroundings)
  report(surroundings, options, {
    lines: [
      `channel   ${file.channelId}, kept in ${channelPath}`,
      `base URL  ${gateway}/v1`,
      `API key   ${apiKey.secret}`,
      'This is the only time that the key is shown.',
    ],
    value: {
      channel_id: file.channelId,
      channel_file: channelPath,
      base_url: `${gateway}/v1`,
      api_key: apiKey.secret,
      api_key_id: apiKey.id,
      balance: String(funded.balance),
      signed: String(funded.signed),
    },
  })
  return 0
}

/** The one kind of channel that is on the payer's chain, none of whose contracts is somebody's own. */
async function acceptable(
  terms: GatewayTerms,
  options: ChannelOptions,
  rpcUrl: string,
): Promise<AcceptedChannel> {
  const rpc = jsonRpc(rpcUrl)
  for (const accepted of terms.accepts) {
    const sameChain = await checkChainId(rpc, accepted.chain_id)
    if (!sameChain.ok && sameChain.error.reason === 'chain_id_mismatch') continue
    orFail(sameChain)
    pinned('settlement', accepted.settlement, options.settlement ?? canonicalSettlementAddress)
    pinned('collector', accepted.collector, options.collector ?? canonicalCollectorAddress)
    orFail(
      await checkCode(rpc, [
        { name: 'ChannelSettlement', address: accepted.settlement },
        { name: 'the collector', address: accepted.collector },
      ]),
    )
    const asset = { chainId: accepted.chain_id, address: accepted.asset }
    const domain = orFail(await readTokenDomain(rpc, asset))
    const { name, version } = accepted.asset_domain
    if (domain.name === name && domain.version === version) return accepted
    throw new CommandFailure(
      `the gateway says that ${accepted.asset} is "${name}" ${version}, but the token says "${domain.name}" ${domain.version}`,
    )
  }
  const chains = terms.accepts.map(({ chain_id }) => chain_id).join(', ')
  throw new CommandFailure(`the gateway serves on chain ${chains || '(none)'}, --rpc is another`)
}

/** Whoever takes the deposit could take it for itself: only contracts that are known get a signature. */
function pinned(role: 'settlement' | 'collector', offered: Address, known: Address): void {
  if (offered === known) return
  throw new CommandFailure(
    `the gateway's ${role} is ${offered}, not ${known}: if you know that contract and trust it, say --${role} ${offered}`,
  )
}

async function affordable(
  accepted: AcceptedChannel,
  options: ChannelOptions,
  payer: { readonly rpcUrl: string; readonly payer: Address },
): Promise<{ readonly deposit: AtomicAmount; readonly tranche: AtomicAmount }> {
  const { decimals } = accepted
  const holding = orFail(
    await readTokenHolding(jsonRpc(payer.rpcUrl), {
      token: accepted.asset,
      account: payer.payer,
    }),
  )
  if (holding.decimals !== decimals) {
    throw new CommandFailure(
      `the gateway says that ${accepted.asset} has ${decimals} decimals, but the token says ${holding.decimals}`,
    )
  }
  const deposit = parseAmount('--deposit', needed('--deposit', options.deposit), decimals)
  const format = (amount: bigint) =>
    `${formatAmount(amount, decimals)} ${accepted.asset_domain.name}`
  if (deposit < accepted.minimum_deposit) {
    throw new CommandFailure(`the gateway takes ${format(accepted.minimum_deposit)} and more`)
  }
  if (deposit > holding.balance) {
    throw new CommandFailure(`${payer.payer} has only ${format(holding.balance)}`)
  }
  if (options.withdrawDelayS < accepted.withdraw_delay_min) {
    throw new CommandFailure(
      `the gateway serves on channels whose --withdraw-delay is ${accepted.withdraw_delay_min} s or more`,
    )
  }
  return { deposit, tranche: parseTranche(options.tranche, deposit, decimals) }
}

const offerLines = (
  terms: GatewayTerms,
  accepted: AcceptedChannel,
  own: {
    readonly deposit: AtomicAmount
    readonly tranche: AtomicAmount
    readonly withdrawDelayS: number
  },
): readonly string[] => {
  const { decimals, asset_domain: asset } = accepted
  const format = (amount: bigint) => `${formatAmount(amount, decimals)} ${asset.name}`
  const price = ({ id, price_sheet: sheet }: GatewayTerms['models'][number]) =>
    `  ${id}: ${format(sheet.promptAtomicPerMtok)} in, ${format(sheet.completionAtomicPerMtok)} out per million tokens`
  return [
    `gateway ${terms.gateway}, chain ${accepted.chain_id}, asset ${accepted.asset}`,
    ...terms.models.map(price),
    `deposit ${format(own.deposit)} (${own.deposit} atomic units); it stays yours until it is charged`,
    `first tranche ${format(own.tranche)}: the most that this gateway could take without an answer`,
    `your withdrawal without the gateway is final after ${own.withdrawDelayS} s`,
  ]
}

function fileOf(terms: {
  readonly options: ChannelOptions
  readonly gateway: string
  readonly rpcUrl: string
  readonly terms: GatewayTerms
  readonly accepted: AcceptedChannel
  readonly payerKey: PrivateKey
  readonly sessionKey: PrivateKey
  readonly openedAtMs: number
}): ChannelFile {
  const { options, accepted } = terms
  const config = configFrom(accepted, {
    payer: addressOfPrivateKey(terms.payerKey),
    payerAuthorizer: addressOfPrivateKey(terms.sessionKey),
    withdrawDelay: options.withdrawDelayS,
    salt: bytes32(toHex(randomBytes(32))),
  })
  const { chain_id: chainId, settlement, collector } = accepted
  return {
    channelId: channelIdOf(channelDomain({ chainId, verifyingContract: settlement }), config),
    config,
    chainId,
    settlement,
    collector,
    asset: { address: accepted.asset, decimals: accepted.decimals, ...accepted.asset_domain },
    registry: terms.terms.orders_domain,
    gateway: terms.gateway,
    operator: terms.terms.gateway,
    receiptVerifier: terms.terms.receipt_verifier,
    rpcUrl: terms.rpcUrl,
    sessionKeyFile: `${basename(options.channelPath).replace(/\.json$/, '')}.session.key`,
    openedAt: unixSecondsOf(terms.openedAtMs),
    priceHashes: terms.terms.models.map(({ price_hash }) => price_hash),
    priceSheets: terms.terms.models.map(({ price_sheet }) => price_sheet),
    signed: atomic(0n),
    pendingDeposit: null,
  }
}

/** Never over another one: it may be the only way to a channel's money. */
function writeSessionKey(path: string, key: PrivateKey): void {
  try {
    writeFileSync(path, `${key}\n`, { mode: 0o600, flag: 'wx', flush: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CommandFailure(
      code === 'EEXIST'
        ? `${path} is there already, and may be another channel's only key: move it away first`
        : `${path} cannot be written (${code})`,
    )
  }
}
