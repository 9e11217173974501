/*
 * Meeting a gateway: what it offers to whoever contributes, checked against the contributor's own node, and whether it is the
 * one that was met before.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { type JsonRpc, jsonRpc } from '../chain/json-rpc.ts'
import { describeBillingFailure } from '../client/ask-gateway.ts'
import { checkGateway, describeGatewayFault } from '../contributor/check-gateway.ts'
import { isDevelopmentChain } from '../contributor/claim-cost.ts'
import { readJoiningTerms } from '../contributor/join-gateway.ts'
import type { RemoteJoiningTerms } from '../contributor/joining-answers.ts'
import { CommandFailure } from './command.ts'
import type { ContributeOptions } from './contribute-options.ts'
import { labelled, type Screen } from './contribute-screen.ts'
import type { ContributorFile } from './contributor-file.ts'

export type MetGateway = {
  /** Without `/v1`. */
  readonly origin: string
  readonly terms: RemoteJoiningTerms
  readonly rpc: JsonRpc
  readonly rpcUrl: string
  /** A development chain on this machine: nothing on it is worth anything, so nobody is asked before it is spent. */
  readonly isPlayground: boolean
  /** Another gateway was served from this folder before, and a person said that this one takes its place. */
  readonly isChanged: boolean
}

/** Throws CommandFailure with what to do. */
export async function meetGateway(
  options: ContributeOptions,
  known: ContributorFile | undefined,
  { screen, nowMs }: { readonly screen: Screen; readonly nowMs: () => number },
): Promise<MetGateway> {
  const origin = originOf(options, known)
  const terms = await termsOf(origin, known, screen)
  const isChanged = judgeIdentity({ origin, terms }, options, known)
  if (!terms.open) {
    throw new CommandFailure(
      `${origin} takes no contributors now: ask its operator, or choose another gateway`,
    )
  }
  const isPlayground = isPlayMoney(origin, terms.chain)
  const rpcUrl = options.rpcUrl ?? (isPlayground ? terms.chain.rpc_url : known?.chain.rpcUrl)
  if (rpcUrl === undefined || rpcUrl === null) {
    throw new CommandFailure(
      `--rpc URL is needed: a node of chain ${terms.chain.chain_id} that you choose yourself, because what the gateway says is checked there, and your money is there`,
      2,
    )
  }
  const rpc = jsonRpc(rpcUrl)
  const own = { trusted: options.trusted, nowMs: nowMs() }
  const checked = await checkGateway(rpc, terms, own)
  if (!checked.ok) throw new CommandFailure(describeGatewayFault(checked.error))
  const met = { origin, terms, rpc, rpcUrl, isPlayground, isChanged }
  introduce(met, screen)
  return met
}

function introduce({ origin, terms, rpc, isPlayground }: MetGateway, screen: Screen): void {
  const { chain, gateway, fee_bps: feeBps, approval } = terms
  const node = isPlayground ? 'its own on this machine, play money' : rpc.origin
  screen.tell(
    { event: 'gateway', origin, gateway, chainId: chain.chain_id, feeBps },
    ...labelled(
      'gateway',
      `${origin}, account ${gateway}`,
      `registered and staked on chain ${chain.chain_id} (${node})`,
      `keeps ${feeBps / 100} % of each answer's price${approval ? '; its operator approves who joins' : ''}`,
    ),
  )
}

function originOf(options: ContributeOptions, known: ContributorFile | undefined): string {
  const origin = options.gateway ?? known?.gateway.origin
  if (origin === undefined) {
    throw new CommandFailure("--gateway URL is needed: whom to work for ('--help' explains)", 2)
  }
  const previous = known?.gateway.origin ?? origin
  if (previous === origin || options.acceptedGateway !== undefined) return origin
  throw new CommandFailure(
    `${options.folder} works for ${previous}: --data names another folder for ${origin}`,
  )
}

/** Between two questions to a gateway that was there before. */
const retryFirstMs = 1_000
const retryLastMs = 30_000

/** A gateway that was met before is waited for: this machine may have started first after a power cut. */
async function termsOf(
  origin: string,
  known: ContributorFile | undefined,
  screen: Screen,
): Promise<RemoteJoiningTerms> {
  for (let pauseMs = retryFirstMs; ; pauseMs = Math.min(2 * pauseMs, retryLastMs)) {
    const terms = await readJoiningTerms(origin)
    if (terms.ok) return terms.value
    const why = describeBillingFailure(terms.error)
    const mayComeBack =
      terms.error.reason === 'gateway_unreachable' ||
      (terms.error.reason === 'gateway_refused' && terms.error.status >= 500)
    if (known === undefined || !mayComeBack) {
      throw new CommandFailure(`${why}: check --gateway ${origin}, or try again later`)
    }
    screen.tell(
      { event: 'gateway_unreachable', why, againInMs: pauseMs },
      ...labelled('gateway', `${why}; asked again in ${pauseMs / 1000} s`),
    )
    await wait(pauseMs)
  }
}

/** Whether another gateway takes the place of the known one. Who it is was settled when it was met first. */
function judgeIdentity(
  { origin, terms }: { readonly origin: string; readonly terms: RemoteJoiningTerms },
  { acceptedGateway, folder }: ContributeOptions,
  known: ContributorFile | undefined,
): boolean {
  if (known === undefined) return false
  const { gateway, chain } = terms
  const before = identityOf({
    gateway: known.gateway.operator,
    chainId: known.chain.chainId,
    contracts: [
      known.chain.contributorRegistry,
      known.chain.receiptVerifier,
      known.chain.settlement,
    ],
  })
  const now = identityOf({
    gateway,
    chainId: chain.chain_id,
    contracts: [chain.contributor_registry, chain.receipt_verifier, chain.settlement],
  })
  if (before === now) return false
  if (acceptedGateway === gateway) return true
  const what =
    known.gateway.operator === gateway
      ? 'names another chain or other contracts than'
      : `is ${gateway} now and was ${known.gateway.operator}`
  throw new CommandFailure(
    `${origin} ${what} when you first met it: this may be somebody else. If its operator told you of the change (or it is a development chain that began anew), say --accept-gateway ${gateway}; else keep away, and 'vouch contributor claim --data ${folder}' gets what you earned`,
  )
}

const identityOf = (facts: {
  readonly gateway: string
  readonly chainId: number
  readonly contracts: readonly string[]
}): string => JSON.stringify(facts)

/**
 * Whether nothing there is worth anything. A gateway says where its node is, and on this machine that may be anybody's behind
 * a forwarded port, and the node a real one: only a chain whose coin is given to whoever asks is spent without a word.
 */
export const isPlayMoney = (
  origin: string,
  { chain_id: chainId, rpc_url: rpcUrl }: Pick<RemoteJoiningTerms['chain'], 'chain_id' | 'rpc_url'>,
): boolean =>
  rpcUrl !== null && isLoopback(origin) && isLoopback(rpcUrl) && isDevelopmentChain(chainId)

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}
