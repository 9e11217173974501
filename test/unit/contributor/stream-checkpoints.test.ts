import { expect, test } from 'vitest'
import { checkpointDigest } from '../../../src/chain/checkpoint-typed-data.ts'
import { randomPrivateKey } from '../../../src/chain/private-key.ts'
import { addressOfPrivateKey, recoverSigner } from '../../../src/chain/signatures.ts'
import { StreamCheckpoints } from '../../../src/contributor/stream-checkpoints.ts'
import type { SignedCheckpoint } from '../../../src/domain/checkpoint.ts'
import { address, type Bytes32, bytes32 } from '../../../src/domain/units.ts'
import { testDomain } from '../../support/gateway-on-ledger.ts'

const privateKey = randomPrivateKey()
const contributor = address(`0x${'c0'.repeat(20)}`)
const signer = { contributor, privateKey, domain: testDomain }
const job = { jobId: bytes32(`0x${'11'.repeat(32)}`), gateway: address(`0x${'6a'.repeat(20)}`) }
const link = (index: number) => (): Bytes32 => bytes32(`0x${index.toString(16).padStart(64, '0')}`)

function begunJob() {
  const { promise: durable, resolve, reject } = Promise.withResolvers<void>()
  durable.catch(() => {})
  let signatures = 0
  const begun = {
    durable,
    signed: () => {
      signatures += 1
    },
    over: () => {},
  }
  return { begun, resolve, reject, signatures: () => signatures }
}

function read(comment: Buffer | undefined): SignedCheckpoint {
  const encoded = /^: vouch-checkpoint (\S+)\n\n$/.exec(String(comment))?.[1] ?? ''
  return JSON.parse(Buffer.from(encoded, 'base64url').toString()) as SignedCheckpoint
}

test('one after 64 tokens, or after two seconds with some', async () => {
  const { begun, resolve, signatures } = begunJob()
  const checkpoints = new StreamCheckpoints({ signer, job, begun, nowMs: 10_000 })
  resolve()
  await begun.durable
  expect(checkpoints.next(63, 11_999, link(1))).toBeUndefined()
  const first = read(checkpoints.next(64, 11_999, link(2)))
  expect(first.checkpoint).toEqual({
    ...job,
    contributor,
    index: 0,
    streamHash: link(2)(),
    completionTokens: 64,
    signedAt: 11,
  })
  expect(recoverSigner(checkpointDigest(testDomain, first.checkpoint), first.signature)).toBe(
    addressOfPrivateKey(privateKey),
  )
  expect(checkpoints.next(65, 13_998, link(3))).toBeUndefined()
  const second = read(checkpoints.next(65, 13_999, link(4)))
  expect(second.checkpoint).toMatchObject({ index: 1, completionTokens: 65 })
  // Nothing came since: there is nothing to vouch for.
  expect(checkpoints.next(65, 99_000, link(5))).toBeUndefined()
  expect(signatures()).toBe(2)
})

test('none before the disk knows the job, and none where it never will', async () => {
  const waiting = begunJob()
  const checkpoints = new StreamCheckpoints({ signer, job, begun: waiting.begun, nowMs: 0 })
  expect(checkpoints.next(100, 5_000, link(1))).toBeUndefined()
  waiting.resolve()
  await waiting.begun.durable
  expect(read(checkpoints.next(101, 5_001, link(2))).checkpoint.index).toBe(0)

  const broken = begunJob()
  const unsigned = new StreamCheckpoints({ signer, job, begun: broken.begun, nowMs: 0 })
  broken.reject()
  await broken.begun.durable.catch(() => {})
  expect(unsigned.next(100, 5_000, link(1))).toBeUndefined()
  expect(broken.signatures()).toBe(0)
})
