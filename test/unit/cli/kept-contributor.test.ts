import { expect, test } from 'vitest'
import { keptContributorOf } from '../../../src/cli/kept-contributor.ts'
import type { GatewayConfig } from '../../../src/config.ts'
import { readJoiningTerms } from '../../../src/config-entries.ts'
import { closedLending } from '../../../src/config-lending.ts'
import { address, atomic, bytes32 } from '../../../src/domain/units.ts'
import { contributorRecord } from '../../support/contributor-records.ts'

const lender = { wallet: address(`0x${'1'.repeat(40)}`), payout: address(`0x${'2'.repeat(40)}`) }
const weights = bytes32(`0x${'0d'.repeat(32)}`)
const listed = {
  id: 'm',
  upstreamId: 'm',
  modelId: weights,
  contextTokensMax: 4096,
  completionTokensMax: 1024,
  promptAtomicPerMtok: atomic(50_000n),
  cachedPromptAtomicPerMtok: atomic(50_000n),
  completionAtomicPerMtok: atomic(100_000n),
  tokenizer: undefined,
}
const config = (lending: Partial<NonNullable<GatewayConfig['lending']>> = {}) =>
  ({
    chain: { assetDecimals: 6, asset: address(`0x${'a5'.repeat(20)}`) },
    gateway: { operator: address(`0x${'6a'.repeat(20)}`) },
    upstreams: [],
    lending: { ...closedLending, models: [listed], ...lending },
  }) as unknown as GatewayConfig
const known = (apiKey?: string) => ({
  apiKey,
  readTerms: (text: string) => readJoiningTerms(text, 6),
  standingOf: () => undefined,
  nowMs: 0,
})
const price = { promptPerMtok: '0.04', completionPerMtok: '0.08' }
const url = 'https://api.example.com/v1'
const lent = (change: object = {}) =>
  contributorRecord({
    lender,
    definition: JSON.stringify({ url, keyId: 'main', models: [{ id: 'm', price }], ...change }),
  })

test('a lent key is asked for chats under its own names, at its price, at public addresses', () => {
  const models = [{ id: 'm', upstreamId: 'theirs', price }]
  const limits = { concurrency: 2 }
  const record = lent({ models, limits, region: 'eu' })
  expect(keptContributorOf(config(), record, known('sk-x'))).toMatchObject({
    ok: true,
    value: {
      contributorId: record.contributorId,
      authorization: 'Bearer sk-x',
      identity: undefined,
      isGuarded: true,
      region: 'eu',
      limits: { concurrencyMax: 2 },
      offers: [
        {
          modelName: 'm',
          upstreamModelName: 'theirs',
          modelId: weights,
          endpoints: ['chat/completions'],
          prices: { promptAtomicPerMtok: 40_000n, completionAtomicPerMtok: 80_000n },
        },
      ],
    },
  })
})

test('where nothing is asked for it, it gets the most that is paid', () => {
  const kept = keptContributorOf(config(), lent({ models: [{ id: 'm' }] }), known('sk-x'))
  expect(kept).toMatchObject({
    value: { offers: [{ prices: { completionAtomicPerMtok: 100_000n } }] },
  })
})

test.each([
  ['a model that was taken off the list', { models: [] }, "'m' is not lent here"],
  [
    'a model that became cheaper',
    { models: [{ ...listed, completionAtomicPerMtok: atomic(1n) }] },
    "completionPerMtok of 'm' is above 1",
  ],
  [
    'a host that was taken off the list',
    { urls: { ...closedLending.urls, hosts: ['api.openai.com'] } },
    'url: only these hosts',
  ],
])('%s is served from it no more, and it says why', (_what, lending, fault) => {
  const kept = keptContributorOf(config(lending), lent(), known('sk-x'))
  expect(kept).toMatchObject({ ok: false, error: expect.stringContaining(fault) })
})

test("one that the operator added is as vouch.yaml would have it, with the weights of the model's name", () => {
  const models = [{ id: 'm', contextTokensMax: 4096, price }]
  const definition = JSON.stringify({ id: 'main', url: 'http://127.0.0.1:1/v1', models })
  const kept = keptContributorOf(config(), contributorRecord({ definition }), known())
  expect(kept).toMatchObject({
    ok: true,
    value: { isGuarded: false, authorization: undefined, offers: [{ modelId: weights }] },
  })
  const broken = keptContributorOf(config(), contributorRecord({ definition: '{}' }), known())
  expect(broken.ok).toBe(false)
})
