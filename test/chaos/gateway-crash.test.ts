/*
 * `kill -9` of a real `vouch serve` at each of its durable points, round after round on the same ledger and chain, with
 * clients that note every byte. After each death: Σ receipts = Σ charges ≤ Σ signed ≤ deposit, and every answer whose end a
 * client saw has its receipt over those very bytes. At the end nothing is held and the chain has paid what was charged.
 *
 * `VOUCH_CHAOS_ROUNDS=240 npx vitest run test/chaos` is the long loop; VOUCH_CHAOS_SEED repeats another one.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sha256Bytes32 } from '../../src/attestation/answer-transcript.ts'
import {
  canonicalSettlementAddress,
  channelSettlementAt,
  readChannel,
} from '../../src/chain/channel-settlement.ts'
import { chaosRounds, chaosSeed } from '../support/chaos-terms.ts'
import {
  askOnAndOn,
  type ClientLoad,
  type Moment,
  type Sighting,
} from '../support/crash-clients.ts'
import { type OpenHold, ReceiptBook } from '../support/receipt-book.ts'
import { seededRandom } from '../support/seeded-random.ts'
import {
  openServingPlace,
  type ServingGateway,
  type ServingPlace,
} from '../support/serving-place.ts'

const lanes = 12
/** A round whose moment never comes ends all the same. */
const requestsPerLaneMax = 12
const random = seededRandom(chaosSeed)

let place: ServingPlace
let apiKey: string
let book: ReceiptBook

beforeAll(async () => {
  place = await openServingPlace()
  const gateway = await place.start()
  expect(await place.signTranche(1n)).toBe(200)
  apiKey = await place.createApiKey()
  await gateway.kill()
  book = new ReceiptBook(place.ledgerPath)
})

afterAll(() => place.remove())

/** When to kill: a while after the n-th time that a client saw this, or under the claim that a shutdown makes. */
type Doom = { readonly moment: Moment | 'claim'; readonly count: number; readonly delayMs: number }

/** Clients of a crowd see these so often before the engine is through with them. */
const countsMax = { sent: 16, 'first-byte': 16, event: 300, finish: 10, end: 10, claim: 1 } as const
/** The windows are of different width: between the last content and its durable charge lie a few milliseconds. */
const delaysMax = { sent: 12, 'first-byte': 12, event: 12, finish: 4, end: 4, claim: 80 } as const
const moments = Object.keys(countsMax) as (keyof typeof countsMax)[]

function doomOf(round: number): Doom {
  const moment = moments[round % moments.length] ?? 'sent'
  const delayMs = random(delaysMax[moment])
  return { moment, count: 1 + random(countsMax[moment]), delayMs }
}

/** What the deaths of all rounds left behind. */
const seen = {
  kills: 0,
  answered: 0,
  refused: 0,
  openBeforeFirstByte: 0,
  openAfterFirstByte: 0,
  openAfterCheckpoint: 0,
  openAfterFinish: 0,
  chargedWithoutEndSeen: 0,
  underClaim: 0,
}

/** Lets clients at the gateway until its doom. Answers what they saw. */
async function liveAndDie(gateway: ServingGateway, doom: Doom, seed: number): Promise<Sighting[]> {
  let count = 0
  let dying: Promise<void> | undefined
  const die = async () => {
    if (doom.delayMs > 0) await wait(doom.delayMs)
    await gateway.kill()
  }
  const load: ClientLoad = {
    ...place,
    apiKey,
    onMoment: (moment) => {
      if (moment !== doom.moment) return
      count += 1
      if (count === doom.count) dying = die()
    },
  }
  const sightings = await Promise.all(
    Array.from({ length: lanes }, (_, lane) => {
      let requests = 0
      return askOnAndOn(load, seed * lanes + lane, () => {
        requests += 1
        return dying === undefined && requests <= (doom.moment === 'claim' ? 3 : requestsPerLaneMax)
      })
    }),
  )
  if (doom.moment === 'claim') {
    const stopping = gateway.interrupt()
    await die()
    if ((await stopping) === null) seen.underClaim += 1
  }
  await (dying ?? gateway.kill())
  seen.kills += 1
  return sightings.flat()
}

/** Every end that a client saw has its receipt, over the bytes that it got. */
function checkEnds(sightings: readonly Sighting[]): void {
  for (const sighting of sightings) {
    expect([0, 200, 402, 429, 502, 503]).toContain(sighting.status)
    if (sighting.status === 402) seen.refused += 1
    if (!sighting.sawEnd) continue
    seen.answered += 1
    const found = book.chain.receipts.get(sighting.receiptId ?? '')
    if (found === undefined)
      throw new Error(`no receipt ${sighting.receiptId} of an answer that ended`)
    expect(found.receipt.responseHash).toBe(sha256Bytes32(sighting.bytes))
    expect(found.receipt.requestHash).toBe(sha256Bytes32(Buffer.from(sighting.requestBody)))
    expect(found.receipt.work.status).toBe(0)
  }
}

function classify(
  sightings: readonly Sighting[],
  holds: readonly OpenHold[],
  newReceipts: readonly string[],
): void {
  const byReceipt = new Map(sightings.map((sighting) => [sighting.receiptId, sighting]))
  for (const { receiptId, checkpointEvents } of holds) {
    const sighting = byReceipt.get(receiptId)
    if (sighting === undefined) seen.openBeforeFirstByte += 1
    else if (checkpointEvents === 0) seen.openAfterFirstByte += 1
    if (checkpointEvents > 0) seen.openAfterCheckpoint += 1
    if (sighting?.sawFinish === true) seen.openAfterFinish += 1
  }
  for (const receiptId of newReceipts) {
    const complete = book.chain.receipts.get(receiptId)?.receipt.work.status === 0
    if (complete && byReceipt.get(receiptId)?.sawEnd !== true) seen.chargedWithoutEndSeen += 1
  }
}

/** What a death left open was ended by the next start: charged where a checkpoint says so, else released. */
function checkRecovered(orphans: readonly OpenHold[], holds: readonly OpenHold[]): void {
  const open = new Set(holds.map(({ requestId }) => requestId))
  for (const { requestId, receiptId, checkpointEvents, heldAmount } of orphans) {
    expect(open.has(requestId)).toBe(false)
    const found = book.chain.receipts.get(receiptId)
    expect(found === undefined).toBe(checkpointEvents === 0)
    if (found === undefined) continue
    expect(found.receipt.work).toMatchObject({ status: 1, completionTokens: checkpointEvents })
    expect(found.receipt.cost).toBeGreaterThan(0n)
    expect(found.receipt.cost).toBeLessThanOrEqual(heldAmount)
  }
}

test(`killed ${chaosRounds} times, it loses nothing that it promised and charges nothing twice`, {
  timeout: 60_000 + chaosRounds * 15_000,
}, async () => {
  let orphans: readonly OpenHold[] = []
  for (let round = 0; round < chaosRounds; round += 1) {
    const gateway = await place.start()
    // A tranche that is soon used up: some are refused, and none may overdraw it.
    expect(await place.signTranche(book.chain.charged + 60n + BigInt(random(400)))).toBe(200)
    const sightings = await liveAndDie(gateway, doomOf(round), round + 1)
    const before = new Set(book.chain.receipts.keys())
    const holds = book.readOn()
    checkRecovered(orphans, holds)
    checkEnds(sightings)
    const recovered = new Set(orphans.map(({ receiptId }) => receiptId))
    const added = [...book.chain.receipts.keys()].filter(
      (id) => !before.has(id) && !recovered.has(id),
    )
    classify(sightings, holds, added)
    orphans = holds
  }
  await endWell(orphans)
  process.stdout.write(`chaos: ${JSON.stringify(seen)}, ${book.chain.receipts.size} receipts\n`)
  expect(seen.kills).toBe(chaosRounds)
  expect(seen.answered).toBeGreaterThan(chaosRounds)
  // The longer loop must have met every point; a short one cannot promise to.
  if (chaosRounds < 60) return
  for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(0)
})

/** One more start ends what is open; a shutdown in peace claims the rest, and the chain agrees. */
async function endWell(orphans: readonly OpenHold[]): Promise<void> {
  const gateway = await place.start()
  expect(await gateway.interrupt(), gateway.output()).toBe(0)
  const holds = book.readOn()
  checkRecovered(orphans, holds)
  expect(holds).toEqual([])
  const { chain, devChain } = place
  const settlement = channelSettlementAt(canonicalSettlementAddress)
  const onChain = await readChannel(chain().rpc, settlement, devChain.channel)
  if (!onChain.ok) throw new Error(onChain.error.reason)
  expect(onChain.value.totalClaimed).toBe(book.chain.charged)
  expect(book.chain.charged).toBeGreaterThan(0n)
  expect(onChain.value.balance).toBe(devChain.channel.balance)
  const { addresses, chainId, contracts } = devChain
  book.chain.verifyAll(
    {
      receiptVerifier: { chainId, verifyingContract: contracts.receiptVerifier },
      gatewayKeys: [{ operator: addresses.gatewayOperator, key: addresses.gatewaySigner }],
      contributorKeys: [
        { operator: addresses.contributorOperator, key: addresses.contributorSigner },
      ],
      channelSettlement: contracts.settlement,
    },
    Date.now(),
  )
}
