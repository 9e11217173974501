import type { Contributor, ContributorLimits, Offer } from '../../src/domain/contributor.ts'
import { type Address, address, atomic } from '../../src/domain/units.ts'
import type { RouteRequest } from '../../src/routing/filter-lanes.ts'
import { createLane, createStation, type Lane, type LaneHealth } from '../../src/routing/lane.ts'
import { offerOf } from './requests.ts'

export const routeRequest = (change: Partial<RouteRequest> = {}): RouteRequest => ({
  endpoint: 'chat/completions',
  modelName: 'm',
  callerId: 'caller',
  accountId: 'account',
  promptTokensMin: 10,
  promptTokensEstimate: 20,
  completionTokensEstimate: 20,
  reservedTokens: 40,
  needsSignature: false,
  body: Buffer.alloc(0),
  preferences: undefined,
  priceMax: undefined,
  ...change,
})

export type LaneFields = {
  readonly id?: string
  readonly models?: readonly string[]
  readonly price?: bigint
  readonly region?: string
  readonly signs?: boolean
  /** Whose agent it is; without it everybody is somebody else's. */
  readonly operator?: Address
  readonly offer?: Partial<Offer>
  readonly limits?: Partial<ContributorLimits>
}

const operatorOf = ({ operator, id = 'a' }: LaneFields): Address =>
  operator ?? address(`0x${Buffer.from(id).toString('hex').padStart(40, '0').slice(-40)}`)

export function contributorOf(fields: LaneFields = {}): Contributor {
  const { prices } = offerOf()
  const price = atomic(fields.price ?? 1_000_000n)
  return {
    contributorId: fields.id ?? 'a',
    baseUrl: 'http://127.0.0.1:1/v1',
    authorization: undefined,
    identity: fields.signs ? { operator: operatorOf(fields), signingAddresses: [] } : undefined,
    offers: (fields.models ?? ['m']).map((modelName) =>
      offerOf({
        modelName,
        prices: { ...prices, promptAtomicPerMtok: price, completionAtomicPerMtok: price },
        ...fields.offer,
      }),
    ),
    limits: {
      requestsPerMinuteMax: undefined,
      tokensPerMinuteMax: undefined,
      concurrencyMax: undefined,
      ...fields.limits,
    },
    ...(fields.region !== undefined && { region: fields.region }),
  }
}

let stationsEver = 0

/** A lane as the pool makes it, and then whatever a test knows of it. */
export function laneOf(
  fields: LaneFields = {},
  health: Partial<LaneHealth> = {},
  station: Partial<Lane['station']> = {},
): Lane {
  const contributor = contributorOf(fields)
  const [offer] = contributor.offers
  if (offer === undefined) throw new Error('a lane has an offer')
  stationsEver += 1
  const created = createStation(contributor, { index: stationsEver, isNewcomer: false })
  const lane = createLane(Object.assign(created, station), offer)
  Object.assign(lane.health, health)
  return lane
}

export const idOf = (lane: Lane | undefined): string | undefined =>
  lane?.candidate.contributor.contributorId
