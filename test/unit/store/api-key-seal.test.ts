import { createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createApiKeySeal } from '../../../src/store/api-key-seal.ts'

const secret = new Uint8Array(32).fill(7)
const seal = createApiKeySeal([{ version: 1, secret }])
const place = { contributorId: 'key-1', baseUrl: 'https://api.example.com/v1' }

test('what is sealed for a place is opened there', () => {
  let opened = 0
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (apiKey) => {
      const sealed = seal.seal(apiKey, place)
      expect(sealed).toMatch(/^[\w-]+$/)
      expect(seal.open(sealed, place)).toBe(apiKey)
      opened += 1
    }),
  )
  expect(opened).toBeGreaterThan(0)
})

test('is AES-256-GCM with a key of HKDF-SHA256, bound to version, record and URL', () => {
  const bytes = Buffer.from(seal.seal('sk-secret', place), 'base64url')
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'vouch contributor keys', 32))
  const opening = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 13))
  opening.setAAD(Buffer.from('[1,"key-1","https://api.example.com/v1"]'))
  opening.setAuthTag(bytes.subarray(-16))
  expect(
    `${opening.update(bytes.subarray(13, -16), undefined, 'utf8')}${opening.final('utf8')}`,
  ).toBe('sk-secret')
  expect(bytes[0]).toBe(1)
})

test('is worth nothing in another record, at another URL, with another secret, or changed by one bit', () => {
  const sealed = seal.seal('sk-secret', place)
  expect(seal.open(sealed, { ...place, contributorId: 'key-2' })).toBeUndefined()
  expect(seal.open(sealed, { ...place, baseUrl: 'https://evil.example.com/v1' })).toBeUndefined()
  const other = createApiKeySeal([{ version: 1, secret: randomBytes(32) }])
  expect(other.open(sealed, place)).toBeUndefined()
  const bytes = Buffer.from(sealed, 'base64url')
  let changed = 0
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const broken = Buffer.from(bytes)
    broken[bit >> 3] = (broken[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(seal.open(broken.toString('base64url'), place)).toBeUndefined()
    changed += 1
  }
  expect(changed).toBe(bytes.length * 8)
  for (const length of [0, 1, 12, 28]) {
    expect(seal.open(bytes.subarray(0, length).toString('base64url'), place)).toBeUndefined()
  }
})

test('the same key is sealed differently each time', () => {
  const texts = new Set(Array.from({ length: 50 }, () => seal.seal('sk-secret', place)))
  expect(texts.size).toBe(50)
})

test('a new secret opens what an older one sealed, and says that it is to be sealed again', () => {
  const both = createApiKeySeal([
    { version: 2, secret: randomBytes(32) },
    { version: 1, secret },
  ])
  const old = seal.seal('sk-secret', place)
  expect(both.open(old, place)).toBe('sk-secret')
  expect([both.isNewest(old), seal.isNewest(old)]).toEqual([false, true])
  const fresh = both.seal('sk-secret', place)
  expect(both.isNewest(fresh)).toBe(true)
  expect(seal.open(fresh, place)).toBeUndefined()
})
