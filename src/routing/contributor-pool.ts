import { randomBytes } from 'node:crypto'
import { assert } from '../base/assert.ts'
import type { CapacityReport } from '../domain/capacity-report.ts'
import type { Contributor, Offer, OfferedModel } from '../domain/contributor.ts'
import { type Endpoint, usualEndpoints } from '../domain/endpoint.ts'
import { isSamePrice, rangeOfBoth } from '../domain/price-sheet.ts'
import type { ConcurrencyStore } from '../store/concurrency-store.ts'
import type { RateWindowStore } from '../store/rate-window-store.ts'
import { MemoryRateWindows } from '../store/rate-window-store-memory.ts'
import { askedFor, offerAsAsked, wantsTooMuch } from './believe-report.ts'
import { chooseLane } from './choose-lane.ts'
import { type AuditedModel, FailedAudits } from './failed-audits.ts'
import type { RouteRequest } from './filter-lanes.ts'
import { Hedging } from './hedging.ts'
import {
  type Candidate,
  createLane,
  createStation,
  forget,
  type Lane,
  laneNameOf,
  type Station,
} from './lane.ts'
import { queuedPerCallerMax, queuedPerModelMax } from './limits.ts'
import { type ContributorReport, reportOn } from './pool-report.ts'
import { PrefixAffinity } from './prefix-affinity.ts'
import { hearStation, isSamePlace, renewLane, renewStation } from './renew-lane.ts'
import { type OfferFor, Route } from './route.ts'
import type { RoutingState } from './routing-state.ts'
import { type Random, seededRandom } from './seeded-random.ts'
import { type Schedule, scheduleByTimer, WaitingRoom } from './waiting-room.ts'

export type PoolOptions = {
  /** Counts requests and tokens per minute; by default in this process alone. */
  readonly windows?: RateWindowStore
  /** Counts requests at once for all replicas; without it this process counts its own. */
  readonly concurrency?: ConcurrencyStore | undefined
  readonly random?: Random
  readonly schedule?: Schedule
  /** A second contributor is asked where the first is slow, for every request that does not say otherwise. */
  readonly hedgesAll?: boolean
  /** The policy; another only to compare it with (bench/simulate-routing.ts). */
  readonly choose?: typeof chooseLane
}

type Asked = { readonly endpoint: Endpoint; readonly modelName: string }

/** Everyone who offers a model at an endpoint at one moment. Never changed: another takes its place. */
export type Offered = { readonly lanes: readonly Lane[]; readonly candidates: readonly Candidate[] }

const endpointsOf = ({ endpoints }: Offer): readonly Endpoint[] => endpoints ?? usualEndpoints

/** At the highest price that it may come to. */
const atMost = (offer: Offer): Offer =>
  offer.priceMax === undefined ? offer : { ...offer, ...offer.priceMax }

/** Who reads one price must not be charged more than it. */
function dearerAtAll(one: OfferedModel, other: OfferedModel): OfferedModel {
  const dearer = priceOf(other) > priceOf(one) ? other : one
  const endpoints = [...new Set([...endpointsOf(one), ...endpointsOf(other)])]
  return { ...dearer, endpoints, askedNow: rangeOfBoth(one.askedNow, other.askedNow) }
}

const priceOf = ({ prices }: Offer): bigint =>
  prices.completionAtomicPerMtok + prices.promptAtomicPerMtok

const offeredBy = (lanes: readonly Lane[]): Offered => ({
  lanes,
  candidates: lanes.map(({ candidate }) => candidate),
})

const asOffered: OfferFor = (offer) => offer
const nobody: Offered = { lanes: [], candidates: [] }

/** Who may be asked, how busy and how well they are. One per gateway process. */
export class ContributorPool {
  #stations: ReadonlyMap<string, Station> = new Map()
  /** Those who are asked no more and still answer somebody: who comes back meanwhile is as busy as it was. */
  #leaving: ReadonlyMap<string, Station> = new Map()
  /** By `laneNameOf`: an offer has a lane for each endpoint, because it may do well at one and not at another. */
  #offered = new Map<string, Offered>()
  readonly #failedAudits = new FailedAudits()
  readonly #rooms = new Map<string, WaitingRoom>()
  readonly #state: RoutingState
  #stationsEver = 0

  /** `contributors` are those whom the operator knows: none of them is a newcomer. */
  constructor(contributors: readonly Contributor[], options: PoolOptions = {}) {
    const schedule = options.schedule ?? scheduleByTimer
    const random = options.random ?? seededRandom(randomBytes(4).readUInt32LE())
    const bounds = { queuedMax: queuedPerModelMax, queuedPerCallerMax }
    this.#state = {
      windows: options.windows ?? new MemoryRateWindows(),
      concurrency: options.concurrency,
      random,
      affinity: new PrefixAffinity(Math.floor(random() * 2 ** 32)),
      choose: options.choose ?? chooseLane,
      hedging: new Hedging(),
      hedgesAll: options.hedgesAll ?? false,
      schedule,
      roomOf: (laneName) => {
        const known = this.#rooms.get(laneName)
        if (known !== undefined) return known
        const room = new WaitingRoom(schedule, bounds)
        this.#rooms.set(laneName, room)
        return room
      },
      wakeRooms: (nowMs) => {
        for (const room of this.#rooms.values()) if (!room.isEmpty) void room.wake(nowMs)
      },
    }
    this.replace(contributors)
  }

  get contributors(): readonly Contributor[] {
    return [...this.#stations.values()].map(({ contributor }) => contributor)
  }

  /** Everyone who offers a model at an endpoint, well or not; empty when nobody does. */
  candidates(asked: Asked): readonly Candidate[] {
    return this.offered(asked).candidates
  }

  /** The same to route by: what a request is priced by at its beginning is what it is routed by after every wait. */
  offered(asked: Asked): Offered {
    return this.#offered.get(laneNameOf(asked)) ?? nobody
  }

  /**
   * One offer for each model and what it is counted in, in the order of configuration: the dearest that may be charged, with
   * the endpoints of them all, and what is asked now.
   */
  models(): readonly OfferedModel[] {
    const models = new Map<string, OfferedModel>()
    for (const { contributor, heard } of this.#stations.values()) {
      for (const offer of contributor.offers) {
        const name = `${offer.unit ?? 'token'} ${offer.modelName}`
        const now = askedFor(offer, heard) ?? offer.prices
        const model = { ...atMost(offer), askedNow: { lowest: now, highest: now } }
        const known = models.get(name)
        models.set(name, known === undefined ? model : dearerAtAll(known, model))
      }
    }
    return [...models.values()]
  }

  /**
   * Every price that an answer may be charged by, once: several contributors may serve a model, each at its own; of a price
   * that moves the highest.
   */
  priced(): readonly Offer[] {
    const offers = new Map<string, Offer>()
    for (const { contributor } of this.#stations.values()) {
      for (const offer of contributor.offers.map(atMost)) {
        offers.set(`${offer.priceHash} ${offer.modelName}`, offer)
      }
    }
    return [...offers.values()]
  }

  inFlight(contributorId: string): number {
    const stations = [this.#stations, this.#leaving]
    return stations.reduce((sum, each) => sum + (each.get(contributorId)?.inFlight ?? 0), 0)
  }

  /** Requests that wait for room. */
  get waiting(): number {
    return [...this.#rooms.values()].reduce((sum, room) => sum + room.size, 0)
  }

  /** What is known of everybody who may be asked, for people. */
  report(nowMs: number): readonly ContributorReport[] {
    const at = { windows: this.#state.windows, nowMs }
    const lanes = [...this.#offered].flatMap(([laneName, offered]) => {
      const endpoint = laneName.slice(0, laneName.indexOf(' ')) as Endpoint
      return offered.lanes.map((lane) => ({ endpoint, lane }))
    })
    const ofStation = Map.groupBy(lanes, ({ lane }) => lane.station)
    return [...this.#stations.values()].map((station) =>
      reportOn(station, ofStation.get(station) ?? [], at),
    )
  }

  /** The way of one request to whoever answers it. */
  route(
    request: RouteRequest,
    offerFor: OfferFor = asOffered,
    { lanes }: Offered = this.offered(request),
  ): Route {
    return new Route(this.#state, request, { lanes, offerFor })
  }

  /**
   * From now on exactly these are asked. Who stays is known as well as before, at other prices and limits too; who joins
   * where others were is a newcomer until it has answered a few times. Requests that began go on with whom they began with.
   */
  replace(contributors: readonly Contributor[]): void {
    const stations = new Map<string, Station>()
    const lanes = new Map<string, Lane[]>()
    for (const contributor of contributors) {
      const { contributorId } = contributor
      assert(!stations.has(contributorId), 'a contributor is in the pool once')
      const station = this.#stationOf(contributor)
      stations.set(contributorId, station)
      for (const offer of contributor.offers) {
        for (const endpoint of endpointsOf(offer)) {
          const laneName = laneNameOf({ endpoint, modelName: offer.modelName })
          const lane = this.#laneOf(laneName, station, offerAsAsked(offer, station.heard))
          lanes.set(laneName, [...(lanes.get(laneName) ?? []), lane])
        }
      }
    }
    const before = [...this.#leaving, ...this.#stations]
    this.#leaving = new Map(
      before.filter(([id, { inFlight }]) => inFlight > 0 && !stations.has(id)),
    )
    this.#stations = stations
    this.#offered = new Map([...lanes].map(([laneName, all]) => [laneName, offeredBy(all)]))
    for (const all of lanes.values()) this.#failedAudits.mark(all)
    for (const [laneName, room] of this.#rooms) {
      if (room.isEmpty && !lanes.has(laneName)) this.#rooms.delete(laneName)
    }
  }

  /** Somebody who joins while the gateway runs. */
  add(contributor: Contributor): void {
    this.replace([...this.contributors, contributor])
  }

  /**
   * What a contributor says of itself; undefined where it says nothing, or nothing any more. From now on it is asked at the
   * price that it asks. Requests that began go on at theirs.
   */
  heard(contributorId: string, report: CapacityReport | undefined, nowMs: number): void {
    const station = this.#stations.get(contributorId)
    if (station === undefined) return
    hearStation(station, report && { report, atMs: nowMs })
    for (const offer of station.contributor.offers) {
      for (const endpoint of endpointsOf(offer)) {
        this.#reprice(laneNameOf({ endpoint, modelName: offer.modelName }), station, offer)
      }
    }
    // It may have more room than before.
    this.#state.wakeRooms(nowMs)
  }

  /** The operator's word that a contributor is well: whatever was held against it, its slowness too, is forgotten. */
  readmit(contributorId: string): void {
    const station = this.#stations.get(contributorId)
    if (station === undefined) return
    station.quarantine = undefined
    for (const { lanes } of this.#offered.values()) {
      for (const lane of lanes) if (lane.station === station) forget(lane)
    }
  }

  /** From now on these are not asked for that model, and nobody else is kept out by auditors. */
  failAudits(failed: readonly AuditedModel[]): void {
    this.#failedAudits.replace(failed)
    for (const { lanes } of this.#offered.values()) this.#failedAudits.mark(lanes)
  }

  #reprice(laneName: string, station: Station, offer: Offer): void {
    const { lanes } = this.#offered.get(laneName) ?? nobody
    const place = lanes.findIndex((lane) => lane.station === station)
    const before = lanes[place]
    if (before === undefined) return
    before.health.isTooDear = wantsTooMuch(offer, station.heard)
    const asked = askedFor(offer, station.heard) ?? offer.prices
    if (isSamePrice(before.candidate.offer.prices, asked)) return
    const lane = renewLane(before, offerAsAsked(offer, station.heard))
    this.#offered.set(laneName, offeredBy(lanes.with(place, lane)))
  }

  #stationOf(contributor: Contributor): Station {
    const { contributorId } = contributor
    const before = this.#stations.get(contributorId) ?? this.#leaving.get(contributorId)
    if (before !== undefined && isSamePlace(before.contributor, contributor)) {
      // Who comes back is as busy as it was, and has said nothing yet.
      if (!this.#stations.has(contributorId)) hearStation(before, undefined)
      return renewStation(before, contributor)
    }
    const isNewcomer = this.#stations.size > 0
    const station = createStation(contributor, { index: this.#stationsEver, isNewcomer })
    this.#stationsEver += 1
    return station
  }

  #laneOf(laneName: string, station: Station, offer: Offer): Lane {
    const before = this.#offered.get(laneName)?.lanes.find((lane) => lane.station === station)
    return before === undefined ? createLane(station, offer) : renewLane(before, offer)
  }
}
