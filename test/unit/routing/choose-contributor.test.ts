import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { atomic } from '../../../src/domain/units.ts'
import { orderCandidates } from '../../../src/routing/choose-contributor.ts'
import type { Candidate } from '../../../src/routing/contributor-pool.ts'
import { offerOf } from '../../support/requests.ts'

type Facts = {
  readonly id: string
  readonly price: bigint
  readonly rests: boolean
  readonly inFlight: number
}

const candidateOf = ({ id, price }: Facts): Candidate => {
  const { prices } = offerOf()
  return {
    contributor: {
      contributorId: id,
      baseUrl: '',
      authorization: undefined,
      identity: undefined,
      offers: [],
    },
    offer: offerOf({ prices: { ...prices, completionAtomicPerMtok: atomic(price) } }),
  }
}

function order(facts: readonly Facts[]): string[] {
  const of = (id: string) => facts.find((one) => one.id === id)
  return orderCandidates(facts.map(candidateOf), {
    rests: (id) => of(id)?.rests ?? false,
    inFlight: (id) => of(id)?.inFlight ?? 0,
  }).map(({ contributor }) => contributor.contributorId)
}

describe('orderCandidates', () => {
  test('those who do not rest first, then cheaper, then less busy', () => {
    expect(
      order([
        { id: 'resting', price: 1n, rests: true, inFlight: 0 },
        { id: 'dear', price: 9n, rests: false, inFlight: 0 },
        { id: 'busy', price: 2n, rests: false, inFlight: 3 },
        { id: 'free', price: 2n, rests: false, inFlight: 1 },
      ]),
    ).toEqual(['free', 'busy', 'dear', 'resting'])
  })

  test('never loses anybody, and equals keep their order', () => {
    let ordered = 0
    const anyFacts = fc.record({
      price: fc.bigInt({ min: 0n, max: 3n }),
      rests: fc.boolean(),
      inFlight: fc.nat(2),
    })
    fc.assert(
      fc.property(fc.array(anyFacts, { maxLength: 6 }), (list) => {
        const facts = list.map((one, index) => ({ ...one, id: String(index) }))
        const ids = order(facts)
        expect([...ids].sort()).toEqual(facts.map(({ id }) => id).sort())
        for (const [index, id] of ids.entries()) {
          const [a, b] = [facts[Number(id)], facts[Number(ids[index + 1])]]
          if (a === undefined || b === undefined) continue
          const rank = (one: Facts) => [
            Number(one.rests),
            Number(one.price),
            one.inFlight,
            Number(one.id),
          ]
          const at = rank(a).findIndex((value, place) => value !== rank(b)[place])
          expect(rank(a)[at]).toBeLessThan(rank(b)[at] ?? 0)
          ordered += 1
        }
      }),
    )
    expect(ordered).toBeGreaterThan(50)
  })
})
