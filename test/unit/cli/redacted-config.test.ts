import fc from 'fast-check'
import { expect, test } from 'vitest'
import { redactedConfig } from '../../../src/cli/redacted-config.ts'

test('secrets are left out by their names, and URLs but their hosts', () => {
  const told = redactedConfig({
    listen: { host: '127.0.0.1', port: 8787 },
    store: { redisUrl: 'rediss://user:pass@redis.example.com:6379/1', keyPrefix: 'vouch' },
    chain: { rpcUrl: 'https://node.example.com/v3/planted', confirmations: 2, asset: '0xa5' },
    gateway: { signingKey: '0xplanted', claimKey: '0xplanted' },
    payouts: { treasuryKey: undefined, voucherKey: 'planted', escrowMin: 5_000_000n },
    lending: { sealSecrets: [{ version: 1, secret: Buffer.from('planted') }], keysMax: 100 },
    admin: { tokenHash: 'planted' },
    upstreams: [{ id: 'a', baseUrl: 'https://api.example.com/v1', apiKey: 'planted', models: [] }],
    plain: 'http://127.0.0.1:8545',
  })
  expect(told).toEqual({
    listen: { host: '127.0.0.1', port: 8787 },
    store: { redisUrl: 'rediss://redis.example.com:6379/…', keyPrefix: 'vouch' },
    chain: { rpcUrl: 'https://node.example.com/…', confirmations: 2, asset: '0xa5' },
    gateway: { signingKey: '(secret)', claimKey: '(secret)' },
    payouts: { treasuryKey: null, voucherKey: '(secret)', escrowMin: '5000000' },
    lending: { sealSecrets: '(secret)', keysMax: 100 },
    admin: { tokenHash: '(secret)' },
    upstreams: [{ id: 'a', baseUrl: 'https://api.example.com/v1', apiKey: '(secret)', models: [] }],
    plain: 'http://127.0.0.1:8545',
  })
})

test('whatever stands under the name of a secret, however deep, is not told', () => {
  const names = fc.constantFrom(
    'apiKey',
    'signingKey',
    'secret',
    'sealSecrets',
    'password',
    'tokenHash',
  )
  const planted = fc.oneof(
    fc.constant('planted-marker'),
    fc.constant(Buffer.from('planted-marker')),
    fc.constant(['planted-marker']),
    fc.constant({ inner: 'planted-marker' }),
  )
  let told = 0
  fc.assert(
    fc.property(names, planted, fc.nat({ max: 5 }), (name, value, depth) => {
      let config: object = { [name]: value, kept: 'kept' }
      for (let level = 0; level < depth; level += 1) config = { level: [config] }
      const text = JSON.stringify(redactedConfig(config))
      expect(text).toContain('kept')
      expect(text).not.toContain('planted')
      told += 1
    }),
  )
  expect(told).toBeGreaterThan(0)
})
