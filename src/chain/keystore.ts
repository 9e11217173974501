/*
 * A private key under a password, in the form that wallets share (Web3 Secret Storage, version 3): geth, Foundry, ethers and
 * most wallets read what is written here and write what is read here. By node's own scrypt, which works beside the event loop
 * and takes a third of the time of one in JavaScript.
 */
import {
  createCipheriv,
  createDecipheriv,
  pbkdf2,
  randomBytes,
  randomUUID,
  type ScryptOptions,
  scrypt,
  timingSafeEqual,
} from 'node:crypto'
import { promisify } from 'node:util'
import { fromHex, toHex } from '../base/hex.ts'
import { err, ok, type Result } from '../base/result.ts'
import { type Address, address, isAddress, isHex } from '../domain/units.ts'
import { keccak256 } from './keccak.ts'
import { type PrivateKey, parsePrivateKey } from './private-key.ts'
import { addressOfPrivateKey } from './signatures.ts'

export type KeystoreFault =
  | 'not_a_keystore'
  /** Of another version or cipher, or so costly to open that it was not written by a wallet. */
  | 'keystore_unsupported'
  /** Or the file was changed: the two cannot be told apart. */
  | 'password_wrong'
  /** The password is right and the key is another one than the file says. */
  | 'address_mismatch'

/** What ethers and geth use by default: about half a second, and 128 MiB while it lasts. */
const costDefault = { n: 2 ** 17, r: 8, p: 1 } as const
/** Opening a file must not take all memory of the machine, whoever wrote it. */
const scryptBytesMax = 1024 ** 3
const pbkdf2RoundsMax = 10_000_000

const deriveByScrypt = promisify<Buffer, Buffer, number, ScryptOptions, Buffer>(scrypt)
const deriveByPbkdf2 = promisify(pbkdf2)

/** The JSON of a keystore. `cost`: only tests take less. */
export async function encryptKey(
  key: PrivateKey,
  password: string,
  cost: { readonly n: number; readonly r: number; readonly p: number } = costDefault,
): Promise<string> {
  const [salt, iv] = [randomBytes(32), randomBytes(16)]
  const derived = await deriveScrypt(passwordBytes(password), { ...cost, salt, dklen: 32 })
  const cipher = createCipheriv('aes-128-ctr', derived.subarray(0, 16), iv)
  const ciphertext = Buffer.concat([cipher.update(fromHex(key)), cipher.final()])
  const crypto = {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: iv.toString('hex') },
    ciphertext: ciphertext.toString('hex'),
    kdf: 'scrypt',
    kdfparams: { ...cost, dklen: 32, salt: salt.toString('hex') },
    mac: macOf(derived, ciphertext).toString('hex'),
  }
  const account = addressOfPrivateKey(key).slice(2)
  return JSON.stringify({ version: 3, id: randomUUID(), address: account, crypto }, undefined, 2)
}

/** Whose key it is, as far as the file says so: some wallets leave it out. */
export function keystoreAddress(json: string): Address | undefined {
  const text = String(readObject(json)?.['address'] ?? '')
  const spelled = text.startsWith('0x') ? text : `0x${text}`
  return isAddress(spelled) ? address(spelled) : undefined
}

export async function decryptKey(
  json: string,
  password: string,
): Promise<Result<PrivateKey, KeystoreFault>> {
  const fields = readObject(json)
  const crypto = asObject(fields?.['crypto'] ?? fields?.['Crypto'])
  if (fields === undefined || crypto === undefined) return err('not_a_keystore')
  if (fields['version'] !== 3 || crypto['cipher'] !== 'aes-128-ctr') {
    return err('keystore_unsupported')
  }
  const [iv, ciphertext, mac] = [
    bytesOf(asObject(crypto['cipherparams'])?.['iv'], 16),
    bytesOf(crypto['ciphertext'], 32),
    bytesOf(crypto['mac'], 32),
  ]
  if (iv === undefined || ciphertext === undefined || mac === undefined) {
    return err('not_a_keystore')
  }
  const derived = await derive(crypto, passwordBytes(password))
  if (derived === undefined) return err('keystore_unsupported')
  if (!timingSafeEqual(macOf(derived, ciphertext), mac)) return err('password_wrong')
  const cipher = createDecipheriv('aes-128-ctr', derived.subarray(0, 16), iv)
  const bytes = Buffer.concat([cipher.update(ciphertext), cipher.final()])
  const key = parsePrivateKey(toHex(bytes))
  if (key === undefined) return err('not_a_keystore')
  const told = keystoreAddress(json)
  return told === undefined || told === addressOfPrivateKey(key) ? ok(key) : err('address_mismatch')
}

/** Undefined for another way than the two that wallets use, and for one that is out of all proportion. */
async function derive(crypto: Fields, password: Buffer): Promise<Buffer | undefined> {
  const terms = asObject(crypto['kdfparams'])
  const salt = bytesOf(terms?.['salt'])
  if (terms === undefined || salt === undefined) return undefined
  const dklen = wholeOf(terms['dklen'], 64)
  if (dklen === undefined || dklen < 32) return undefined
  if (crypto['kdf'] === 'scrypt') {
    const [n, r, p] = [
      wholeOf(terms['n'], 2 ** 24),
      wholeOf(terms['r'], 64),
      wholeOf(terms['p'], 16),
    ]
    if (n === undefined || r === undefined || p === undefined) return undefined
    if (!isScryptCost(n, r)) return undefined
    return deriveScrypt(password, { n, r, p, salt, dklen })
  }
  const rounds = wholeOf(terms['c'], pbkdf2RoundsMax)
  if (crypto['kdf'] !== 'pbkdf2' || terms['prf'] !== 'hmac-sha256' || rounds === undefined) {
    return undefined
  }
  return deriveByPbkdf2(password, salt, rounds, dklen, 'sha256')
}

const deriveScrypt = (
  password: Buffer,
  terms: {
    readonly n: number
    readonly r: number
    readonly p: number
    readonly salt: Buffer
    readonly dklen: number
  },
): Promise<Buffer> => {
  const { n, r, p, salt, dklen } = terms
  return deriveByScrypt(password, salt, dklen, { N: n, r, p, maxmem: 128 * r * (n + p + 2) })
}

/** RFC 7914 bounds n by r. The standard's own example does not keep to that; neither OpenSSL nor ethers opens it. */
const isScryptCost = (n: number, r: number): boolean =>
  n >= 2 && (n & (n - 1)) === 0 && n < 2 ** (16 * r) && 128 * n * r <= scryptBytesMax

const macOf = (derived: Buffer, ciphertext: Buffer): Buffer =>
  Buffer.from(fromHex(keccak256(Buffer.concat([derived.subarray(16, 32), ciphertext]))))

/** As ethers does: one spelling for what looks the same. */
const passwordBytes = (password: string): Buffer => Buffer.from(password.normalize('NFKC'), 'utf8')

type Fields = Readonly<Record<string, unknown>>

function readObject(json: string): Fields | undefined {
  try {
    return asObject(JSON.parse(json))
  } catch {
    return undefined
  }
}

const asObject = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : undefined

function bytesOf(value: unknown, length?: number): Buffer | undefined {
  if (typeof value !== 'string') return undefined
  const spelled = value.startsWith('0x') ? value : `0x${value}`
  if (!isHex(spelled)) return undefined
  const bytes = Buffer.from(fromHex(spelled))
  return length === undefined || bytes.length === length ? bytes : undefined
}

const wholeOf = (value: unknown, max: number): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max
    ? value
    : undefined
