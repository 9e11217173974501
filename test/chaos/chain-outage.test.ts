/*
 * The chain is stopped, started again and reorganised while a real `vouch serve` is asked: requests need no chain and go on,
 * what needs it is told so, and in the end the chain has paid what was charged, claims that were taken back included.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sha256Bytes32 } from '../../src/attestation/answer-transcript.ts'
import {
  canonicalSettlementAddress,
  channelSettlementAt,
  readChannel,
} from '../../src/chain/channel-settlement.ts'
import { askOnAndOn, type Sighting } from '../support/crash-clients.ts'
import { expectOk } from '../support/dev-chain.ts'
import { ReceiptBook } from '../support/receipt-book.ts'
import { openServingPlace, type ServingPlace } from '../support/serving-place.ts'

const lanes = 4
const settlement = channelSettlementAt(canonicalSettlementAddress)

let place: ServingPlace

beforeAll(async () => {
  place = await openServingPlace()
  // A reorganisation takes back the newest blocks; the deposit must lie below them.
  expectOk(await place.chain().rpc.call('anvil_mine', ['0x8']))
})

afterAll(() => place.remove())

const claimedAmount = async (): Promise<bigint> =>
  expectOk(await readChannel(place.chain().rpc, settlement, place.devChain.channel)).totalClaimed

/** Clients that ask until they are told to stop, while something is done to the chain. */
async function underLoad(apiKey: string, work: (load: Load) => Promise<void>): Promise<Sighting[]> {
  const load = new Load()
  const asking = Promise.all(
    Array.from({ length: lanes }, (_, lane) =>
      askOnAndOn(
        { ...place, apiKey, onMoment: (moment) => moment === 'end' && load.note() },
        lane + 1,
        () => load.goesOn,
      ),
    ),
  )
  await work(load)
  load.goesOn = false
  return (await asking).flat()
}

class Load {
  goesOn = true
  #answers = 0
  readonly #waiting: { readonly at: number; readonly resolve: () => void }[] = []

  note(): void {
    this.#answers += 1
    for (const { at, resolve } of this.#waiting) if (at <= this.#answers) resolve()
  }

  /** So many more answers have ended. */
  further(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push({ at: this.#answers + count, resolve })
    return promise
  }
}

function checkAnswers(book: ReceiptBook, sightings: readonly Sighting[]): void {
  for (const sighting of sightings) {
    expect(sighting.status, sighting.errorCode).toBe(200)
    if (!sighting.sawEnd) continue
    const found = book.chain.receipts.get(sighting.receiptId ?? '')
    expect(found?.receipt.responseHash).toBe(sha256Bytes32(sighting.bytes))
  }
}

test('requests go on without a chain, and what it took back is claimed again', async () => {
  let gateway = await place.start()
  expect(await place.signTranche(50_000n)).toBe(200)
  const apiKey = await place.createApiKey()
  const book = new ReceiptBook(place.ledgerPath)
  const before = await underLoad(apiKey, async (load) => {
    await load.further(12)
    await place.stopChain()
    expect(await place.signTranche(60_000n), 'a voucher needs the chain').toBe(503)
    await load.further(12)
    await place.restartChain()
    expect(await place.signTranche(60_000n)).toBe(200)
    await load.further(12)
  })
  expect(await gateway.interrupt(), gateway.output()).toBe(0)
  expect(book.readOn()).toEqual([])
  checkAnswers(book, before)
  const firstClaim = await claimedAmount()
  expect(firstClaim).toBe(book.chain.charged)

  gateway = await place.start()
  const after = await underLoad(apiKey, async (load) => {
    await load.further(6)
    // The blocks with the claim and its payment, which the gateway holds for final.
    expectOk(await place.chain().rpc.call('anvil_reorg', [2, []]))
    expect(await claimedAmount()).toBeLessThan(firstClaim)
    await load.further(12)
  })
  expect(await gateway.interrupt(), gateway.output()).toBe(0)
  expect(book.readOn()).toEqual([])
  checkAnswers(book, after)
  expect(book.chain.charged).toBeGreaterThan(firstClaim)
  expect(await claimedAmount()).toBe(book.chain.charged)
})
