/*
 * What a gateway says of itself before a contributor stakes money and works for it, against a node of the contributor's own
 * choice: a registry that is a forger's could keep the stake, a channel contract that is one pays nothing, and a gateway
 * without a registered key has nothing to lose.
 */
import { err, ok, type Result } from '../base/result.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import { canonicalSettlementAddress } from '../chain/channel-settlement.ts'
import { checkChainId, checkCode } from '../chain/contracts.ts'
import { create2Address } from '../chain/deployment.ts'
import { channelSettlementBytecode } from '../chain/generated/channel-settlement.ts'
import { isGenuineReceiptVerifier } from '../chain/genuine-receipt-verifier.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { isOpenClaimAuthorizer } from '../chain/open-claims.ts'
import { gatewayRegistryAt, isServing, isSigningKeyActive } from '../chain/operator-registry.ts'
import { readRegistry } from '../chain/receipt-verifier-contract.ts'
import { readTokenLabel } from '../chain/token-label.ts'
import { type Address, unixSecondsOf, zeroBytes32 } from '../domain/units.ts'
import type { RemoteJoiningTerms } from './joining-answers.ts'
import { claimLeadS } from './limits.ts'

export type GatewayFault =
  | { readonly reason: 'chain'; readonly failure: ChainFailure }
  /** Not a contract of this version of Vouch: a person may know it all the same. */
  | { readonly reason: 'unknown_contract'; readonly role: string; readonly address: Address }
  | { readonly reason: 'other_registry'; readonly told: Address; readonly used: Address }
  | { readonly reason: 'not_serving'; readonly gateway: Address }
  | { readonly reason: 'key_inactive'; readonly gateway: Address; readonly key: Address }
  /** Its escrow could be gone before a claim is in a block. */
  | { readonly reason: 'delay_too_short'; readonly delayS: number }
  | { readonly reason: 'other_decimals'; readonly token: Address; readonly actual: number }

/** One line for a person, with what to do. */
export function describeGatewayFault(fault: GatewayFault): string {
  switch (fault.reason) {
    case 'chain':
      return describeChainFailure(fault.failure)
    case 'unknown_contract':
      return `the gateway's ${fault.role} ${fault.address} is not a contract that this version of Vouch knows, and it could keep your money: if you know it and trust it, say --trust ${fault.address}`
    case 'other_registry':
      return `the gateway names ${fault.told} as the registry of contributors, but its receipts are checked against ${fault.used}: nothing that you register would count; tell its operator`
    case 'not_serving':
      return `the gateway's account ${fault.gateway} is not registered, or paused, or without its stake: nothing that it signs counts; tell its operator`
    case 'key_inactive':
      return `the gateway signs with ${fault.key}, which its account ${fault.gateway} has not registered: this may be somebody else; tell its operator`
    case 'delay_too_short':
      return `the gateway could take its escrow back within ${fault.delayS} s, and a claim may need ${claimLeadS}: it could keep what you earned; ask its operator for a longer payouts.withdrawDelayS`
    case 'other_decimals':
      return `the gateway counts ${fault.token} with other decimals than the token's own ${fault.actual}: amounts would be off by powers of ten; tell its operator`
  }
}

/** Everything that would cost the contributor its stake or its pay if it were a lie. */
export async function checkGateway(
  rpc: JsonRpc,
  terms: RemoteJoiningTerms,
  own: {
    /** Contracts that a person vouches for. */
    readonly trusted: readonly Address[]
    readonly nowMs: number
  },
): Promise<Result<void, GatewayFault>> {
  const { chain } = terms
  const delayS = chain.withdraw_delay_min_s
  if (delayS < claimLeadS) return err({ reason: 'delay_too_short', delayS })
  const there = await checkChainId(rpc, chain.chain_id)
  if (!there.ok) return chainFault(there.error)
  const code = await checkCode(rpc, [
    { name: 'ContributorRegistry', address: chain.contributor_registry },
    { name: 'ReceiptVerifier', address: chain.receipt_verifier },
    { name: 'ChannelSettlement', address: chain.settlement },
    { name: 'OpenClaimAuthorizer', address: chain.open_claim_authorizer },
    { name: 'the payout token', address: chain.payout_token.address },
  ])
  if (!code.ok) return chainFault(code.error)
  const checks = [
    () => checkVerifier(rpc, terms, own.trusted),
    () => checkPayContracts(rpc, terms, own.trusted),
    () => checkOperator(rpc, terms, own.nowMs),
  ]
  for (const check of checks) {
    const done = await check()
    if (!done.ok) return done
  }
  return ok(undefined)
}

async function checkVerifier(
  rpc: JsonRpc,
  { chain }: RemoteJoiningTerms,
  trusted: readonly Address[],
): Promise<Result<void, GatewayFault>> {
  const { receipt_verifier: verifier, contributor_registry: told } = chain
  const used = await readRegistry(rpc, verifier, 'contributors')
  if (!used.ok) return chainFault(used.error)
  if (used.value !== told) return err({ reason: 'other_registry', told, used: used.value })
  if (trusted.includes(verifier)) return ok(undefined)
  const genuine = await isGenuineReceiptVerifier(rpc, verifier)
  if (!genuine.ok) return chainFault(genuine.error)
  if (genuine.value) return ok(undefined)
  return err({ reason: 'unknown_contract', role: 'ReceiptVerifier', address: verifier })
}

/** Whoever has code at this address has deployed ours: it is derived from it. */
const ownSettlementAddress = create2Address({
  creationCode: channelSettlementBytecode,
  salt: zeroBytes32,
})

async function checkPayContracts(
  rpc: JsonRpc,
  { chain }: RemoteJoiningTerms,
  trusted: readonly Address[],
): Promise<Result<void, GatewayFault>> {
  const { settlement, open_claim_authorizer: authorizer, payout_token: token } = chain
  if (![canonicalSettlementAddress, ownSettlementAddress, ...trusted].includes(settlement)) {
    return err({ reason: 'unknown_contract', role: 'ChannelSettlement', address: settlement })
  }
  const isOpen = await isOpenClaimAuthorizer(rpc, authorizer)
  if (!isOpen.ok) return chainFault(isOpen.error)
  if (!isOpen.value) {
    return err({ reason: 'unknown_contract', role: 'OpenClaimAuthorizer', address: authorizer })
  }
  const label = await readTokenLabel(rpc, token.address)
  if (!label.ok) return chainFault(label.error)
  const { decimals } = label.value
  if (decimals === token.decimals) return ok(undefined)
  return err({ reason: 'other_decimals', token: token.address, actual: decimals })
}

async function checkOperator(
  rpc: JsonRpc,
  { chain, gateway, gateway_keys: keys }: RemoteJoiningTerms,
  nowMs: number,
): Promise<Result<void, GatewayFault>> {
  const gateways = await readRegistry(rpc, chain.receipt_verifier, 'gateways')
  if (!gateways.ok) return chainFault(gateways.error)
  const registry = gatewayRegistryAt(gateways.value)
  const serving = await isServing(rpc, registry, gateway)
  if (!serving.ok) return chainFault(serving.error)
  if (!serving.value) return err({ reason: 'not_serving', gateway })
  for (const key of keys) {
    const question = { operator: gateway, key, atS: unixSecondsOf(nowMs) }
    const active = await isSigningKeyActive(rpc, registry, question)
    if (!active.ok) return chainFault(active.error)
    if (!active.value) return err({ reason: 'key_inactive', gateway, key })
  }
  return ok(undefined)
}

const chainFault = (failure: ChainFailure): Result<never, GatewayFault> =>
  err({ reason: 'chain', failure })
