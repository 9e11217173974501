/*
 * PAYMENT-SIGNATURE as nobody should send it, through the real door: never a 500, never an answer, and nothing changes.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toHex } from '../../src/base/hex.ts'
import { tokensOf } from '../support/deposits.ts'
import type { Buyer } from '../support/x402-buyer.ts'
import { openX402Place, question, type X402Place } from '../support/x402-place.ts'

let place: X402Place
let buyer: Buyer
let exactBuyer: Buyer
/** Payments that were good once: what they pay for was served. */
let spent: readonly string[]

beforeAll(async () => {
  place = await openX402Place()
  buyer = await place.buyer()
  exactBuyer = await place.buyer({ scheme: 'exact' })
  for (let request = 0; request < 2; request += 1) await buyer.fetch(place.url, question())
  await exactBuyer.fetch(place.url, question())
  spent = [...buyer.headers, ...exactBuyer.headers]
})
afterAll(() => place.stop())

const numRuns = 300

async function everything() {
  const channels = await place.gateway().ledger.channels()
  return {
    channels,
    receipts: place.receipts().length,
    tokens: await tokensOf(place.running, buyer.wallet),
    exactTokens: await tokensOf(place.running, exactBuyer.wallet),
    served: place.upstream.requests.length,
  }
}

async function send(header: string, method: 'GET' | 'POST'): Promise<number> {
  const init = question({}, { 'payment-signature': header })
  const asked = method === 'GET' ? { method, headers: { 'payment-signature': header } } : init
  const answer = await fetch(place.url, asked)
  const body = (await answer.json()) as { readonly error: { readonly code: string } }
  expect(body.error.code).not.toBe('internal_error')
  return answer.status
}

const method = fc.constantFrom('GET' as const, 'POST' as const)
const printable = fc.string({ unit: 'grapheme-ascii', maxLength: 300 })

/** What a hand that does not know better puts where a value stood. */
const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', '0', '-1', '1e3', '0x', {}, [], 0, -1, 1.5, 2 ** 60),
  fc.bigInt({ min: 0n, max: 2n ** 140n }).map(String),
  fc.uint8Array({ maxLength: 70 }).map((bytes) => toHex(bytes)),
  fc.string({ maxLength: 20 }),
)

/** Every place in a payload that holds a value, as its path. */
function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner, [...path, key]))]
}

function replaced(value: unknown, path: readonly string[], by: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return by
  const fields = value as Readonly<Record<string, unknown>>
  return { ...fields, [key]: replaced(fields[key], rest, by) }
}

const encoded = (value: unknown): string =>
  Buffer.from(JSON.stringify(value) ?? 'null').toString('base64')

test('text that is no payment is told so', async () => {
  const before = await everything()
  const statuses = new Map<number, number>()
  const sent = fc.oneof(
    printable,
    fc.json().map((text) => Buffer.from(text).toString('base64')),
  )
  await fc.assert(
    fc.asyncProperty(sent, method, async (text, verb) => {
      const status = await send(text.trim() === '' ? 'x' : text, verb)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      expect(status).toBe(400)
    }),
    { numRuns },
  )
  expect(statuses.get(400)).toBeGreaterThan(0)
  expect(await everything()).toEqual(before)
})

test('a payment that was good once, with anything in it replaced, pays for nothing', async () => {
  const before = await everything()
  const statuses = new Set<number>()
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.nat(), junk, method, async (which, where, by, verb) => {
      const payload = JSON.parse(
        Buffer.from(spent[which % spent.length] ?? '', 'base64').toString(),
      ) as unknown
      const places = placesIn(payload)
      const status = await send(
        encoded(replaced(payload, places[where % places.length] ?? [], by)),
        verb,
      )
      statuses.add(status)
      expect([400, 402, 409]).toContain(status)
    }),
    { numRuns },
  )
  expect([...statuses].sort()).toEqual([400, 402, 409])
  expect(await everything()).toEqual(before)
})

test('a header that is too long is not read', async () => {
  expect(await send('A'.repeat(13_000), 'POST')).toBe(400)
})
