import { verifyTypedData } from 'ethers'
import { describe, expect, test } from 'vitest'
import { decodeWork } from '../../../src/attestation/check-work.ts'
import { InvariantViolation } from '../../../src/base/assert.ts'
import { parsePrivateKey } from '../../../src/chain/private-key.ts'
import { receiptDomain } from '../../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey } from '../../../src/chain/signatures.ts'
import {
  encodeSignedWork,
  openWorkSigner,
  type WorkFacts,
  type WorkSigner,
} from '../../../src/contributor/sign-work.ts'
import { workStatus } from '../../../src/domain/receipt.ts'
import { address, type Bytes32, bytes32, unixSeconds } from '../../../src/domain/units.ts'

const privateKey = parsePrivateKey(`0x${'07'.repeat(32)}`)
if (privateKey === undefined) throw new Error('the test key is a key')
const modelId = bytes32(`0x${'11'.repeat(32)}`)
const operator = address(`0x${'22'.repeat(20)}`)
const place = { chainId: 31_337, verifyingContract: address(`0x${'33'.repeat(20)}`) }

const jobsMax = 5

const open = (): WorkSigner =>
  openWorkSigner({
    privateKey,
    contributor: operator,
    modelId,
    domain: receiptDomain(place),
    jobsMax,
  })

const jobOf = (number: number): Bytes32 => bytes32(`0x${number.toString(16).padStart(64, '0')}`)

const facts = (number: number): WorkFacts => ({
  jobId: jobOf(number),
  gateway: address(`0x${'44'.repeat(20)}`),
  inputHash: bytes32(`0x${'55'.repeat(32)}`),
  outputHash: bytes32(`0x${'66'.repeat(32)}`),
  contentHash: bytes32(`0x${'77'.repeat(32)}`),
  streamRoot: bytes32(`0x${'88'.repeat(32)}`),
  promptTokens: 40,
  cachedPromptTokens: 32,
  completionTokens: 7,
  commitment: bytes32(`0x${'99'.repeat(32)}`),
  startedAt: unixSeconds(1_700_000_000),
  finishedAt: unixSeconds(1_700_000_001),
  status: workStatus.complete,
})

const uint = (name: string, bits: number) => ({ name, type: `uint${bits}` })
const word = (name: string) => ({ name, type: 'bytes32' })
const account = (name: string) => ({ name, type: 'address' })
const workType = {
  Work: [
    word('jobId'),
    account('gateway'),
    account('contributor'),
    ...['modelId', 'inputHash', 'outputHash', 'contentHash', 'streamRoot'].map(word),
    uint('promptTokens', 32),
    uint('cachedPromptTokens', 32),
    uint('completionTokens', 32),
    word('commitment'),
    uint('startedAt', 64),
    uint('finishedAt', 64),
    uint('status', 8),
  ],
}

describe('openWorkSigner', () => {
  test('signs what ethers recovers as EIP-712 typed data', () => {
    const signer = open()
    signer.beginJob(jobOf(1))
    const { work, signature } = signer.signWork(facts(1))
    const domain = { name: 'Vouch Receipts', version: '1', ...place }
    const recovered = verifyTypedData(domain, workType, work, signature)
    expect(recovered.toLowerCase()).toBe(addressOfPrivateKey(privateKey))
    expect(work).toEqual({
      ...facts(1),
      contributor: operator,
      modelId,
    })
  })

  test('its encoding is what the gateway decodes', () => {
    const signer = open()
    signer.beginJob(jobOf(1))
    const signedWork = signer.signWork(facts(1))
    const encoded = encodeSignedWork(signedWork)
    expect(encoded).toMatch(/^[A-Za-z0-9_-]+$/)
    expect(decodeWork(encoded)).toEqual(signedWork)
  })

  test('a job is begun once, while it runs and after it was signed', () => {
    const signer = open()
    expect(signer.beginJob(jobOf(1))).toBe(true)
    expect(signer.beginJob(jobOf(1))).toBe(false)
    signer.signWork(facts(1))
    expect(signer.beginJob(jobOf(1))).toBe(false)
    signer.abandonJob(jobOf(1))
    expect(signer.beginJob(jobOf(1))).toBe(false)
  })

  test('an abandoned job may be asked for again', () => {
    const signer = open()
    signer.beginJob(jobOf(1))
    signer.abandonJob(jobOf(1))
    expect(signer.beginJob(jobOf(1))).toBe(true)
  })

  test('a job that was not begun, or was signed, is never signed', () => {
    const signer = open()
    expect(() => signer.signWork(facts(1))).toThrow(InvariantViolation)
    signer.beginJob(jobOf(1))
    signer.signWork(facts(1))
    expect(() => signer.signWork(facts(1))).toThrow(InvariantViolation)
  })

  test('remembers the newest jobs up to its bound, the oldest goes first', () => {
    const signer = open()
    for (let number = 0; number <= jobsMax; number += 1) {
      signer.beginJob(jobOf(number))
      signer.signWork(facts(number))
    }
    expect(signer.beginJob(jobOf(1))).toBe(false)
    expect(signer.beginJob(jobOf(jobsMax))).toBe(false)
    expect(signer.beginJob(jobOf(0))).toBe(true)
  })
})
