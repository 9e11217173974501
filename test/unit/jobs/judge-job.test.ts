import { describe, expect, test } from 'vitest'
import { tier } from '../../../src/domain/receipt.ts'
import { address, atomic, bytes32, unixSeconds, zeroAddress } from '../../../src/domain/units.ts'
import {
  type JobCandidate,
  type JudgedBy,
  judgeJob,
  judgeTerms,
} from '../../../src/jobs/judge-job.ts'
import { answerTimeMinS } from '../../../src/jobs/limits.ts'
import { someAsk, someTerms } from '../../support/contract-jobs.ts'

const gateway = someTerms().gateway
const nowS = 1_763_799_000
const account = (digits: string) => address(`0x${digits.repeat(20)}`)

const candidate = (
  id: string,
  change: { readonly offer?: object; readonly operator?: string | undefined } = {},
): JobCandidate => {
  const operator = 'operator' in change ? change.operator : id
  return {
    contributor: {
      contributorId: id,
      baseUrl: 'http://127.0.0.1:1/v1',
      authorization: undefined,
      identity:
        operator === undefined
          ? undefined
          : { operator: account(operator), signingAddresses: [account(operator)] },
      offers: [],
    },
    offer: {
      modelName: 'mini',
      upstreamModelName: 'mini',
      modelId: someTerms().modelId,
      contextTokensMax: 2_048,
      completionTokensMax: 1_024,
      prices: {
        contributor: zeroAddress,
        modelId: someTerms().modelId,
        promptAtomicPerMtok: atomic(1_000_000n),
        cachedPromptAtomicPerMtok: atomic(500_000n),
        completionAtomicPerMtok: atomic(2_000_000n),
      } as unknown as JobCandidate['offer']['prices'],
      priceHash: bytes32(`0x${'0f'.repeat(32)}`),
      ...change.offer,
    },
  }
}

const signed = tier.gatewaySigned | tier.contributorSigned
const judged = (change: Partial<JudgedBy> = {}): JudgedBy => ({
  gateway,
  chainNowS: nowS,
  candidates: [candidate('aa')],
  tiersOf: () => signed,
  ...change,
})

const request = {
  endpoint: 'chat/completions' as const,
  promptBytes: 100,
  messageCount: 1,
  promptHasMedia: false,
  completionTokensMax: 10,
}
/** 100 bytes and 16 of template at 1, 10 tokens at 2. */
const worstCost = 136n

describe('by its terms alone', () => {
  const terms = (change: object) => ({ ...someAsk({ terms: someTerms(change) }) })

  test('a job for this gateway, or for any, is judged further', () => {
    expect(judgeTerms(terms({}), judged())).toBeUndefined()
    expect(judgeTerms(terms({ gateway: zeroAddress }), judged())).toBeUndefined()
  })

  test('one for another gateway never is', () => {
    const other = judgeTerms(terms({ gateway: account('ee') }), judged())
    expect(other).toMatchObject({ kind: 'never', reason: 'other_gateway' })
  })

  test('so much time must be left, to the second', () => {
    const deadlineS = unixSeconds(nowS + answerTimeMinS)
    expect(judgeTerms(someAsk({ deadlineS }), judged())).toBeUndefined()
    const late = judgeTerms(someAsk({ deadlineS }), judged({ chainNowS: nowS + 1 }))
    expect(late).toMatchObject({ kind: 'never', reason: 'deadline_too_near' })
  })

  test.each([32, 128, 256])('tier %i cannot be had on demand', (bit) => {
    const asked = terms({ minTiers: signed | bit })
    expect(judgeTerms(asked, judged())).toMatchObject({ reason: 'tier_unavailable' })
  })
})

describe('by who could answer', () => {
  const judge = (termsChange: object, change: Partial<JudgedBy> = {}, asked: object = {}) =>
    judgeJob({ terms: someTerms(termsChange) }, { ...request, ...asked }, judged(change))

  test('a good one is taken, with those who may answer it', () => {
    const cheap = candidate('bb', { offer: { completionTokensMax: 5 } })
    const verdict = judge({}, { candidates: [candidate('aa'), cheap] })
    expect(verdict).toMatchObject({ kind: 'take' })
    const ids = verdict.kind === 'take' ? verdict.eligible : []
    expect(ids.map(({ contributor }) => contributor.contributorId)).toEqual(['aa', 'bb'])
  })

  test.each<[string, object, JobCandidate[]]>([
    ['model_unknown', {}, []],
    ['model_unknown', { modelId: bytes32(`0x${'bb'.repeat(32)}`) }, [candidate('aa')]],
    ['model_not_signed', {}, [candidate('aa', { operator: undefined })]],
    ['model_not_signed', {}, [candidate('aa', { offer: { upstreamModelName: 'other' } })]],
    ['price_too_low', { promptAtomicPerMtok: 999_999n }, [candidate('aa')]],
    ['price_too_low', { completionAtomicPerMtok: 1_999_999n }, [candidate('aa')]],
    ['fee_too_small', { maxFee: worstCost - 1n }, [candidate('aa')]],
    ['tier_unavailable', { minTiers: signed | tier.audited }, [candidate('aa')]],
  ])('%s', (reason, terms, candidates) => {
    expect(judge(terms, { candidates })).toMatchObject({ kind: 'never', reason })
  })

  test('a fee that covers exactly the most that it can cost is enough', () => {
    expect(judge({ maxFee: worstCost })).toMatchObject({ kind: 'take' })
  })

  test('bytes of a tensor name no model, so that its name there matters not', () => {
    const renamed = candidate('aa', { offer: { upstreamModelName: 'other' } })
    const asked = { endpoint: 'inference' as const }
    expect(judge({}, { candidates: [renamed] }, asked)).toMatchObject({ kind: 'take' })
  })

  test('only those are eligible that can give every tier', () => {
    const tiersOf: JudgedBy['tiersOf'] = ({ contributor }) =>
      contributor.contributorId === 'bb' ? signed | tier.teeBoundKey : signed
    const candidates = [candidate('aa'), candidate('bb')]
    const verdict = judge({ minTiers: signed | tier.teeBoundKey }, { candidates, tiersOf })
    expect(verdict).toMatchObject({
      kind: 'take',
      eligible: [{ contributor: { contributorId: 'bb' } }],
    })
  })

  test('two contributors of one operator are one of those that must agree', () => {
    const twice = [candidate('aa'), candidate('bb', { operator: 'aa' })]
    expect(judge({ agreement: 2, answersMax: 2 }, { candidates: twice })).toEqual({
      kind: 'wait',
      reason: 'too_few_contributors',
    })
    const two = [...twice, candidate('cc')]
    expect(judge({ agreement: 2, answersMax: 2 }, { candidates: two }).kind).toBe('take')
  })
})
