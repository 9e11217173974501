import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  alternativesKept,
  type CommittedToken,
  type CommittedTokens,
  commitmentOfOpening,
  logprobQ16,
  openToken,
  tokenCommitment,
} from '../../../src/attestation/token-commitment.ts'
import { readTokens, writeTokens } from '../../../src/attestation/token-openings.ts'
import { zeroBytes32 } from '../../../src/domain/units.ts'

type Vector = {
  readonly name: string
  readonly tokens: CommittedTokens
  readonly commitment: string
}
const vectors = JSON.parse(
  readFileSync('test/vectors/token-commitments.json', 'utf8'),
) as readonly Vector[]

const weighed = fc.record({
  tokenId: fc.nat({ max: 2 ** 32 - 1 }),
  logprobQ16: fc.integer({ min: -(2 ** 31), max: 0 }),
})
const token = fc
  .tuple(weighed, fc.array(weighed, { maxLength: alternativesKept }))
  .map(([chosen, top]) => ({ ...chosen, top }))
const answer: fc.Arbitrary<CommittedTokens> = fc
  .array(fc.array(token, { maxLength: 12 }), { minLength: 1, maxLength: 3 })
  .filter((choices) => choices.some(({ length }) => length > 0))

const changes: readonly ((one: CommittedToken) => CommittedToken)[] = [
  (one) => ({ ...one, tokenId: (one.tokenId + 1) % 2 ** 32 }),
  (one) => ({ ...one, logprobQ16: one.logprobQ16 === 0 ? -1 : one.logprobQ16 + 1 }),
  (one) => ({ ...one, top: [{ tokenId: 1, logprobQ16: -7 }, ...one.top] }),
  (one) => ({
    ...one,
    top: one.top.length > 0 ? one.top.slice(1) : [{ tokenId: 0, logprobQ16: 0 }],
  }),
]

/** Every place of an answer. */
const placesOf = (tokens: CommittedTokens) =>
  tokens.flatMap((choiceTokens, choice) => choiceTokens.map((_, index) => ({ choice, index })))

describe('tokenCommitment', () => {
  test.each(vectors)('gives the vector: $name', ({ tokens, commitment }) => {
    expect(tokenCommitment(tokens)).toBe(commitment)
  })

  test('is zero for an answer without tokens', () => {
    expect(tokenCommitment([])).toBe(zeroBytes32)
    expect(tokenCommitment([[], []])).toBe(zeroBytes32)
  })

  test('changes with every number of every token', () => {
    let changed = 0
    fc.assert(
      fc.property(answer, fc.nat(), fc.constantFrom(...changes), (tokens, pick, change) => {
        const places = placesOf(tokens)
        const place = places[pick % places.length]
        const other = tokens.map((choiceTokens, choice) =>
          choiceTokens.map((one, index) =>
            choice === place?.choice && index === place.index ? change(one) : one,
          ),
        )
        changed += 1
        expect(tokenCommitment(other)).not.toBe(tokenCommitment(tokens))
      }),
    )
    expect(changed).toBeGreaterThan(0)
  })

  test('tells the same tokens split over the choices in another way apart', () => {
    const one = { tokenId: 5, logprobQ16: -3, top: [] }
    expect(tokenCommitment([[one, one]])).not.toBe(tokenCommitment([[one], [one]]))
    expect(tokenCommitment([[one], []])).toBe(tokenCommitment([[one]]))
  })
})

describe('openToken', () => {
  test('shows each token by itself, and no other in its place', () => {
    let opened = 0
    fc.assert(
      fc.property(answer, (tokens) => {
        const commitment = tokenCommitment(tokens)
        for (const place of placesOf(tokens)) {
          const opening = openToken(tokens, place)
          if (opening === undefined) throw new Error('a token that is there opens')
          expect(commitmentOfOpening(opening)).toBe(commitment)
          const { index, tokenCount, token: shown } = opening
          expect(commitmentOfOpening({ ...opening, index: index + 1 })).not.toBe(commitment)
          expect(commitmentOfOpening({ ...opening, tokenCount: tokenCount + 1 })).not.toBe(
            commitment,
          )
          const forged = { ...shown, logprobQ16: shown.logprobQ16 === 0 ? -1 : 0 }
          expect(commitmentOfOpening({ ...opening, token: forged })).not.toBe(commitment)
          opened += 1
        }
      }),
    )
    expect(opened).toBeGreaterThan(0)
  })

  test('has nothing where no token is', () => {
    const tokens = [[{ tokenId: 1, logprobQ16: 0, top: [] }]]
    expect(openToken(tokens, { choice: 0, index: 1 })).toBeUndefined()
    expect(openToken(tokens, { choice: 1, index: 0 })).toBeUndefined()
  })
})

test('log-probabilities in fixed point stay in range, whatever an engine says', () => {
  expect(logprobQ16(0)).toBe(0)
  expect(logprobQ16(-0)).toBe(0)
  expect(logprobQ16(-1)).toBe(-65_536)
  expect(logprobQ16(Math.log(0.5))).toBe(-45_426)
  expect(logprobQ16(-Infinity)).toBe(-(2 ** 31))
  expect(logprobQ16(1e-9)).toBe(0)
})

describe('the whole opening as text', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(answer, (tokens) => {
        expect(readTokens(writeTokens(tokens))).toEqual(tokens)
      }),
    )
  })

  test.each([
    'nothing',
    'null',
    '{"object":"vouch.token","choices":[]}',
    '{"object":"vouch.tokens","choices":{}}',
    '{"object":"vouch.tokens","choices":[[1,-5]]}',
    '{"object":"vouch.tokens","choices":[[1,-5,1,2]]}',
    '{"object":"vouch.tokens","choices":[[1,-5,6,1,1,1,1,1,1,1,1,1,1,1,1]]}',
    '{"object":"vouch.tokens","choices":[[1,5,0]]}',
    '{"object":"vouch.tokens","choices":[[-1,-5,0]]}',
    '{"object":"vouch.tokens","choices":[[4294967296,-5,0]]}',
    '{"object":"vouch.tokens","choices":[[1.5,-5,0]]}',
    '{"object":"vouch.tokens","choices":[["1",-5,0]]}',
    '{"object":"vouch.tokens","choices":[[1,-5,-1]]}',
  ])('that is none is refused: %s', (text) => {
    expect(readTokens(text)).toBeUndefined()
  })
})
