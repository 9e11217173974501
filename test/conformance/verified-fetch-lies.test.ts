/*
 * A gateway that means harm, against verifiedFetch: whatever it says, its reader never sees the end of an answer that is not
 * verified. Each case is one lie; the honest answer beside them shows that it is the lie that is caught.
 */
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { contentHash } from '../../src/attestation/content-hash.ts'
import { VerificationError } from '../../src/client/verification-error.ts'
import type { VerificationPolicy } from '../../src/client/verification-policy.ts'
import { createVerifiedFetch, type VerifiedFetchOptions } from '../../src/client/verified-fetch.ts'
import type { AnswerReport } from '../../src/client/verify-answer.ts'
import { atomic, bytes32, signature, unixSeconds } from '../../src/domain/units.ts'
import {
  answersWith,
  asked,
  givesReceipt,
  movedClock,
  policy,
  readAll,
  sha256Of,
  startHostileGateway,
} from '../support/hostile-gateway.ts'
import {
  contributorKey,
  documentOf,
  events,
  finishedAt,
  gatewayKey,
  type ReceiptChanges,
  receipt,
  response,
  signReceipt,
  testKey,
} from '../support/signed-receipt.ts'

const gateway = await startHostileGateway()
afterAll(() => gateway.close())

beforeEach(() => {
  gateway.answer = answersWith(events)
  gateway.giveReceipt = givesReceipt(signReceipt())
})

async function ask(
  changes: Partial<VerificationPolicy> = {},
  options: Partial<VerifiedFetchOptions> = {},
): Promise<Awaited<ReturnType<typeof readAll>> & { readonly report: AnswerReport | undefined }> {
  let report: AnswerReport | undefined
  const fetchVerified = createVerifiedFetch({
    policy: { ...policy, ...changes },
    clock: movedClock(),
    onReceipt: (one) => {
      report = one
    },
    ...options,
  })
  const answered = await fetchVerified(`${gateway.api}/chat/completions`, asked)
  return { ...(await readAll(answered.body)), report }
}

/** Names of the lines that speak against an answer whose end was withheld. */
async function refused(
  changes: Partial<VerificationPolicy> = {},
  options: Partial<VerifiedFetchOptions> = {},
): Promise<readonly string[]> {
  const { text, error } = await ask(changes, options)
  expect(text).not.toContain('[DONE]')
  expect(error).toBeInstanceOf(VerificationError)
  if (!(error instanceof VerificationError)) return []
  expect(error.report.verified).toBe(false)
  expect(error.message).toContain(error.report.against[0]?.check)
  return error.report.against.map(({ check }) => check)
}

const signed = (changes: ReceiptChanges) => {
  gateway.giveReceipt = givesReceipt(signReceipt(changes))
}

test('an honest answer is handed on, byte for byte, and told', async () => {
  const { text, error, report } = await ask()
  expect(error).toBeUndefined()
  expect(text).toBe(response.toString())
  expect(report?.against).toEqual([])
  expect(report?.verified).toBe(true)
  expect(report?.lines.every(({ verdict }) => verdict === 'holds')).toBe(true)
  expect(report?.receipt?.receipt.receiptId).toBe(receipt.receiptId)
})

describe('receipts that do not come', () => {
  test('no name of one', async () => {
    gateway.answer = (outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' })
      outgoing.end(response)
    }
    expect(await refused()).toEqual(['receipt'])
  })

  test('404 forever: after the time that it may take', async () => {
    gateway.giveReceipt = (outgoing) => outgoing.writeHead(404).end('{}')
    const clock = movedClock()
    const before = gateway.receiptsAsked.length
    expect(await refused({}, { clock, receiptTimeoutMs: 5_000 })).toEqual(['receipt'])
    expect(clock.waitedMs()).toBeLessThanOrEqual(5_000)
    expect(gateway.receiptsAsked.length - before).toBeGreaterThan(3)
  })

  test('one that takes longer than it may', async () => {
    gateway.giveReceipt = () => {}
    const stopped = new AbortController()
    const clock = { ...movedClock(), signalAfter: () => stopped.signal }
    const late = refused({}, { clock, receiptTimeoutMs: 0 })
    stopped.abort(new DOMException('too late', 'TimeoutError'))
    expect(await late).toEqual(['receipt'])
  })

  test('one that is there only after a while is waited for', async () => {
    let times = 0
    gateway.giveReceipt = (outgoing, incoming) => {
      times += 1
      if (times === 1) outgoing.writeHead(409).end('{"error":{"code":"receipt_in_flight"}}')
      else if (times === 2) outgoing.writeHead(404).end('{}')
      else givesReceipt(signReceipt())(outgoing, incoming)
    }
    expect((await ask()).error).toBeUndefined()
    expect(times).toBe(3)
  })

  test.each([401, 403, 410])('%i is no reason to ask again', async (status) => {
    const before = gateway.receiptsAsked.length
    gateway.giveReceipt = (outgoing) =>
      outgoing.writeHead(status).end('{"error":{"code":"receipt_gone"}}')
    expect(await refused()).toEqual(['receipt'])
    expect(gateway.receiptsAsked.length).toBe(before + 1)
  })

  test.each([
    ['another redirects to another place', 307],
    ['another moved', 301],
  ])('%s: the key is not carried there', async (_, status) => {
    let elsewhere = 0
    gateway.giveReceipt = (outgoing, incoming) => {
      if (incoming.url?.endsWith('?moved')) elsewhere += 1
      outgoing.writeHead(status, { location: `${gateway.api}/receipts/0x00?moved` }).end()
    }
    expect(await refused()).toEqual(['receipt'])
    expect(elsewhere).toBe(0)
  })

  test('no JSON, no receipt, one that is too long', async () => {
    for (const body of ['', '{', '[]', '{"object":"vouch.receipt"}']) {
      gateway.giveReceipt = (outgoing) => outgoing.end(body)
      expect(await refused()).toEqual(['shape'])
    }
    gateway.giveReceipt = (outgoing) => outgoing.end('x'.repeat(70_000))
    expect(await refused()).toEqual(['receipt'])
  })
})

describe('receipts that come with their answer', () => {
  const eventOf = (parsed: Parameters<typeof documentOf>[0]) =>
    `event: vouch.receipt\ndata: ${JSON.stringify(documentOf(parsed))}\n\n`

  test('need not be asked for, and are no part of what is handed on', async () => {
    let asked: string | undefined
    const before = gateway.receiptsAsked.length
    gateway.answer = (outgoing, body, incoming) => {
      asked = String(incoming.headers['x-receipt-inline'])
      answersWith([...events, eventOf(signReceipt())])(outgoing, body, incoming)
    }
    const { text, error } = await ask()
    expect(error).toBeUndefined()
    expect(text).toBe(response.toString())
    expect(asked).toBe('1')
    expect(gateway.receiptsAsked.length).toBe(before)
  })

  test('stay in an answer whose reader asked for them', async () => {
    gateway.answer = answersWith([...events, eventOf(signReceipt())])
    const fetchVerified = createVerifiedFetch({ policy, clock: movedClock() })
    const headers = { ...asked.headers, 'X-Receipt-Inline': '1' }
    const answered = await fetchVerified(`${gateway.api}/chat/completions`, { ...asked, headers })
    const { text } = await readAll(answered.body)
    expect(text).toBe(response.toString() + eventOf(signReceipt()))
  })

  test('are held to the same', async () => {
    const keys = { gateway: testKey('c3'), contributor: contributorKey }
    gateway.answer = answersWith([...events, eventOf(signReceipt({ keys }))])
    expect(await refused()).toEqual(['gateway-key'])
    gateway.answer = answersWith([...events, 'event: vouch.receipt\ndata: {}\n\n'])
    expect(await refused()).toEqual(['shape'])
    // One in the middle ends the answer there.
    gateway.answer = answersWith([
      ...events.slice(0, 2),
      eventOf(signReceipt()),
      ...events.slice(2),
    ])
    expect(await refused()).toEqual(expect.arrayContaining(['response', 'ending']))
  })

  test('an answer in one piece has it in a header', async () => {
    const header = (text: string) => ({
      'content-type': 'application/json',
      'x-vouch-receipt-document': Buffer.from(text).toString('base64url'),
    })
    gateway.answer = answersWith(['{}'], header('{}'))
    expect(await refused()).toEqual(['shape'])
    gateway.answer = answersWith(['{}'], { ...header(''), 'x-vouch-receipt-document': '*' })
    expect(await refused()).toEqual(['shape'])
  })
})

describe('receipts of something else', () => {
  test('of another answer than the header named', async () => {
    signed({ receipt: { receiptId: bytes32(`0x${'99'.repeat(32)}`) } })
    expect(await refused()).toEqual(['receipt'])
  })

  test('the receipt of stream A with the body of stream B', async () => {
    const other = events.map((event) => Buffer.from(event.toString().replace('2 pl', '3 pl')))
    gateway.answer = answersWith(other)
    expect(await refused()).toEqual(['response'])
  })

  test('the right body with the text of another answer, both signed', async () => {
    signed({ work: { contentHash: contentHash([{ text: 'something else', toolCalls: [] }]) } })
    expect(await refused()).toEqual(['answer-in-response'])
  })

  test('of another request', async () => {
    const other = sha256Of('another request')
    signed({ receipt: { requestHash: other } })
    expect(await refused()).toEqual(['request'])
  })

  test('of another gateway, all of it right and signed by its own keys', async () => {
    const keys = { gateway: testKey('c3'), contributor: testKey('d4') }
    signed({ keys })
    expect(await refused()).toEqual(['gateway-key', 'contributor-key'])
  })

  test.each([
    ['chain', { chainId: 1 }],
    ['contract', { verifyingContract: signReceipt().receipt.client }],
  ])('replayed from another %s', async (_, place) => {
    signed({ place })
    // The very digest is another, so that the signatures are some other keys'.
    expect(await refused()).toEqual(['policy-verifier'])
    gateway.giveReceipt = givesReceipt({ ...signReceipt(), domain: signReceipt({ place }).domain })
    expect(await refused()).toEqual(['gateway-key', 'contributor-key', 'policy-verifier'])
  })

  test('an old one for the same bytes, and a receipt from the future', async () => {
    signed({
      work: {
        startedAt: unixSeconds(finishedAt - 3_000),
        finishedAt: unixSeconds(finishedAt - 2_000),
      },
    })
    expect(await refused()).toEqual(['policy-age'])
    signed({ work: { finishedAt: unixSeconds(finishedAt + 2_000) } })
    expect(await refused()).toEqual(['times'])
  })
})

describe('signatures', () => {
  const high = (text: string) => {
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    const s = (order - BigInt(`0x${text.slice(66, 130)}`)).toString(16).padStart(64, '0')
    return signature(text.slice(0, 66) + s + (text.endsWith('1b') ? '1c' : '1b'))
  }
  const zeroOrOne = (text: string) =>
    signature(text.slice(0, 130) + (text.endsWith('1b') ? '00' : '01'))

  test.each([
    ['a high s', high],
    ['v 0 or 1', zeroOrOne],
    ['none', () => signature('0x')],
    ['64 bytes', (text: string) => signature(text.slice(0, 130))],
  ])('%s', async (_, change) => {
    const honest = signReceipt()
    gateway.giveReceipt = givesReceipt({
      ...honest,
      gatewaySignature: change(honest.gatewaySignature),
    })
    expect(await refused()).toEqual(['gateway-signature', 'gateway-key'])
    gateway.giveReceipt = givesReceipt({
      ...honest,
      contributorSignature: change(honest.contributorSignature),
    })
    expect(await refused()).toEqual(['contributor-signature', 'contributor-key'])
  })

  test('a nonce that was swapped: any field changed after it was signed', async () => {
    const honest = signReceipt()
    gateway.giveReceipt = givesReceipt({
      ...honest,
      receipt: {
        ...honest.receipt,
        work: { ...honest.receipt.work, jobId: bytes32(`0x${'0c'.repeat(32)}`) },
      },
    })
    // The stream's chain begins with the job, so that it ends elsewhere too.
    expect(await refused()).toEqual(['gateway-key', 'contributor-key', 'stream'])
  })

  test('gateway and contributor with each other’s keys', async () => {
    signed({ keys: { gateway: contributorKey, contributor: gatewayKey } })
    expect(await refused()).toEqual(['gateway-key', 'contributor-key'])
  })

  test('a tier less than asked for, by a contributor that does not sign', async () => {
    signed({ receipt: { tiers: 1 } })
    expect(await refused()).toEqual(['policy-tiers'])
    expect((await ask({ tiers: 1 })).error).toBeUndefined()
  })

  test('a tier that nobody here can check is not taken for one', async () => {
    signed({ receipt: { tiers: 3 | 16 } })
    expect(await refused({ tiers: 3 | 16 })).toContain('policy-tiers')
    expect((await ask()).error).toBeUndefined()
  })
})

describe('bytes that read alike', () => {
  const bodyOf = (change: (text: string) => string) => {
    gateway.answer = answersWith([change(response.toString())])
  }
  test.each([
    ['line ends', (text: string) => text.replaceAll('\n', '\r\n')],
    ['carriage returns alone', (text: string) => text.replaceAll('\n', '\r')],
    ['spaces in JSON', (text: string) => text.replace('{"id"', '{ "id"')],
    ['key order', (text: string) => text.replace(/"index":0,("delta":\{[^}]*\})/, '$1,"index":0')],
    ['1.0 for 1', (text: string) => text.replace('"index":0', '"index":0.0')],
    ['an escape for a letter', (text: string) => text.replace('2 pl', '2 \\u0070l')],
    ['U+2028 for a space', (text: string) => text.replace('2 pl', '2\u2028pl')],
    ['a key twice', (text: string) => text.replace('"index":0', '"index":0,"index":0')],
    ['a byte order mark', (text: string) => `\ufeff${text}`],
    ['a comment before the end', (text: string) => text.replace('data: [D', ': hello\n\ndata: [D')],
    ['an end in other words', (text: string) => text.replace('data: [DONE]', 'data:  [DONE]')],
    ['more behind the end', (text: string) => `${text}data: {"choices":[]}\n\n`],
    ['the end twice', (text: string) => `${text}data: [DONE]\n\n`],
  ])('%s', async (_, change) => {
    bodyOf(change)
    expect(await refused()).toContain('response')
  })

  test('a field of the receipt twice', async () => {
    const text = JSON.stringify(documentOf(signReceipt()))
    gateway.giveReceipt = (outgoing) =>
      outgoing.end(text.replace('"cost":"240"', '"cost":"1","cost":"240"'))
    expect(await refused()).toEqual(['shape'])
  })

  test('an end within the data of several lines, and in JSON with escapes', async () => {
    // What a reader of the Responses API takes for the end, spelled so that a plain search does not see it.
    const sly = 'data: {"type":\rdata: "response.c\\u006fmpleted"}\r\r'
    gateway.answer = answersWith([events[0] ?? '', sly])
    const { text, error } = await ask()
    expect(text).toBe(events[0]?.toString())
    expect(error).toBeInstanceOf(VerificationError)
  })
})

describe('streams that do not end as they should', () => {
  test('[DONE] withheld, with a receipt for all that came', async () => {
    const cut = Buffer.concat(events.slice(0, 3))
    gateway.answer = answersWith([cut])
    signed({
      receipt: { responseHash: sha256Of(cut) },
      work: { outputHash: sha256Of(cut) },
    })
    expect(await refused()).toContain('ending')
  })

  test('a stream that says that it broke off, with a receipt for a whole answer', async () => {
    const told = 'data: {"error":{"message":"upstream","type":"server_error"}}\n\n'
    gateway.answer = answersWith([...events.slice(0, 2), told])
    const sent = Buffer.concat(events.slice(0, 2))
    signed({ receipt: { responseHash: sha256Of(sent) }, work: { outputHash: sha256Of(sent) } })
    const { text, error } = await ask()
    expect(text).toContain('upstream')
    expect(error).toBeInstanceOf(VerificationError)
  })

  test('one that honestly broke off is told as it is, and free', async () => {
    const told = 'data: {"error":{"message":"upstream","type":"server_error"}}\n\n'
    gateway.answer = answersWith([...events.slice(0, 2), told])
    const sent = Buffer.concat(events.slice(0, 2))
    const hash = sha256Of(sent)
    signed({
      receipt: { responseHash: hash, cost: atomic(0n), tiers: 1 },
      work: {
        outputHash: bytes32(`0x${'00'.repeat(32)}`),
        streamRoot: bytes32(`0x${'00'.repeat(32)}`),
        contentHash: contentHash([{ text: '2 pl', toolCalls: [] }]),
        status: 2,
      },
    })
    const { text, error, report } = await ask({ tiers: 1 })
    expect(report?.against).toEqual([])
    expect(error).toBeUndefined()
    expect(text).toContain('upstream')
  })

  test('a whole answer with a receipt that calls it broken', async () => {
    signed({ work: { status: 1 } })
    expect(await refused()).toContain('ending')
  })

  test('not one byte of an answer in one piece comes before its verdict', async () => {
    gateway.answer = answersWith(['{"choices":[', ']}'], { 'content-type': 'application/json' })
    const { text, error } = await ask()
    expect(text).toBe('')
    expect(error).toBeInstanceOf(VerificationError)
  })
})

describe('money', () => {
  test.each([
    ['more than its own sheet gives', { receipt: { cost: atomic(241n) } }, ['cost']],
    [
      'by a dearer sheet',
      { sheet: { completionAtomicPerMtok: atomic(400_001n) } },
      ['policy-price'],
    ],
    ['in another asset', { sheet: { asset: signReceipt().receipt.client } }, ['policy-price']],
  ] as const)('%s', async (_, changes, lines) => {
    signed(changes)
    expect(await refused()).toEqual(lines)
  })

  test('cheaper is fine', async () => {
    signed({ sheet: { completionAtomicPerMtok: atomic(399_999n) } })
    expect((await ask()).error).toBeUndefined()
  })

  test('from a channel that is not mine', async () => {
    expect(await refused({ channelId: `0x${'c5'.repeat(32)}` })).toEqual(['policy-channel'])
    expect((await ask({ channelId: receipt.channelId })).error).toBeUndefined()
  })

  test('without a promise to anchor it', async () => {
    expect(await refused({ anchoredWithinS: 120 })).toEqual(['policy-anchoring'])
    signed({ receipt: { anchorBy: unixSeconds(finishedAt + 100) } })
    expect((await ask({ anchoredWithinS: 120 })).error).toBeUndefined()
    signed({ receipt: { anchorBy: unixSeconds(finishedAt + 1_000) } })
    expect(await refused({ anchoredWithinS: 120 })).toEqual(['policy-anchoring'])
  })

  test('where the gateway tells no prices nothing was agreed to', async () => {
    expect(await refused({ prices: 'as-told' })).toEqual(['policy-price'])
  })
})

describe('an error that is not covered brings nothing else', () => {
  const evil = '"choices":[{"index":0,"delta":{"content":"EVIL"}}]'
  test.each([
    ['in its own data', `event: error\ndata: {${evil}}\n\n`],
    ['beside its error', `data: {"error":{"message":"upstream"},${evil}}\n\n`],
    [
      'in an event before it, for whoever knows more line ends',
      `data: {${evil}}\r\revent: error\rdata: \n\n`,
    ],
  ])('%s', async (_, told) => {
    const sent = Buffer.concat(events.slice(0, 2))
    gateway.answer = answersWith([sent, told])
    const none = bytes32(`0x${'00'.repeat(32)}`)
    signed({
      receipt: { responseHash: sha256Of(sent), cost: atomic(0n), tiers: 1 },
      work: {
        ...{ outputHash: none, streamRoot: none, status: 2 },
        contentHash: contentHash([{ text: '2 pl', toolCalls: [] }]),
      },
    })
    expect(await refused({ tiers: 1 })).toContain('response')
  })
})

test('what its reader has already is part of the answer, whatever it says it is', async () => {
  // One event for whoever cuts at line feeds, two for whoever knows that a carriage return ends a line, too.
  const covered = Buffer.concat([
    ...events.slice(0, -1),
    Buffer.from('data:{"type":\r\rdata:"message_stop"}\n\n'),
  ])
  const parsed = signReceipt({ receipt: { responseHash: sha256Of(covered) } })
  const both = { ...documentOf(parsed), choices: [{ index: 0, delta: { content: 'EVIL' } }] }
  const hidden = `data: ${JSON.stringify(both)}\r\revent: vouch.receipt\rdata: \n\n`
  gateway.answer = answersWith([covered, hidden])
  gateway.giveReceipt = givesReceipt(parsed)
  expect(await refused()).toContain('response')
})
