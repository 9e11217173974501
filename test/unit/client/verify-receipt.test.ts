import { expect, test } from 'vitest'
import { conclude } from '../../../src/client/check-line.ts'
import { anyReceipt } from '../../../src/client/check-policy.ts'
import { noTrustAnchors } from '../../../src/client/trust-anchors.ts'
import { verifyReceipt } from '../../../src/client/verify-receipt.ts'
import { gatewayOperator, signReceipt, verificationOf, work } from '../../support/signed-receipt.ts'

const nothing = { content: [], request: undefined, response: undefined }

test('each check has its line, in the order of the specification', () => {
  const policy = { gateway: gatewayOperator, modelId: work.modelId, tiers: 3, maxAgeS: 3600 }
  const lines = verifyReceipt(verificationOf(signReceipt(), { policy }))
  expect(lines.map(({ check, verdict }) => `${check} ${verdict}`)).toEqual(
    [
      'domain',
      'gateway-signature',
      'contributor-signature',
      'gateway-key',
      'contributor-key',
      'tiers',
      'times',
      'usage',
      'sequence',
      'price-sheet',
      'cost',
      'content',
      'request',
      'response',
      'answer-in-response',
      'stream',
      'rewriting',
      'policy-verifier',
      'policy-gateway',
      'policy-model',
      'policy-tiers',
      'policy-age',
    ].map((check) => `${check} holds`),
  )
  expect(conclude(lines)).toBe('holds')
})

test('a check that fails does not hide the others', () => {
  const lines = verifyReceipt(
    verificationOf(signReceipt({ work: { startedAt: work.finishedAt, cachedPromptTokens: 5000 } })),
  )
  expect(lines.filter(({ verdict }) => verdict === 'fails').map(({ check }) => check)).toEqual([
    'usage',
    'cost',
  ])
  expect(lines.find(({ check }) => check === 'content')?.verdict).toBe('holds')
})

test('keys are enough for a verdict, and what was not given is said', () => {
  const lines = verifyReceipt(verificationOf(signReceipt(), { evidence: nothing }))
  expect(conclude(lines)).toBe('holds')
  expect(lines.filter(({ verdict }) => verdict === 'unknown').map(({ check }) => check)).toEqual([
    'content',
    'request',
    'response',
  ])
})

test('everything given and nobody known is not proven', () => {
  const lines = verifyReceipt(verificationOf(signReceipt(), { anchors: noTrustAnchors }))
  expect(conclude(lines)).toBe('unproven')
})

test('a tier that was asked for and cannot be checked is not proven', () => {
  const parsed = signReceipt({ receipt: { tiers: 3 | 16 } })
  const policy = { ...anyReceipt, tiers: 16 }
  expect(conclude(verifyReceipt(verificationOf(parsed, { policy })))).toBe('unproven')
})
