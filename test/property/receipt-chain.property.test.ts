/*
 * The receipts of an honest channel are taken in whatever order answers end, whichever of them belong to other keys, and what
 * is charged between them is known to the unit. One that was changed does not fit among its neighbours.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ChainLink, takeLink, unexplainedAmount } from '../../src/client/receipt-chain.ts'
import { atomic, bytes32, zeroBytes32 } from '../../src/domain/units.ts'

const digestOf = (number: number) => bytes32(`0x${number.toString(16).padStart(64, 'a')}`)

/** A channel whose answers cost this, one after the other, among those of others at the same gateway. */
function channelOf(costs: readonly number[]): readonly ChainLink[] {
  let cumulative = 0n
  return costs.map((cost, index) => {
    cumulative += BigInt(cost)
    return {
      channelSeq: index + 1,
      gatewaySeq: 3 * index + 2,
      cost: atomic(BigInt(cost)),
      cumulative: atomic(cumulative),
      prevReceipt: index === 0 ? zeroBytes32 : digestOf(index),
      digest: digestOf(index + 1),
    }
  })
}

const channels = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 30 })
const takeAll = (links: readonly ChainLink[]) =>
  links.reduce<ReturnType<typeof takeLink>>(
    (chain, link) => (chain.ok ? takeLink(chain.value, link) : chain),
    { ok: true, value: [] },
  )

test('any of an honest channel, in any order', () => {
  let taken = 0
  fc.assert(
    fc.property(
      channels.chain((costs) =>
        fc.tuple(fc.constant(costs), fc.shuffledSubarray([...costs.keys()])),
      ),
      ([costs, seen]) => {
        const channel = channelOf(costs)
        const chain = takeAll(seen.flatMap((index) => channel[index] ?? []))
        expect(chain.ok).toBe(true)
        if (!chain.ok || seen.length === 0) return
        taken += seen.length
        const [first, last] = [Math.min(...seen), Math.max(...seen)]
        const unseen = costs.slice(first, last + 1).filter((_, at) => !seen.includes(first + at))
        expect(unexplainedAmount(chain.value)).toBe(
          BigInt(unseen.reduce((sum, cost) => sum + cost, 0)),
        )
      },
    ),
    { numRuns: 500 },
  )
  expect(taken).toBeGreaterThan(500)
})

test('a changed one does not fit between its neighbours', () => {
  let refused = 0
  const changes = fc.record({
    at: fc.nat(),
    by: fc.integer({ min: 1, max: 999 }),
    kind: fc.constantFrom('more', 'less', 'pointer', 'number', 'again'),
  })
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 3, maxLength: 12 }),
      changes,
      (costs, change) => {
        const channel = channelOf(costs)
        const at = 1 + (change.at % (channel.length - 2))
        const honest = channel[at]
        if (honest === undefined) return
        const by = BigInt(change.by)
        const forged: ChainLink = {
          more: { ...honest, cumulative: atomic(honest.cumulative + by) },
          less: {
            ...honest,
            cumulative: atomic(honest.cumulative - (by < honest.cumulative ? by : 1n)),
          },
          pointer: { ...honest, prevReceipt: digestOf(999) },
          number: { ...honest, gatewaySeq: (channel[at + 1]?.gatewaySeq ?? 0) + change.by },
          again: { ...honest, digest: digestOf(998), channelSeq: at },
        }[change.kind]
        const others = channel.filter((_, index) => index !== at)
        expect(takeAll([...others, forged]).ok).toBe(false)
        refused += 1
      },
    ),
    { numRuns: 500 },
  )
  expect(refused).toBe(500)
})
