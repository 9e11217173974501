import { describe, expect, test } from 'vitest'
import { checkWork, decodeWork, type ExpectedWork } from '../../../src/attestation/check-work.ts'
import { randomPrivateKey } from '../../../src/chain/private-key.ts'
import { receiptDomain, workDigest } from '../../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey, signDigest } from '../../../src/chain/signatures.ts'
import { encodeSignedWork } from '../../../src/contributor/sign-work.ts'
import type { Work } from '../../../src/domain/receipt.ts'
import { address, bytes32, unixSeconds, zeroBytes32 } from '../../../src/domain/units.ts'

const domain = receiptDomain({ chainId: 31337, verifyingContract: address(`0x${'5e'.repeat(20)}`) })
const key = randomPrivateKey()
const filled = (byte: string) => bytes32(`0x${byte.repeat(32)}`)
const nowS = 1_800_000_000

const work: Work = {
  jobId: filled('01'),
  gateway: address(`0x${'02'.repeat(20)}`),
  contributor: address(`0x${'03'.repeat(20)}`),
  modelId: filled('04'),
  inputHash: filled('05'),
  outputHash: filled('06'),
  contentHash: filled('07'),
  streamRoot: filled('08'),
  promptTokens: 10,
  cachedPromptTokens: 4,
  completionTokens: 20,
  commitment: zeroBytes32,
  startedAt: unixSeconds(nowS - 5),
  finishedAt: unixSeconds(nowS),
  status: 0,
}
const expected: ExpectedWork = {
  jobId: work.jobId,
  gateway: work.gateway,
  contributor: work.contributor,
  modelId: work.modelId,
  inputHash: work.inputHash,
  outputHash: work.outputHash,
  contentHash: work.contentHash,
  streamRoot: work.streamRoot,
  signingAddresses: [addressOfPrivateKey(key)],
  nowS,
}
const encode = (of: Work, by = key) =>
  encodeSignedWork({ work: of, signature: signDigest(workDigest(domain, of), by) })
const faultOf = (encoded: string | undefined, against: Partial<ExpectedWork> = {}) => {
  const checked = checkWork(domain, encoded, { ...expected, ...against })
  return checked.ok ? undefined : checked.error
}

describe('checkWork', () => {
  test('takes what a contributor signed and the gateway saw', () => {
    const checked = checkWork(domain, encode(work), expected)
    expect(checked.ok && checked.value.work).toEqual(work)
  })

  test('takes any of the keys that the contributor may sign with now', () => {
    const second = randomPrivateKey()
    const signingAddresses = [...expected.signingAddresses, addressOfPrivateKey(second)]
    expect(faultOf(encode(work, second), { signingAddresses })).toBeUndefined()
    expect(faultOf(encode(work, second))).toEqual({ fault: 'work_signer_unknown' })
    expect(faultOf(encode(work), { signingAddresses: [] })).toEqual({
      fault: 'work_signer_unknown',
    })
  })

  test.each(['jobId', 'inputHash', 'outputHash', 'contentHash', 'streamRoot', 'modelId'] as const)(
    'names %s when it is another',
    (member) => {
      expect(faultOf(encode({ ...work, [member]: filled('ff') }))).toEqual({
        fault: 'work_mismatch',
        member,
      })
    },
  )

  test.each(['gateway', 'contributor'] as const)('names %s when it is another', (member) => {
    const other = { ...work, [member]: address(`0x${'ff'.repeat(20)}`) }
    expect(faultOf(encode(other))).toEqual({ fault: 'work_mismatch', member })
  })

  test('clocks may differ by two minutes, and time does not run backwards', () => {
    const finished = (at: number) =>
      faultOf(encode({ ...work, startedAt: unixSeconds(nowS - 500), finishedAt: unixSeconds(at) }))
    expect(finished(nowS - 120)).toBeUndefined()
    expect(finished(nowS + 120)).toBeUndefined()
    expect(finished(nowS - 121)).toMatchObject({ member: 'finishedAt' })
    expect(finished(nowS + 121)).toMatchObject({ member: 'finishedAt' })
    expect(faultOf(encode({ ...work, startedAt: unixSeconds(nowS + 1) }))).toMatchObject({
      member: 'finishedAt',
    })
  })

  test('cached tokens are part of the prompt', () => {
    expect(faultOf(encode({ ...work, cachedPromptTokens: 10 }))).toBeUndefined()
    expect(faultOf(encode({ ...work, cachedPromptTokens: 11 }))).toMatchObject({
      member: 'cachedPromptTokens',
    })
  })

  test('a signature for another chain or verifier is a stranger', () => {
    const elsewhere = receiptDomain({
      chainId: 1,
      verifyingContract: address(`0x${'5e'.repeat(20)}`),
    })
    const signature = signDigest(workDigest(elsewhere, work), key)
    expect(faultOf(encodeSignedWork({ work, signature }))).toEqual({ fault: 'work_signer_unknown' })
  })

  test('without Work there is nothing to check', () => {
    expect(faultOf(undefined)).toEqual({ fault: 'work_missing' })
  })
})

describe('decodeWork', () => {
  const signed = { work, signature: '0x12' }
  const encodeJson = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

  test('takes checksummed spellings, and members beyond those of the type', () => {
    const spelled = { ...work, gateway: work.gateway.toUpperCase().replace('0X', '0x'), more: 1 }
    expect(decodeWork(encodeJson({ ...signed, work: spelled, more: 2 }))).toEqual(signed)
  })

  test.each<[string, unknown]>([
    ['nothing', null],
    ['text', 'work'],
    ['an array', []],
    ['no work', { signature: '0x' }],
    ['no signature', { work }],
    ['a signature that is no hex', { work, signature: '0xz' }],
    ['half a byte of signature', { work, signature: '0x1' }],
    ...Object.keys(work).map((member): [string, unknown] => [
      `no ${member}`,
      { ...signed, work: { ...work, [member]: undefined } },
    ]),
    ...Object.keys(work).map((member): [string, unknown] => [
      `a ${member} that is an object`,
      { ...signed, work: { ...work, [member]: {} } },
    ]),
    ['a negative count', { ...signed, work: { ...work, promptTokens: -1 } }],
    ['half a token', { ...signed, work: { ...work, completionTokens: 0.5 } }],
    ['more tokens than 32 bits', { ...signed, work: { ...work, completionTokens: 2 ** 32 } }],
    ['a time as text', { ...signed, work: { ...work, startedAt: '5' } }],
    ['a status of its own', { ...signed, work: { ...work, status: 4 } }],
    ['a hash too short', { ...signed, work: { ...work, jobId: '0x12' } }],
  ])('%s is no signed Work', (_name, value) => {
    expect(decodeWork(encodeJson(value))).toBeUndefined()
  })

  test('bytes that are no JSON are none either', () => {
    for (const encoded of ['', '!', 'AAAA', '////', 'e30', `${encodeJson(signed)}AAAA`]) {
      expect(decodeWork(encoded)).toBeUndefined()
    }
  })
})
