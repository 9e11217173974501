/*
 * Contributors come, go and change their prices while requests wait for their money to be held. A request is served by what
 * there was when it came: else it would be asked of somebody for whom nothing is held, or be lost.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Contributor } from '../../src/domain/contributor.ts'
import { atomic } from '../../src/domain/units.ts'
import { ask } from '../support/ask.ts'
import { followBooks, type NewEntries } from '../support/books.ts'
import { startGatewayOnLedger, type TestGateway } from '../support/gateway-on-ledger.ts'
import {
  answerWell,
  type ScriptedUpstream,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts'

let first: ScriptedUpstream
let second: ScriptedUpstream
let gateway: TestGateway
let newEntries: () => Promise<NewEntries>
let known: readonly Contributor[]
/** Runs once, after the request's look at the contributors and before anything is held for it. */
let whileItWaits: (() => void) | undefined

beforeAll(async () => {
  first = await startScriptedUpstream(answerWell(['first']))
  second = await startScriptedUpstream(answerWell(['second']))
  gateway = await startGatewayOnLedger({
    upstreams: [
      { id: 'first', baseUrl: first.baseUrl, completionPrice: 1_000_000n },
      { id: 'second', baseUrl: second.baseUrl, completionPrice: 1_000_000n },
    ],
  })
  const { pool } = gateway
  const { offered } = pool
  pool.offered = (asked) => {
    const seen = offered.call(pool, asked)
    whileItWaits?.()
    whileItWaits = undefined
    return seen
  }
  known = gateway.pool.contributors
  newEntries = followBooks(gateway)
})
beforeEach(() => gateway.pool.replace(known.slice(0, 1)))
afterAll(async () => {
  await gateway.stop()
  await first.close()
  await second.close()
})

/** The same at another price for an answer's token. */
const at = (price: bigint, { offers, ...contributor }: Contributor): Contributor => ({
  ...contributor,
  offers: offers.map(({ prices, ...offer }) => ({
    ...offer,
    prices: { ...prices, completionAtomicPerMtok: atomic(price) },
    priceHash: `0x${price.toString(16).padStart(64, '0')}` as typeof offer.priceHash,
  })),
})

test.each([
  ['dearer', 9_000_000n],
  ['cheaper', 1n],
])(
  'a contributor that becomes %s is paid what was held for it, and then its new price',
  async (_name, price) => {
    const [contributor] = known
    if (contributor === undefined) throw new Error('there is one')
    const promptCost = 5n
    whileItWaits = () => gateway.pool.replace([at(price, contributor)])
    const answer = await ask(gateway)
    expect(answer.status).toBe(200)
    const before = await newEntries()
    expect(before.chargedAmount).toBe(promptCost + 1n)
    expect((await ask(gateway)).status).toBe(200)
    const after = await newEntries()
    expect(after.chargedAmount).toBe(promptCost + (price + 999_999n) / 1_000_000n)
    const hashes = [...before.receipts, ...after.receipts].map(({ receipt }) => receipt.priceHash)
    expect(hashes).toEqual([
      contributor.offers[0]?.priceHash,
      at(price, contributor).offers[0]?.priceHash,
    ])
  },
)

test('one that is taken away still answers whoever came before', async () => {
  whileItWaits = () => gateway.pool.replace(known.slice(1))
  const answer = await ask(gateway)
  expect(answer.headers.get('x-vouch-contributor')).toBe('first')
  const next = await ask(gateway)
  expect(next.headers.get('x-vouch-contributor')).toBe('second')
  expect((await newEntries()).receipts).toHaveLength(2)
})

test('where nobody is left, who came before is answered and who comes later is refused', async () => {
  whileItWaits = () => gateway.pool.replace([])
  expect((await ask(gateway)).status).toBe(200)
  expect((await ask(gateway)).status).toBe(404)
  expect((await newEntries()).receipts).toHaveLength(1)
})
