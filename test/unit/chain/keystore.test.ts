import { encryptKeystoreJsonSync, Wallet } from 'ethers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { err, ok } from '../../../src/base/result.ts'
import { decryptKey, encryptKey, keystoreAddress } from '../../../src/chain/keystore.ts'
import { parsePrivateKey, randomPrivateKey } from '../../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../../src/chain/signatures.ts'

/** What the default costs 2^17 for: each test would take seconds. */
const cheap = { n: 2 ** 10, r: 8, p: 1 }

type Json = {
  version: number
  address?: string
  crypto: {
    cipher: string
    ciphertext: string
    kdf: string
    kdfparams: Record<string, unknown>
    mac: string
  }
}

async function changed(change: (json: Json) => void): Promise<string> {
  const json = JSON.parse(await encryptKey(randomPrivateKey(), 'a password', cheap)) as Json
  change(json)
  return JSON.stringify(json)
}

describe('a keystore', () => {
  test('gives the key back for its password, whatever that is, and for no other', async () => {
    let opened = 0
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1 }), async (password) => {
        const key = randomPrivateKey()
        const json = await encryptKey(key, password, cheap)
        expect(keystoreAddress(json)).toBe(addressOfPrivateKey(key))
        expect(await decryptKey(json, password)).toEqual(ok(key))
        expect(await decryptKey(json, `${password}x`)).toEqual(err('password_wrong'))
        expect(json).not.toContain(key.slice(2))
        opened += 1
      }),
      { numRuns: 25 },
    )
    expect(opened).toBe(25)
  })

  test('of ours is opened by ethers, at the full cost, and one of ethers here', async () => {
    const key = randomPrivateKey()
    const ours = await encryptKey(key, 'pässword')
    expect(JSON.parse(ours).crypto.kdfparams).toMatchObject({ n: 131_072, r: 8, p: 1 })
    expect(Wallet.fromEncryptedJsonSync(ours, 'pässword').privateKey).toBe(key)

    const account = { address: new Wallet(key).address, privateKey: key }
    const theirs = encryptKeystoreJsonSync(account, 'pässword', { scrypt: { N: 2 ** 12 } })
    expect(await decryptKey(theirs, 'pässword')).toEqual(ok(key))
    expect(keystoreAddress(theirs)).toBe(addressOfPrivateKey(key))
  })

  test('of the standard itself opens by PBKDF2, and is told apart where no library can', async () => {
    // The test vectors of the Web3 Secret Storage definition.
    const secret = parsePrivateKey(
      '0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d',
    )
    expect(await decryptKey(pbkdf2Vector, 'testpassword')).toEqual(ok(secret))
    expect(await decryptKey(scryptVector, 'testpassword')).toEqual(err('keystore_unsupported'))
    expect(keystoreAddress(scryptVector)).toBeUndefined()
  })

  test('that is damaged, tampered with or of another kind says which', async () => {
    const opened = async (change: (json: Json) => void) =>
      decryptKey(await changed(change), 'a password')
    expect(await opened(() => undefined)).toMatchObject({ ok: true })
    const flip = (hex: string) => `${hex[0] === '0' ? '1' : '0'}${hex.slice(1)}`
    const cryptoOf =
      (members: (crypto: Json['crypto']) => object) =>
      (json: Json): void =>
        void Object.assign(json.crypto, members(json.crypto))
    const kdfOf = (members: object) =>
      cryptoOf(({ kdfparams }) => ({ kdfparams: { ...kdfparams, ...members } }))
    const cases: readonly (readonly [string, (json: Json) => void])[] = [
      ['password_wrong', cryptoOf(({ ciphertext }) => ({ ciphertext: flip(ciphertext) }))],
      ['password_wrong', cryptoOf(({ mac }) => ({ mac: flip(mac) }))],
      ['not_a_keystore', cryptoOf(() => ({ ciphertext: '00' }))],
      ['not_a_keystore', cryptoOf(() => ({ mac: 'none' }))],
      ['address_mismatch', (json) => void Object.assign(json, { address: '00'.repeat(20) })],
      ['keystore_unsupported', (json) => void Object.assign(json, { version: 1 })],
      ['keystore_unsupported', cryptoOf(() => ({ cipher: 'aes-128-cbc' }))],
      ['keystore_unsupported', cryptoOf(() => ({ kdf: 'argon2' }))],
      ['keystore_unsupported', kdfOf({ n: 2 ** 24 })],
      ['keystore_unsupported', kdfOf({ n: 1000 })],
      ['keystore_unsupported', kdfOf({ dklen: 16 })],
      ['keystore_unsupported', kdfOf({ p: 1e9 })],
      ['keystore_unsupported', kdfOf({ salt: 7 })],
    ]
    for (const [fault, change] of cases) expect(await opened(change)).toEqual(err(fault))
    for (const text of ['', '{}', '[]', 'null', '{"version":3}', '{"version":3,"crypto":[]}']) {
      expect(await decryptKey(text, 'a password'), text).toEqual(err('not_a_keystore'))
    }
  })

  test('keeps the event loop free while it is opened', async () => {
    const json = await encryptKey(randomPrivateKey(), 'a password')
    let turns = 0
    let open = true
    const opened = decryptKey(json, 'a password').then((key) => {
      open = false
      return key
    })
    while (open) {
      turns += 1
      await new Promise((next) => setImmediate(next))
    }
    expect((await opened).ok).toBe(true)
    expect(turns).toBeGreaterThan(100)
  })
})

const pbkdf2Vector = JSON.stringify({
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
    ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
    kdf: 'pbkdf2',
    kdfparams: {
      c: 262_144,
      dklen: 32,
      prf: 'hmac-sha256',
      salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
    },
    mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
})

const scryptVector = JSON.stringify({
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
    ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
    kdf: 'scrypt',
    kdfparams: {
      dklen: 32,
      n: 262_144,
      p: 8,
      r: 1,
      salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
    },
    mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
})
