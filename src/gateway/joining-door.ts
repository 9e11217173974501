/*
 * What contributors that join by themselves may ask and order, and how each of them does.
 */
import { err, ok, type Result } from '../base/result.ts'
import type { Membership } from '../domain/contributor-record.ts'
import type { TokenPrices } from '../domain/price-sheet.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { Address, AtomicAmount, Bytes32 } from '../domain/units.ts'
import type { RosterEntry } from '../joining/contributor-roster.ts'
import type { JoiningStep } from '../joining/joining-step.ts'
import {
  type ContributorView,
  contributorViews,
  isConnected,
  type ViewDeps,
} from './contributor-views.ts'

/** What whoever thinks of joining must know. */
export type JoiningOffer = {
  readonly isOpen: boolean
  readonly needsApproval: boolean
  /** What the gateway keeps of what an answer costs, in hundredths of a percent. */
  readonly feeBps: number
  /** Atomic units of the registry's asset. */
  readonly minStake: AtomicAmount
  readonly gateway: Address
  /** Keys that the gateway greets and signs with. */
  readonly gatewayKeys: readonly Address[]
  readonly chain: {
    readonly chainId: number
    /** Undefined: each brings its own. */
    readonly rpcUrl: string | undefined
    readonly contributorRegistry: Address
    readonly receiptVerifier: Address
    /** Where contracts ask; undefined: nowhere on this chain. */
    readonly inferenceCoordinator: Address | undefined
    readonly settlement: Address
    readonly openClaimAuthorizer: Address
    readonly withdrawDelayMinS: number
  }
  /** What prices are told in, and contributors are paid in. */
  readonly asset: { readonly address: Address; readonly symbol: string; readonly decimals: number }
  readonly models: readonly (TokenPrices & {
    readonly id: string
    /** Undefined leaves it to who joins. */
    readonly modelId: Bytes32 | undefined
  })[]
  readonly anyModel: TokenPrices | undefined
}

export type MemberView = ContributorView & { readonly joined: Membership }

type Viewed = Result<MemberView, Refusal>

export type JoiningDoor = {
  readonly isOpen: () => boolean
  readonly offer: () => Promise<Result<JoiningOffer, Refusal>>
  readonly join: (order: Parameters<JoiningStep['join']>[0]) => Promise<Viewed>
  /** How the contributor does that sent `Authorization: Vouch …`. */
  readonly member: (authorization: string | undefined) => Viewed
  /** Answers how it did until now. */
  readonly leave: (authorization: string | undefined) => Promise<Viewed>
}

export type JoiningDoorDeps = ViewDeps & {
  readonly step: JoiningStep
  readonly offer: JoiningDoor['offer']
}

export function createJoiningDoor(deps: JoiningDoorDeps): JoiningDoor {
  const { step } = deps
  const viewed = (entry: Result<RosterEntry, Refusal>): Viewed =>
    entry.ok ? viewOf(deps, entry.value) : entry
  return {
    isOpen: () => step.policy().isOpen,
    offer: deps.offer,
    join: async (order) => viewed(await step.join(order)),
    member: (authorization) => viewed(step.member(authorization)),
    leave: async (authorization) => viewed(await step.leave(authorization)),
  }
}

/** Who has just left is in no list any more, and is shown as it was. */
function viewOf(deps: JoiningDoorDeps, entry: RosterEntry): Viewed {
  const { record, contributor, fault } = entry
  const { contributorId, joined } = record
  if (joined === undefined) return err({ reason: 'contributor_not_joined' })
  const known = contributorViews(deps).find((view) => view.contributorId === contributorId)
  const view: ContributorView = known ?? {
    ...{ contributorId, origin: 'joined', record, contributor, fault },
    ...{ mark: undefined, report: undefined, inFlight: deps.pool.inFlight(contributorId) },
    isConnected: isConnected(deps, record.baseUrl),
  }
  return ok({ ...view, joined })
}
