/*
 * The contributors that join while gateways run: what the store has of them becomes what the pool asks, what payouts pay and
 * what the admin API shows.
 */
import { joiningTermsRemembered, registryLookMs } from '../base/limits.ts'
import type { GatewayLog } from '../base/log.ts'
import { rememberRecent } from '../base/remember-recent.ts'
import { err, type Result } from '../base/result.ts'
import { describeChainFailure } from '../chain/chain-failure.ts'
import type { GatewayConfig } from '../config.ts'
import { readJoiningTerms, readUpstreamEntry } from '../config-entries.ts'
import { type AdminDoor, createAdminDoor } from '../gateway/admin-door.ts'
import { createJoiningDoor, type JoiningDoor } from '../gateway/joining-door.ts'
import { createContributorKeeper } from '../joining/contributor-keeper.ts'
import { ContributorRoster, type Roster, type RosterEntry } from '../joining/contributor-roster.ts'
import type { LendingStep } from '../joining/lending-step.ts'
import { markForgers, unmarkedForgers } from '../joining/mark-forgers.ts'
import type { RegistryWatch } from '../joining/registry-watch.ts'
import type { ContributorStore } from '../store/contributor-store.ts'
import { StoreFailure } from '../store/ledger-store.ts'
import { isTunnelUrl, type Tunnels } from '../upstream/tunnels.ts'
import type { UpstreamPools } from '../upstream/upstream-pools.ts'
import { CommandFailure } from './command.ts'
import type { StandingOf } from './joined-contributor.ts'
import { keptContributorOf } from './kept-contributor.ts'
import { openJoining, openRegistryWatch } from './open-joining.ts'
import { openLending } from './open-lending.ts'
import type { OpenRouting } from './open-routing.ts'
import { openSeal } from './open-seal.ts'
import { redactedConfig } from './redacted-config.ts'
import type { PaidSigner, RunningPayouts } from './start-payouts.ts'

export type OpenContributors = {
  readonly doors: {
    readonly lending: LendingStep
    readonly joining: JoiningDoor
    /** Undefined where no token is configured. */
    readonly admin: AdminDoor | undefined
  }
  /** Judges everybody anew who joined, under another configuration. */
  readonly reconfigure: (next: GatewayConfig) => Promise<void>
  readonly stop: () => Promise<void>
}

type Wiring = {
  readonly config: GatewayConfig
  readonly store: ContributorStore
  readonly routing: Pick<OpenRouting, 'pool' | 'contributors' | 'fileContributors'>
  readonly payouts: Pick<RunningPayouts, 'setLenders' | 'pays'>
  readonly upstreams: UpstreamPools
  readonly tunnels: Tunnels
  readonly log: GatewayLog
  readonly nowMs: () => number
  /** Reads the configuration file again; the error is one line. */
  readonly reload: () => Promise<Result<unknown, string>>
}

/** Throws CommandFailure where the store cannot be read. */
export async function openContributors(wiring: Wiring): Promise<OpenContributors> {
  const { config, store, routing, log, nowMs, upstreams, tunnels } = wiring
  const seal = openSeal(config)
  let current = config
  const watch = openRegistryWatch({ config, roster: () => roster, log, nowMs })
  const application = applicationOf(wiring, (forgers) => {
    void markForgers(roster, forgers).catch(() => log.error('forgers_not_marked'))
  })
  const decimals = config.chain.assetDecimals
  const readTerms = rememberRecent(
    (text) => readJoiningTerms(text, decimals),
    joiningTermsRemembered,
  )
  const standingOf: StandingOf = (operator) => watch.standingOf(operator)
  const roster = new ContributorRoster({
    store,
    seal,
    contributorOf: (record, apiKey) =>
      keptContributorOf(current, record, { apiKey, readTerms, standingOf, nowMs: nowMs() }),
    ...application,
    apply: (next) => {
      application.apply(next)
      // Somebody joined at another gateway of the store, of whom the registry was not asked yet.
      if (isAnyUnknown(next, standingOf)) void watch.lookNow()
    },
    log,
  })
  await begin(roster, watch, log)
  const forgery = setInterval(application.lookForForgers, registryLookMs).unref()
  const lending = openLending({ config, roster, store, seal, upstreams, nowMs })
  tunnels.watchReach(application.tell)
  const views = {
    tunnels,
    roster,
    pool: routing.pool,
    fileContributors: routing.fileContributors,
    nowMs,
  }
  const joinable = { roster, watch, store, seal, readTerms, upstreams, nowMs }
  const joining = createJoiningDoor({
    ...views,
    ...openJoining({ config: () => current, ...joinable }),
  })
  const readEntry = (definition: string) => readUpstreamEntry(definition, decimals)
  const admin =
    config.admin &&
    createAdminDoor({
      ...views,
      pool: routing.pool,
      tokenHash: config.admin.tokenHash,
      keeper: createContributorKeeper({ roster, seal, readEntry, nowMs }),
      config: () => redactedConfig(current),
      reload: wiring.reload,
    })
  return {
    doors: { lending, joining, admin },
    reconfigure: async (next) => {
      current = next
      await roster.rejudge()
    },
    stop: async () => {
      clearInterval(forgery)
      await watch.stop()
      await roster.stop()
    },
  }
}

const isAnyUnknown = ({ entries }: Roster, standingOf: StandingOf): boolean =>
  [...entries.values()].some(
    ({ record: { joined } }) => joined !== undefined && standingOf(joined.operator) === undefined,
  )

async function begin(
  roster: ContributorRoster,
  watch: RegistryWatch,
  log: GatewayLog,
): Promise<void> {
  try {
    await roster.look()
    await watch.lookNow()
    await roster.settled()
    const keys = await roster.sealAnew()
    if (keys > 0) log.info('keys_sealed_anew', { keys })
    roster.start()
    watch.start()
  } catch (error) {
    if (error instanceof StoreFailure) throw new CommandFailure(error.message)
    throw error
  }
}

/**
 * What the roster comes to in the rest of the gateway: at once where nobody must be asked; a lent key when its payout channel
 * is known, so that nobody works who could not be paid for it.
 */
function applicationOf(
  { config, routing, payouts, upstreams, tunnels, log, nowMs }: Wiring,
  onForgers: (contributorIds: readonly string[]) => void,
) {
  let current: Roster = { entries: new Map(), marks: new Map() }
  const lookForForgers = (): void => {
    const forgers = unmarkedForgers(current, routing.pool.report(nowMs()))
    if (forgers.length > 0) onForgers(forgers)
  }
  const tell = () => {
    // Before anybody leaves the pool, which forgets what it knew of whom it lets go.
    lookForForgers()
    const { entries, marks } = current
    // Who came by itself works for nothing otherwise; what the operator entered is the operator's own affair.
    const isPaid = ({ record: { lender, joined, contributorId } }: RosterEntry) =>
      (lender === undefined && joined === undefined) || payouts.pays(contributorId)
    const isAway = ({ record: { joined, baseUrl } }: RosterEntry) =>
      joined !== undefined && isTunnelUrl(baseUrl) && !tunnels.isReachable(new URL(baseUrl).host)
    const marked = [...marks.values()].filter(({ isDrained, isForger }) => isDrained || isForger)
    const away = [...entries.values()].filter(isAway).map(({ record }) => record)
    routing.contributors.setDrained(
      new Set([...marked, ...away].map(({ contributorId }) => contributorId)),
    )
    routing.contributors.setStoredContributors(
      [...entries.values()].filter(isPaid).flatMap(({ contributor }) => contributor ?? []),
    )
    upstreams.retain(routing.pool.contributors)
  }
  return {
    tell,
    lookForForgers,
    apply: (roster: Roster): void => {
      const readmitted = [...roster.marks.values()].filter(
        ({ contributorId, readmittedAtMs }) =>
          readmittedAtMs !== (current.marks.get(contributorId)?.readmittedAtMs ?? 0),
      )
      const readmit = () => {
        for (const { contributorId } of readmitted) routing.pool.readmit(contributorId)
      }
      // Of who has just left, too.
      lookForForgers()
      current = roster
      // Whoever is in the pool is well before it is looked at, and whoever comes back to it is well then.
      readmit()
      tell()
      readmit()
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

function payeeOf(
  { chain }: GatewayConfig,
  { record, contributor }: RosterEntry,
): readonly PaidSigner[] {
  const { contributorId, lender, joined, status } = record
  // Who may not serve any more still asks for the vouchers of what it has earned.
  if (joined !== undefined) {
    const { operator, signingAddresses } = joined
    return status === 'live' ? [{ contributorId, operator, signingAddresses }] : []
  }
  if (contributor === undefined) return []
  if (lender === undefined) {
    const { identity } = contributor
    return identity === undefined ? [] : [{ contributorId, ...identity }]
  }
  // At home and in the home asset: what it is priced in.
  const { chainId, asset: token } = chain
  const payout = { chainId, token, receiver: lender.payout, minWithdrawDelay: 0, nonce: 0 }
  return [{ contributorId, operator: lender.wallet, signingAddresses: [], payout }]
}

/** Of a gateway that was started without a file. */
export const nothingToReload = async (): Promise<Result<unknown, string>> =>
  err('this gateway was not started from a file')
