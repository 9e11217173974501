import { join } from 'node:path'
import { verifyTypedData } from 'ethers'
import { describe, expect, test } from 'vitest'
import { decodeWork } from '../../../src/attestation/check-work.ts'
import { InvariantViolation } from '../../../src/base/assert.ts'
import { parsePrivateKey } from '../../../src/chain/private-key.ts'
import { receiptDomain } from '../../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey } from '../../../src/chain/signatures.ts'
import { openJobBook } from '../../../src/contributor/job-book.ts'
import type { Job } from '../../../src/contributor/job-headers.ts'
import {
  encodeSignedWork,
  type KnownJobs,
  openWorkSigner,
  type WorkFacts,
  type WorkSigner,
} from '../../../src/contributor/sign-work.ts'
import { workStatus } from '../../../src/domain/receipt.ts'
import { address, type Bytes32, bytes32, unixSeconds } from '../../../src/domain/units.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'
import { memoryJobs } from '../../support/memory-jobs.ts'

const privateKey = parsePrivateKey(`0x${'07'.repeat(32)}`)
if (privateKey === undefined) throw new Error('the test key is a key')
const modelId = bytes32(`0x${'11'.repeat(32)}`)
const operator = address(`0x${'22'.repeat(20)}`)
const place = { chainId: 31_337, verifyingContract: address(`0x${'33'.repeat(20)}`) }

const open = (jobs: KnownJobs = memoryJobs()): WorkSigner =>
  openWorkSigner({
    privateKey,
    contributor: operator,
    modelId,
    domain: receiptDomain(place),
    jobs,
  })

const jobOf = (number: number): Bytes32 => bytes32(`0x${number.toString(16).padStart(64, '0')}`)

const gateway = address(`0x${'44'.repeat(20)}`)
const job = (number: number) => ({ jobId: jobOf(number), gateway })

const begins = async (signer: WorkSigner, which: Job): Promise<boolean> =>
  (await signer.beginJob({ job: which })).ok

const facts = (number: number): WorkFacts => ({
  jobId: jobOf(number),
  gateway,
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
  test('signs what ethers recovers as EIP-712 typed data', async () => {
    const signer = open()
    await begins(signer, job(1))
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

  test('its encoding is what the gateway decodes', async () => {
    const signer = open()
    await begins(signer, job(1))
    const signedWork = signer.signWork(facts(1))
    const encoded = encodeSignedWork(signedWork)
    expect(encoded).toMatch(/^[A-Za-z0-9_-]+$/)
    expect(decodeWork(encoded)).toEqual(signedWork)
  })

  test('a job is begun once, while it runs and after it was signed', async () => {
    const signer = open()
    expect(await begins(signer, job(1))).toBe(true)
    expect(await begins(signer, job(1))).toBe(false)
    signer.signWork(facts(1))
    expect(await begins(signer, job(1))).toBe(false)
    signer.endJob(job(1))
    expect(await begins(signer, job(1))).toBe(false)
  })

  test('a job that was left unsigned may be asked for again', async () => {
    const signer = open()
    await begins(signer, job(1))
    signer.endJob(job(1))
    expect(await begins(signer, job(1))).toBe(true)
  })

  test('a job that was not begun, or was signed, is never signed', async () => {
    const signer = open()
    expect(() => signer.signWork(facts(1))).toThrow(InvariantViolation)
    await begins(signer, job(1))
    signer.signWork(facts(1))
    expect(() => signer.signWork(facts(1))).toThrow(InvariantViolation)
  })

  test('waits for the disk, and has nothing to wait for where no job was begun', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const signer = open({
      mayBegin: () => true,
      begin: () => ({ durable: promise, signed: () => {}, over: () => {} }),
    })
    expect(await begins(signer, job(1))).toBe(true)
    let isDurable = false
    const waited = signer.durable(job(1)).then(() => {
      isDurable = true
    })
    await signer.durable(job(2))
    expect(isDurable).toBe(false)
    resolve()
    await waited
    expect(isDurable).toBe(true)
  })

  test('a job that a process before this one signed is never begun', async () => {
    const folder = temporaryFolder()
    const path = join(folder.path, 'jobs')
    const before = await openJobBook(path)
    if (!before.ok) throw new Error(before.error)
    const signer = open(before.value)
    expect(await begins(signer, job(1))).toBe(true)
    await signer.durable(job(1))
    signer.signWork(facts(1))
    await before.value.close()
    const after = await openJobBook(path)
    if (!after.ok) throw new Error(after.error)
    expect(await begins(open(after.value), job(1))).toBe(false)
    expect(await begins(open(after.value), job(2))).toBe(true)
    await after.value.close()
    folder.remove()
  })
})
