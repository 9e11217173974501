/*
 * A contributor that signs its Work is paid for what it proves. Whatever it says that the gateway did not see makes the
 * answer unattested: withheld or cut, and free.
 */
import { hash } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { workDigest } from '../../src/chain/receipt-typed-data.ts'
import { recoverSigner, signDigest } from '../../src/chain/signatures.ts'
import type { SignedWork, Work } from '../../src/domain/receipt.ts'
import { address, bytes32, signature, unixSeconds } from '../../src/domain/units.ts'
import { ask } from '../support/ask.ts'
import { testDomain } from '../support/gateway-on-ledger.ts'
import { chunk, sse, sseDone } from '../support/scripted-upstream.ts'
import { type Lies, signingUpstream } from '../support/signing-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const contributor = signingUpstream()
const { upstream, gateway, newEntries, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [{ id: 'signer', baseUrl, identity: contributor.identity }],
}))
afterAll(close)

beforeEach(() => {
  // Whoever forges is not asked again; here it is always the same one.
  gateway.pool.readmit('signer')
})

const words = ['Signed', ' and', ' sealed']
const ways = [{ stream: false }, { stream: true }]

describe.each(ways)('an honest contributor, %o', (asked) => {
  test('is asked with the exact bytes of the client and a job of its own', async () => {
    upstream.become(contributor.answer(words))
    const answer = await ask(gateway, asked)
    expect(answer).toMatchObject({ status: 200, content: words.join(''), error: undefined })
    const [request] = upstream.requests
    expect(request?.headers['x-vouch-gateway']).toBe(gateway.operator)
    const { receipts } = await newEntries()
    expect(receipts[0]?.receipt.requestHash).toBe(`0x${hash('sha256', request?.body ?? '')}`)
    expect(receipts[0]?.receipt.work.jobId).toBe(request?.headers['x-vouch-job'])
  })

  test('has its signature in the receipt, over what the client got', async () => {
    upstream.become(contributor.answer(words))
    const answer = await ask(gateway, asked)
    const { receipts, chargedAmount } = await newEntries()
    const [document] = receipts
    if (document === undefined) throw new Error('no receipt')
    const { receipt, contributorSignature } = document
    expect(receipt.tiers).toBe(1 | 2)
    expect(chargedAmount).toBe(5n + 2n * 3n)
    expect(receipt.responseHash).toBe(`0x${hash('sha256', answer.text)}`)
    expect(receipt.work.outputHash).toBe(receipt.responseHash)
    expect(receipt.work.contentHash).toBe(`0x${hash('keccak-256', answer.content)}`)
    const signer = recoverSigner(
      workDigest(testDomain, receipt.work),
      signature(contributorSignature),
    )
    expect(contributor.identity.signingAddresses).toContain(signer)
  })
})

test('the Work itself never reaches the client', async () => {
  upstream.become(contributor.answer(words))
  const answer = await ask(gateway, { stream: true })
  expect(answer.text).not.toContain('vouch-work')
  expect(answer.done).toBe(true)
  await newEntries()
})

const another = bytes32(`0x${'ff'.repeat(32)}`)
const nobody = address(`0x${'ff'.repeat(20)}`)

/** Each lie and the fault that the log names. */
const lies: readonly (readonly [string, string, Lies])[] = [
  ...(
    [
      ['jobId', another],
      ['gateway', nobody],
      ['contributor', nobody],
      ['modelId', another],
      ['inputHash', another],
      ['outputHash', another],
      ['contentHash', another],
      ['streamRoot', another],
      ['cachedPromptTokens', 6],
      ['finishedAt', unixSeconds(0)],
      ['finishedAt', unixSeconds(4_000_000_000)],
      ['startedAt', unixSeconds(4_000_000_000)],
    ] satisfies [keyof Work, Work[keyof Work]][]
  ).map(([member, value]) => {
    const work: Lies['work'] = (truth) => ({ ...truth, [member]: value })
    const told = member === 'startedAt' ? 'finishedAt' : member
    return [`another ${member} (${value})`, `work_mismatch:${told}`, { work }] as const
  }),
  ['no Work', 'work_missing', { signed: () => undefined }],
  ['Work that is no base64', 'work_malformed', { signed: () => '!!!' }],
  ['Work that is no JSON', 'work_malformed', { signed: () => 'AAAA' }],
  ['Work that is null', 'work_malformed', { signed: () => null }],
  ['no signature', 'work_malformed', { signed: ({ work }) => ({ work }) }],
  [
    'an empty signature',
    'work_signer_unknown',
    { signed: ({ work }) => ({ work, signature: '0x' }) },
  ],
  [
    'a member too few',
    'work_malformed',
    {
      signed: ({ work: { status: _, ...rest }, signature: bytes }) => ({
        work: rest,
        signature: bytes,
      }),
    },
  ],
  [
    'tokens beyond 32 bits',
    'work_malformed',
    { signed: (signed) => ({ ...signed, work: { ...signed.work, completionTokens: 2 ** 32 } }) },
  ],
  [
    'an unknown status',
    'work_malformed',
    { signed: (signed) => ({ ...signed, work: { ...signed.work, status: 9 } }) },
  ],
  [
    'a whole answer that it calls a failure',
    'work_mismatch:status',
    { signed: (signed) => ({ ...signed, work: { ...signed.work, status: 2 } }) },
  ],
  [
    'more tokens after signing',
    'work_signer_unknown',
    { signed: (signed) => ({ ...signed, work: { ...signed.work, completionTokens: 4 } }) },
  ],
  [
    "a stranger's signature",
    'work_signer_unknown',
    {
      signed: ({ work }) => ({
        work,
        signature: signDigest(workDigest(testDomain, work), randomPrivateKey()),
      }),
    },
  ],
  [
    'a signature cut short',
    'work_signer_unknown',
    { signed: ({ work, signature: bytes }) => ({ work, signature: bytes.slice(0, -2) }) },
  ],
]

describe.each(lies)('a contributor that sends %s', (_name, reason, lie) => {
  test.each(ways)('is not paid, and the client is told, %o', async (asked) => {
    upstream.become(contributor.answer(words, lie))
    const answer = await ask(gateway, asked)
    expect(answer.error).toMatchObject({ code: 'attestation_failed', type: 'attestation_error' })
    expect(answer.status).toBe(asked.stream ? 200 : 502)
    expect(answer.done).toBe(false)
    if (!asked.stream) expect(answer.headers.get('x-should-retry')).toBe('false')
    const { chargedAmount, log, receipts } = await newEntries()
    expect(chargedAmount).toBe(0n)
    expect(log).toMatchObject([{ outcome: 'failed', reason }])
    // It says what happened and stands for no byte that the client got.
    expect(receipts[0]?.contributorSignature).toBe('0x')
    expect(receipts[0]?.receipt).toMatchObject({ cost: '0', responseHash: `0x${'00'.repeat(32)}` })
    expect(receipts[0]?.receipt.work.status).toBe(2)
  })
})

test("another job's Work does not pay for this one", async () => {
  let kept: SignedWork | undefined
  upstream.become(
    contributor.answer(words, {
      signed: (signed) => {
        kept ??= signed
        return kept
      },
    }),
  )
  expect(await ask(gateway)).toMatchObject({ status: 200 })
  expect(await ask(gateway)).toMatchObject({ status: 502, error: { code: 'attestation_failed' } })
  const { log } = await newEntries()
  expect(log).toMatchObject([{ outcome: 'complete' }, { reason: 'work_mismatch:jobId' }])
})

describe('the end of a signed stream', () => {
  test.each<[string, (work: string) => string, string]>([
    ['Work before [DONE]', (work) => work + sseDone, 'complete'],
    [
      'a block that was not signed',
      (work) => `${sseDone}: hi\n\n${work}`,
      'work_mismatch:outputHash',
    ],
    [
      'content after [DONE]',
      (work) => sseDone + sse(chunk({ content: 'more' })) + work,
      'upstream_bad_response',
    ],
    ['Work but no [DONE]', (work) => work, 'work_mismatch:outputHash'],
    ['[DONE] twice', (work) => sseDone + sseDone + work, 'work_mismatch:outputHash'],
    ['nothing', () => '', 'work_missing'],
  ])('%s', async (_name, ending, outcome) => {
    upstream.become(contributor.answer(words, { ending }))
    const answer = await ask(gateway, { stream: true })
    const complete = outcome === 'complete'
    expect(answer.done).toBe(complete)
    const { log, chargedAmount } = await newEntries()
    expect(chargedAmount > 0n).toBe(complete)
    expect(log).toMatchObject([complete ? { outcome } : { outcome: 'failed', reason: outcome }])
  })
})

test('a contributor is paid no more than its words can hold, whatever it signs', async () => {
  upstream.become(
    contributor.answer(words, { work: (work) => ({ ...work, completionTokens: 900 }) }),
  )
  await ask(gateway)
  const { receipts, chargedAmount } = await newEntries()
  expect(receipts[0]?.usage.source).toBe('corrected')
  // 18 bytes are at most 18 tokens; a quarter of the bytes is taken.
  expect(chargedAmount).toBe(5n + 2n * 5n)
})
