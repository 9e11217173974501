import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeByteString, encodeByteStrings } from '../../src/base/abi-bytes.ts'
import {
  containerIdOf,
  type InfernetSubscription,
  intervalAt,
  intervalEndS,
  isSubscriptionOver,
} from '../../src/chain/infernet-subscription.ts'
import type { InfernetContainer } from '../../src/domain/infernet-container.ts'
import { type Address, address, atomic, bytes32, zeroAddress } from '../../src/domain/units.ts'
import {
  decodeInfernetCursor,
  encodeInfernetCursor,
  type FollowedSubscription,
  followOn,
} from '../../src/jobs/infernet-cursor.ts'
import { infernetModelInput } from '../../src/jobs/infernet-input.ts'

const uint32 = fc.integer({ min: 0, max: 2 ** 31 })

const subscription: fc.Arbitrary<InfernetSubscription> = fc
  .record({
    activeAt: uint32,
    period: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 100_000 })),
    frequency: fc.integer({ min: 0, max: 1_000 }),
  })
  .map((rhythm) => ({
    ...rhythm,
    owner: address(`0x${'11'.repeat(20)}`),
    redundancy: 1,
    containerId: containerIdOf('x'),
    isLazy: false,
    verifier: zeroAddress,
    paymentAmount: 0n,
    paymentToken: zeroAddress,
    wallet: zeroAddress,
  }))

test('an interval is what the Coordinator would take at that second, and its end is its last', () => {
  const seen = { due: 0, over: 0, early: 0 }
  fc.assert(
    fc.property(subscription, uint32, (asked, laterS) => {
      const nowS = Math.max(0, asked.activeAt - 1_000) + (laterS % 10_000_000)
      const interval = intervalAt(asked, nowS)
      if (nowS < asked.activeAt) {
        seen.early += 1
        expect(interval).toBeUndefined()
        return
      }
      // As deliverCompute counts it, before it compares it with the frequency.
      const counted =
        asked.period === 0 ? 1 : Math.floor((nowS - asked.activeAt) / asked.period) + 1
      expect(interval).toBe(counted <= asked.frequency ? counted : undefined)
      expect(isSubscriptionOver(asked, nowS)).toBe(interval === undefined)
      seen[interval === undefined ? 'over' : 'due'] += 1
      const endS = interval === undefined ? undefined : intervalEndS(asked, interval)
      if (endS === undefined) return
      expect(endS).toBeGreaterThanOrEqual(nowS)
      expect(intervalAt(asked, endS)).toBe(interval)
      expect(intervalAt(asked, endS + 1)).not.toBe(interval)
    }),
    { numRuns: 2_000 },
  )
  expect(Math.min(seen.due, seen.over, seen.early)).toBeGreaterThan(0)
})

test('bytes that are read as a string are the only ones that are', () => {
  const seen = { taken: 0, refused: 0 }
  const change = fc.option(fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) }))
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), change, (value, changed) => {
      const encoded = encodeByteStrings([value])
      if (changed !== null) encoded[changed.at % encoded.length] = changed.byte
      const decoded = decodeByteString(encoded)
      seen[decoded === undefined ? 'refused' : 'taken'] += 1
      if (decoded !== undefined) expect(encodeByteStrings([decoded])).toEqual(encoded)
    }),
    { numRuns: 2_000 },
  )
  expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(0)
})

test('whatever a consumer writes is the one message of its user, and nothing else', () => {
  const container: InfernetContainer = {
    ...{ name: 'x', modelName: 'm', input: 'text', output: 'text', envelope: 'plain' },
    ...{ system: 'Be brief.', completionTokensMax: 9, decimals: undefined },
    answerPrice: atomic(0n),
  }
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (said) => {
      const asked = infernetModelInput(container, Buffer.from(said), [])
      expect(asked.ok && JSON.parse(asked.value.toString())).toEqual({
        model: 'm',
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: said },
        ],
        ...{ max_tokens: 9, temperature: 0, seed: 0 },
      })
    }),
  )
})

const followed: fc.Arbitrary<FollowedSubscription> = fc.record({
  subscriptionId: fc.nat({ max: 20 }),
  blockNumber: fc.nat({ max: 500 }),
  rhythm: fc.option(fc.record({ activeAt: uint32, period: uint32, frequency: uint32 }), {
    nil: undefined,
  }),
  interval: fc.nat({ max: 9 }),
  jobId: fc.option(
    fc.nat({ max: 255 }).map((n) => bytes32(`0x${n.toString(16).padStart(64, '0')}`)),
    { nil: undefined },
  ),
  failures: fc.nat({ max: 2 }),
  isOver: fc.boolean(),
})
const allFollowed = fc.uniqueArray(followed, { selector: ({ subscriptionId }) => subscriptionId })
const consumer: fc.Arbitrary<Address> = fc
  .nat({ max: 9 })
  .map((n) => address(`0x${String(n).repeat(40)}`))

test('a cursor is read back as it was written', () => {
  const granted = fc.array(fc.tuple(consumer, fc.bigInt({ min: 0n, max: 2n ** 128n })))
  fc.assert(
    fc.property(allFollowed, granted, (list, amounts) => {
      const passed = [{ number: 7, hash: bytes32(`0x${'ab'.repeat(32)}`), channelIds: [] }]
      const cursor = { blocks: { passed }, followed: list, granted: new Map(amounts) }
      expect(decodeInfernetCursor(encodeInfernetCursor(cursor))).toEqual(cursor)
    }),
  )
})

type Look = Parameters<typeof followOn>[1]

/** What must become of an entry; undefined: it is forgotten. */
function fateOf(entry: FollowedSubscription, look: Look): object | undefined {
  const { subscriptionId: id, interval } = entry
  const isGone = look.orphaned.has(id)
  // A block that is gone may have told of every interval that was found.
  if (isGone || look.touched.has(id)) {
    return { rhythm: undefined, isOver: false, interval: isGone ? 0 : interval }
  }
  return entry.isOver && entry.blockNumber < look.oldestBlock ? undefined : entry
}

const look: fc.Arbitrary<Look> = fc.record({
  touched: fc
    .array(
      fc.tuple(
        fc.nat({ max: 25 }),
        fc.record({ blockNumber: fc.nat({ max: 900 }), isNew: fc.boolean() }),
      ),
    )
    .map((touched) => new Map(touched)),
  orphaned: fc.array(fc.nat({ max: 25 })).map((ids) => new Set(ids)),
  oldestBlock: fc.nat({ max: 600 }),
})

test('what is followed on is everything of before, but what is over for good, and everything new', () => {
  const seen = { forgotten: 0, kept: 0, begun: 0 }
  fc.assert(
    fc.property(allFollowed, look, (list, looked) => {
      const next = followOn(list, looked)
      const after = new Map(next.map((entry) => [entry.subscriptionId, entry]))
      expect(after.size).toBe(next.length)
      for (const entry of list) {
        const fate = fateOf(entry, looked)
        seen[fate === undefined ? 'forgotten' : 'kept'] += 1
        const now = after.get(entry.subscriptionId)
        if (fate === undefined) expect(now).toBeUndefined()
        else expect(now).toMatchObject(fate)
      }
      const known = new Set(list.map(({ subscriptionId }) => subscriptionId))
      const strange = [...looked.touched].filter(([id]) => !known.has(id))
      const begun = strange.filter(([, { isNew }]) => isNew).map(([id]) => id)
      expect(strange.map(([id]) => id).filter((id) => after.has(id))).toEqual(begun)
      seen.begun += begun.length
    }),
  )
  expect(Math.min(seen.forgotten, seen.kept, seen.begun)).toBeGreaterThan(0)
})
