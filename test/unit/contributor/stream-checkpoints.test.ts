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

test('behind the first token and the eighth, then after 64, or after two seconds with some', async () => {
  const { begun, resolve, signatures } = begunJob()
  const checkpoints = new StreamCheckpoints({ signer, job, begun, nowMs: 10_000 })
  resolve()
  await begun.durable
  expect(checkpoints.next(0, 10_000, link(1))).toBeUndefined()
  const first = read(checkpoints.next(1, 11_999, link(2)))
  expect(first.checkpoint).toEqual({
    ...job,
    contributor,
    index: 0,
    streamHash: link(2)(),
    completionTokens: 1,
    signedAt: 11,
  })
  expect(recoverSigner(checkpointDigest(testDomain, first.checkpoint), first.signature)).toBe(
    addressOfPrivateKey(privateKey),
  )
  expect(checkpoints.next(7, 12_000, link(3))).toBeUndefined()
  const second = read(checkpoints.next(8, 12_000, link(4)))
  expect(second.checkpoint).toMatchObject({ index: 1, completionTokens: 8 })
  expect(checkpoints.next(71, 13_999, link(5))).toBeUndefined()
  const third = read(checkpoints.next(72, 13_999, link(6)))
  expect(third.checkpoint).toMatchObject({ index: 2, completionTokens: 72 })
  expect(checkpoints.next(73, 15_998, link(7))).toBeUndefined()
  const late = read(checkpoints.next(73, 15_999, link(8)))
  expect(late.checkpoint).toMatchObject({ index: 3, completionTokens: 73 })
  // Nothing came since: there is nothing to vouch for.
  expect(checkpoints.next(73, 99_000, link(9))).toBeUndefined()
  expect(signatures()).toBe(4)
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
