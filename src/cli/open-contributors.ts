/*
 * The contributors that join while gateways run: what the store has of them becomes what the pool asks, what payouts pay and
 * what the admin API shows.
 */
import type { GatewayLog } from '../base/log.ts'
import { err, type Result } from '../base/result.ts'
import { describeChainFailure } from '../chain/chain-failure.ts'
import { agreementDomain } from '../chain/fx-typed-data.ts'
import type { GatewayConfig } from '../config.ts'
import { readLentTerms, readUpstreamEntry } from '../config-entries.ts'
import { closedLending } from '../config-lending.ts'
import { type AdminDoor, createAdminDoor } from '../gateway/admin-door.ts'
import { createContributorKeeper } from '../joining/contributor-keeper.ts'
import { ContributorRoster, type Roster, type RosterEntry } from '../joining/contributor-roster.ts'
import { createLendingStep, type LendingPolicy, type LendingStep } from '../joining/lending-step.ts'
import type { Payee } from '../settlement/payout-terms.ts'
import type { ContributorStore } from '../store/contributor-store.ts'
import { StoreFailure } from '../store/ledger-store.ts'
import { isGuardedHost } from '../upstream/guarded-lookup.ts'
import { probeContributor } from '../upstream/probe-contributor.ts'
import type { UpstreamPools } from '../upstream/upstream-pools.ts'
import { CommandFailure } from './command.ts'
import { keptContributorOf } from './kept-contributor.ts'
import type { OpenRouting } from './open-routing.ts'
import { openSeal } from './open-seal.ts'
import { redactedConfig } from './redacted-config.ts'
import type { RunningPayouts } from './start-payouts.ts'

export type OpenContributors = {
  readonly lending: LendingStep
  /** Undefined where no token is configured. */
  readonly admin: AdminDoor | undefined
  readonly stop: () => Promise<void>
}

type Wiring = {
  readonly config: GatewayConfig
  readonly store: ContributorStore
  readonly routing: Pick<OpenRouting, 'pool' | 'contributors' | 'fileContributors'>
  readonly payouts: Pick<RunningPayouts, 'setLenders' | 'pays'>
  readonly upstreams: UpstreamPools
  readonly log: GatewayLog
  readonly nowMs: () => number
  /** Reads the configuration file again; the error is one line. */
  readonly reload: () => Promise<Result<unknown, string>>
}

/** Throws CommandFailure where the store cannot be read. */
export async function openContributors(wiring: Wiring): Promise<OpenContributors> {
  const { config, store, routing, log, nowMs } = wiring
  const seal = openSeal(config)
  const roster = new ContributorRoster({
    store,
    seal,
    contributorOf: (record, apiKey) => keptContributorOf(config, record, apiKey),
    ...applicationOf(wiring),
    log,
  })
  await begin(roster, log)
  const decimals = config.chain.assetDecimals
  const place = {
    gateway: config.gateway.operator,
    chainId: config.chain.chainId,
    registry: config.chain.gatewayRegistry,
  }
  const lending = createLendingStep({
    gateway: place.gateway,
    domain: agreementDomain({ chainId: place.chainId, verifyingContract: place.registry }),
    nowMs,
    policy: policyOf(config),
    place,
    roster,
    store,
    seal,
    readTerms: (text) => readLentTerms(text, decimals),
    probe: ({ baseUrl, apiKey, models }) =>
      probeContributor(wiring.upstreams, {
        baseUrl,
        models,
        isGuarded: config.lending?.urls.allowPrivateNetworks !== true,
        authorization: `Bearer ${apiKey}`,
      }),
  })
  const readEntry = (definition: string) => readUpstreamEntry(definition, decimals)
  const admin =
    config.admin &&
    createAdminDoor({
      tokenHash: config.admin.tokenHash,
      roster,
      keeper: createContributorKeeper({ roster, seal, readEntry, nowMs }),
      pool: routing.pool,
      fileContributors: routing.fileContributors,
      config: () => redactedConfig(config),
      reload: wiring.reload,
      nowMs,
    })
  return { lending, admin, stop: () => roster.stop() }
}

async function begin(roster: ContributorRoster, log: GatewayLog): Promise<void> {
  try {
    await roster.look()
    await roster.settled()
    const keys = await roster.sealAnew()
    if (keys > 0) log.info('keys_sealed_anew', { keys })
    roster.start()
  } catch (error) {
    if (error instanceof StoreFailure) throw new CommandFailure(error.message)
    throw error
  }
}

function policyOf(config: GatewayConfig): () => LendingPolicy {
  const lending = config.lending ?? closedLending
  const policy = {
    ...lending,
    urls: { ...lending.urls, isPublicHost: isGuardedHost },
    feeBps: config.payouts?.feeBps ?? 0,
  }
  return () => policy
}

/**
 * What the roster comes to in the rest of the gateway: at once where nobody must be asked; a lent key when its payout channel
 * is known, so that nobody works who could not be paid for it.
 */
function applicationOf({ config, routing, payouts, upstreams, log }: Wiring) {
  let current: Roster = { entries: new Map(), marks: new Map() }
  const tell = () => {
    const { entries, marks } = current
    const isPaid = ({ record }: RosterEntry) =>
      record.lender === undefined || payouts.pays(record.contributorId)
    const drained = [...marks.values()].filter(({ isDrained }) => isDrained)
    routing.contributors.setDrained(new Set(drained.map(({ contributorId }) => contributorId)))
    routing.contributors.setStoredContributors(
      [...entries.values()].filter(isPaid).flatMap(({ contributor }) => contributor ?? []),
    )
    upstreams.retain(routing.pool.contributors)
  }
  return {
    apply: (roster: Roster): void => {
      const readmitted = [...roster.marks.values()].filter(
        ({ contributorId, readmittedAtMs }) =>
          readmittedAtMs !== (current.marks.get(contributorId)?.readmittedAtMs ?? 0),
      )
      current = roster
      tell()
      for (const { contributorId } of readmitted) routing.pool.readmit(contributorId)
    },
    settle: async (roster: Roster): Promise<boolean> => {
      const payees = [...roster.entries.values()].flatMap((entry) => payeeOf(config, entry))
      const set = await payouts.setLenders(payees)
      if (!set.ok) log.error('lenders_not_looked_up', { detail: describeChainFailure(set.error) })
      tell()
      return set.ok
    },
  }
}

function payeeOf({ chain }: GatewayConfig, { record, contributor }: RosterEntry): readonly Payee[] {
  if (contributor === undefined) return []
  const { contributorId, lender } = record
  if (lender === undefined) {
    const { identity } = contributor
    return identity === undefined ? [] : [{ contributorId, operator: identity.operator }]
  }
  // At home and in the home asset: what it is priced in.
  const { chainId, asset: token } = chain
  const payout = { chainId, token, receiver: lender.payout, minWithdrawDelay: 0, nonce: 0 }
  return [{ contributorId, operator: lender.wallet, payout }]
}

/** Of a gateway that was started without a file. */
export const nothingToReload = async (): Promise<Result<unknown, string>> =>
  err('this gateway was not started from a file')
