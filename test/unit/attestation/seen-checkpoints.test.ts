import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCheckpoint, SeenCheckpoints } from '../../../src/attestation/seen-checkpoints.ts'
import type { Checkpoint } from '../../../src/domain/checkpoint.ts'
import { address, bytes32, signature, unixSeconds } from '../../../src/domain/units.ts'
import { anyAddress, anyBytes32 } from '../../support/arbitraries.ts'

const job = {
  jobId: bytes32(`0x${'1'.repeat(64)}`),
  gateway: address(`0x${'2'.repeat(40)}`),
  contributor: address(`0x${'3'.repeat(40)}`),
}
const link = bytes32(`0x${'4'.repeat(64)}`)
const nowS = 1_700_000_000
const honest: Checkpoint = {
  ...job,
  index: 0,
  streamHash: link,
  completionTokens: 64,
  signedAt: unixSeconds(nowS),
}
const signed = signature(`0x${'5'.repeat(130)}`)
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const encoded = (change: Partial<Checkpoint> = {}) =>
  encode({ checkpoint: { ...honest, ...change }, signature: signed })

function seen(...changes: readonly Partial<Checkpoint>[]) {
  const checkpoints = new SeenCheckpoints(job, () => nowS * 1000)
  const content = { byteLength: 100 } as never
  const taken = changes.map((change) => checkpoints.take(encoded(change), { link, content }))
  return { checkpoints, taken }
}

test('the newest is kept, with what had been written until then', () => {
  const { checkpoints, taken } = seen({}, { index: 1, completionTokens: 64 }, { index: 7 })
  expect(taken).toEqual([true, true, true])
  expect(checkpoints.newest).toEqual({
    checkpoint: { ...honest, index: 7 },
    signature: signed,
    completionBytes: 100,
  })
  expect(checkpoints.fault).toBeUndefined()
})

test('clocks that differ by two minutes agree; what is older or newer says nothing', () => {
  expect(seen({ signedAt: unixSeconds(nowS - 120) }).checkpoints.newest).toBeDefined()
  for (const signedAt of [nowS - 121, nowS + 121, Number.MAX_SAFE_INTEGER]) {
    const { checkpoints, taken } = seen({ signedAt: unixSeconds(signedAt) })
    expect({ taken, newest: checkpoints.newest }).toEqual({ taken: [true], newest: undefined })
  }
})

test('the same one again is a number that was before, and contradicts nothing', () => {
  const { checkpoints, taken } = seen({}, {})
  expect(taken).toEqual([true, false])
  expect(checkpoints.fault).toEqual({ fault: 'checkpoint_mismatch', member: 'index' })
  expect(checkpoints.contradiction).toEqual([])
})

test.each<Partial<Checkpoint>>([
  { streamHash: bytes32(`0x${'6'.repeat(64)}`) },
  { completionTokens: 65 },
  { signedAt: unixSeconds(nowS + 1) },
])('another under one number contradicts it: %o', (change) => {
  const { checkpoints } = seen({ index: 4 }, { index: 4, ...change })
  expect(checkpoints.contradiction.map(({ checkpoint }) => checkpoint)).toEqual([
    { ...honest, index: 4 },
    { ...honest, index: 4, ...change },
  ])
})

const anyCheckpoint = fc.record({
  jobId: anyBytes32,
  gateway: anyAddress,
  contributor: anyAddress,
  index: fc.nat({ max: 2 ** 32 - 1 }),
  streamHash: anyBytes32,
  completionTokens: fc.nat({ max: 2 ** 32 - 1 }),
  signedAt: fc.maxSafeNat().map(unixSeconds),
})

test('whatever differs from what was seen in one member is found, and named', () => {
  let found = 0
  fc.assert(
    fc.property(
      anyCheckpoint,
      fc.constantFrom('jobId', 'gateway', 'contributor', 'streamHash'),
      (other, member) => {
        fc.pre(other[member] !== honest[member])
        const { checkpoints } = seen({ [member]: other[member] })
        expect(checkpoints.fault).toEqual({ fault: 'checkpoint_mismatch', member })
        expect(checkpoints.newest).toBeUndefined()
        found += 1
      },
    ),
  )
  expect(found).toBeGreaterThan(0)
})

test('every checkpoint is read as it was written', () => {
  let read = 0
  fc.assert(
    fc.property(anyCheckpoint, (checkpoint) => {
      const both = { checkpoint, signature: signed }
      expect(decodeCheckpoint(encode(both))).toEqual(both)
      read += 1
    }),
  )
  expect(read).toBeGreaterThan(0)
})

test.each<[string, string]>([
  ['nothing', ''],
  ['no JSON', 'AAAA'],
  ['null', encode(null)],
  ['no signature', encode({ checkpoint: honest })],
  ['no checkpoint', encode({ signature: signed })],
  ['half a number', encoded({ index: 0.5 })],
  ['a number beyond 32 bits', encoded({ completionTokens: 2 ** 32 })],
  ['a negative number', encoded({ index: -1 })],
  ['a hash that is none', encoded({ streamHash: '0x12' as never })],
  ['a long story', encode({ checkpoint: honest, signature: signed, story: 'x'.repeat(2_000) })],
  ['a time that is text', encoded({ signedAt: '9' as never })],
])('%s is no checkpoint, and is passed over', (_, text) => {
  expect(decodeCheckpoint(text)).toBeUndefined()
  const checkpoints = new SeenCheckpoints(job, () => nowS * 1000)
  expect(checkpoints.take(text, { link, content: { byteLength: 0 } as never })).toBe(true)
})
