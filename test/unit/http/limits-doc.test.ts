/*
 * docs/limits.md and the code, held to each other.
 */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { limitOverridesLookMs, storeLeaseMs } from '../../../src/base/limits.ts'
import { readYaml } from '../../../src/config-fields.ts'
import { callerLimitsSection } from '../../../src/config-limits.ts'
import { noLimits } from '../../../src/domain/caller-limits.ts'
import { billingSchemas } from '../../../src/http/openapi/openapi-billing-schemas.ts'
import { bucketsPerWindow } from '../../../src/store/rate-window.ts'
import { openAdminPlace } from '../../support/admin-place.ts'

const page = readFileSync('docs/limits.md', 'utf8')

function example(language: string): string {
  const [, text = ''] = new RegExp(`\`\`\`${language}\n([^\`]*)\`\`\``).exec(page) ?? []
  expect(text).not.toBe('')
  return text
}

test('the configuration is one that is read', () => {
  const text = example('yaml')
    .replace(/^limits:\n/, '')
    .replace(/^ {2}/gm, '')
  const read = readYaml({ file: 'vouch.yaml', text, environment: {} }, callerLimitsSection)
  expect(read.value()).toEqual({
    key: {
      requestsPerMinuteMax: 60,
      tokensPerMinuteMax: 100_000,
      concurrencyMax: 8,
      spendPerDayMax: 5_000_000n,
    },
    account: { ...noLimits, requestsPerMinuteMax: 300 },
  })
})

test('the order of the operator is one that is taken', async () => {
  const [, path = '', body = ''] = /PUT \/admin\/v1(\S+)\n(\{.*\})/.exec(page) ?? []
  const place = await openAdminPlace()
  expect(await place.ask('PUT', path, body)).toMatchObject({ status: 200 })
  await place.stop()
})

test('what a key is told has the members that are promised', () => {
  const told = JSON.parse(example('json')) as Record<string, unknown>
  const schema = billingSchemas['KeyStatus'] as { readonly required: readonly string[] }
  expect(Object.keys(told).sort()).toEqual([...schema.required].sort())
})

test('the figures are those of the code', () => {
  expect([bucketsPerWindow, storeLeaseMs, limitOverridesLookMs]).toEqual([60, 15_000, 1_000])
  for (const words of ['a sixtieth of the window late', '(15 s)', 'within a second']) {
    expect(page).toContain(words)
  }
})
