/*
 * Answers that a real engine signed, judged by the same model: what is alike in every bit, what only in its tokens, and what in
 * neither.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type AnswerJudgement,
  type AnswerUnderAudit,
  judgeAnswer,
  type Reference,
} from '../../../src/auditor/judge-answer.ts'
import { noiseAllowances } from '../../../src/auditor/noise-allowance.ts'
import type { LanguageModel } from '../../../src/engine/load-model.ts'
import { loadBuiltInModel } from '../../support/built-in-model.ts'
import { openVariant, type VariantName } from '../../support/model-variants.ts'
import { auditedJob, startVariantEngine, type VariantEngine } from '../../support/variant-engine.ts'

let model: LanguageModel
let honest: VariantEngine
let bitForBit: Reference
let byTokens: Reference

beforeAll(async () => {
  model = await loadBuiltInModel()
  honest = await startVariantEngine(model)
  const engine = { engine: 'tested', cpu: 'tested', noiseClass: 'same' } as const
  bitForBit = { model, allowance: noiseAllowances.same, knowsSampler: true, replays: true, engine }
  byTokens = { ...bitForBit, replays: false }
})
afterAll(() => honest.stop())

const jobId = (number: number): string =>
  `0x${number.toString(16).padStart(8, '0').padEnd(64, '5')}`
const asking = (content: string, fields: object = {}) => ({
  messages: [{ role: 'user', content }],
  ...fields,
})

const shapes: readonly (readonly [string, { body: object; path?: string; isOpened?: boolean }])[] =
  [
    ['in one piece', { body: asking('What is a receipt?') }],
    ['in a stream', { body: asking('What is a tranche?', { stream: true }) }],
    ['seeded by its client', { body: asking('Who are you?', { seed: 77, temperature: 1 }) }],
    [
      'with log-probabilities',
      { body: asking('What is 2+2?', { logprobs: true, temperature: 1 }) },
    ],
    ['cut by its bound', { body: asking('What is a receipt?', { max_tokens: 5 }) }],
    ['of several choices', { body: asking('Say hello.', { n: 3, temperature: 1 }) }],
    [
      'with penalties',
      { body: asking('What is a voucher?', { frequency_penalty: 1, temperature: 1 }) },
    ],
    ['cut by a stop string', { body: asking('What is a receipt?', { stop: ['.'] }) }],
    [
      'with its commitment opened',
      { body: asking('What is a channel?', { temperature: 1 }), isOpened: true },
    ],
    [
      'to a text',
      {
        path: '/v1/completions',
        body: { prompt: '<|user|>Hello!<|end|><|assistant|>', echo: true },
      },
    ],
  ]

describe.each(shapes)('an honest answer %s', (_, asked) => {
  let answer: AnswerUnderAudit
  beforeAll(async () => {
    const number = shapes.findIndex(([, other]) => other === asked) + 1
    answer = await auditedJob(honest, { jobId: jobId(number), ...asked })
  })

  test('is alike in every bit when it is computed again', async () => {
    const judged = await judgeAnswer(bitForBit, answer)
    expect(judged).toMatchObject({ kind: 'judged', isIdentical: true, difference: undefined })
    const { tokens, matchedTokens } = judged as Extract<AnswerJudgement, { kind: 'judged' }>
    expect(matchedTokens).toBe(tokens)
    expect(tokens).toBeGreaterThanOrEqual(answer.work.completionTokens)
  })

  test('has the tokens that one reading of it expects', async () => {
    const judged = await judgeAnswer(byTokens, answer)
    expect(judged).toMatchObject({ kind: 'judged', isIdentical: undefined })
    const { tokens, matchedTokens, evidence } = judged as Extract<
      AnswerJudgement,
      { kind: 'judged' }
    >
    expect(tokens).toBeGreaterThan(0)
    expect(matchedTokens).toBe(tokens)
    expect(Math.max(...evidence.against)).toBeLessThan(1)
  })
})

test.each<VariantName>(['five-layers', 'cut-short', 'hotter'])(
  '%s is told from it',
  async (name) => {
    const engine = await startVariantEngine(await openVariant(model, name))
    let against = 0
    for (let number = 1; number <= 4; number += 1) {
      const body = asking(`What is ${number * 7} plus 8?`, { temperature: 1 })
      const answer = await auditedJob(engine, { jobId: jobId(number), body })
      const judged = await judgeAnswer(byTokens, answer)
      if (judged.kind === 'judged') against = Math.max(against, ...judged.evidence.against)
    }
    await engine.stop()
    expect(against).toBeGreaterThan(2)
  },
)

test('log-probabilities that nobody committed to are not looked at', async () => {
  const answer = await auditedJob(honest, {
    jobId: jobId(900),
    body: asking('What is a receipt?'),
    isOpened: true,
  })
  const opening = answer.commitmentOpening ?? ''
  const madeUp = { ...answer, commitmentOpening: opening.replace(/\[(\d+),-?\d+/, '[$1,-999999') }
  expect(madeUp.commitmentOpening).not.toBe(opening)
  const unopened = await judgeAnswer(byTokens, { ...answer, commitmentOpening: undefined })
  expect(await judgeAnswer(byTokens, madeUp)).toEqual(unopened)
  expect(await judgeAnswer(byTokens, answer)).not.toEqual(unopened)
})

test('an answer to another question, or under another number of choices, is wrong or not alike', async () => {
  const [one, other] = await Promise.all(
    ['What is a receipt?', 'What is a tranche?'].map((content, at) =>
      auditedJob(honest, { jobId: jobId(901 + at), body: asking(content, { temperature: 0 }) }),
    ),
  )
  if (one === undefined || other === undefined) throw new Error('two answers')
  const swapped = { ...one, responseBody: other.responseBody }
  const judged = await judgeAnswer(bitForBit, swapped)
  expect(judged).toMatchObject({ kind: 'judged', isIdentical: false })
  expect(
    Math.max(...(judged as Extract<AnswerJudgement, { kind: 'judged' }>).evidence.against),
  ).toBeGreaterThan(4)
  const doubled = JSON.parse(one.responseBody.toString())
  doubled.choices.push({ ...doubled.choices[0], index: 1 })
  const crowded = { ...one, responseBody: Buffer.from(JSON.stringify(doubled)) }
  expect(await judgeAnswer(bitForBit, crowded)).toMatchObject({ kind: 'wrong' })
})

test('of what the reference cannot compute nothing is said', async () => {
  const answer = await auditedJob(honest, { jobId: jobId(910), body: asking('Hello') })
  const withTools = {
    ...answer,
    requestBody: Buffer.from(
      JSON.stringify({ model: 'x', messages: [{ role: 'user', content: 'x' }], tools: [{}] }),
    ),
  }
  expect(await judgeAnswer(bitForBit, withTools)).toMatchObject({ kind: 'unjudged' })
  const vectors = {
    ...answer,
    requestBody: Buffer.from(JSON.stringify({ model: 'x', input: 'x' })),
  }
  expect(await judgeAnswer(bitForBit, vectors)).toMatchObject({ kind: 'unjudged' })
  const foreign = { ...byTokens, knowsSampler: false }
  expect(await judgeAnswer(foreign, answer)).toMatchObject({ kind: 'unjudged' })
})
