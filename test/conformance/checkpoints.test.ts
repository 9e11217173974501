/*
 * A stream that ends without a Work is vouched for as far as its contributor's newest checkpoint: that stands in the receipt,
 * bounds what is charged, and is what the contributor earns. A false one is as a false Work.
 */
import { hash } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { checkpointDigest } from '../../src/chain/checkpoint-typed-data.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { recoverSigner } from '../../src/chain/signatures.ts'
import { anyReceipt } from '../../src/client/check-policy.ts'
import { parseReceiptDocument } from '../../src/client/parse-receipt-document.ts'
import { noTrustAnchors } from '../../src/client/trust-anchors.ts'
import { verifyReceipt } from '../../src/client/verify-receipt.ts'
import type { Checkpoint } from '../../src/domain/checkpoint.ts'
import type { ReceiptDocument } from '../../src/domain/receipt-document.ts'
import { type Address, address, bytes32, unixSeconds, zeroBytes32 } from '../../src/domain/units.ts'
import { ask, askedMessages } from '../support/ask.ts'
import { checkpointingUpstream, type Part } from '../support/checkpointing-upstream.ts'
import { testDomain } from '../support/gateway-on-ledger.ts'
import { signingUpstream } from '../support/signing-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const contributor = checkpointingUpstream()
const { upstream, gateway, newEntries, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [{ id: 'signer', baseUrl, identity: contributor.identity }],
}))
afterAll(close)
beforeEach(() => {
  // Whoever forges is not asked again; here it is always the same one.
  gateway.pool.readmit('signer')
})

/** Twelve bytes, which are three tokens where no tokenizer counts them. */
const words = ['one two ', 'four']

/** Leaves when it has read all `words`; answers what it read. */
async function leave(): Promise<string> {
  const abort = new AbortController()
  const response = await fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: askedMessages, stream: true }),
    signal: abort.signal,
  })
  let text = ''
  const decoder = new TextDecoder()
  for await (const piece of response.body ?? []) {
    text += decoder.decode(piece, { stream: true })
    if (text.includes(words.at(-1) ?? '')) break
  }
  abort.abort()
  return text
}

async function settled() {
  const { receipts, chargedAmount } = await newEntries()
  const [document = expect.fail('there is a receipt')] = receipts
  return { document, chargedAmount }
}

/** The verdict of each check of a client that knows both keys. */
function linesOf(document: ReceiptDocument, response: Buffer): Readonly<Record<string, string>> {
  const parsed = parseReceiptDocument(Buffer.from(JSON.stringify(document)))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  const keyOf = (key: Address) => ({ operator: undefined, key })
  const lines = verifyReceipt({
    receipt: parsed.value,
    evidence: { content: [], request: undefined, response },
    anchors: {
      ...noTrustAnchors,
      gatewayKeys: [keyOf(gateway.operator)],
      contributorKeys: contributor.identity.signingAddresses.map(keyOf),
    },
    policy: anyReceipt,
    nowMs: Date.now(),
  })
  return Object.fromEntries(lines.map(({ check, verdict }) => [check, verdict]))
}

describe('a contributor that breaks off', () => {
  test('is not paid, and its newest checkpoint says how far it had come', async () => {
    upstream.become(
      contributor.stream(['one ', { tokens: 1 }, 'two ', { tokens: 2 }, 'three'], 'cut'),
    )
    const answer = await ask(gateway, { stream: true })
    expect(answer.error).toMatchObject({ code: 'upstream_stream_interrupted' })
    expect(answer.text).not.toContain('vouch-checkpoint')
    const { document, chargedAmount } = await settled()
    const { receipt, evidence, contributorSignature } = document
    expect(chargedAmount).toBe(0n)
    expect(receipt.work.status).toBe(2)
    expect({ tiers: receipt.tiers, contributorSignature }).toEqual({
      tiers: 1,
      contributorSignature: '0x',
    })
    const [signed = expect.fail('there is a checkpoint'), ...others] = evidence?.checkpoints ?? []
    expect(others).toEqual([])
    expect(signed.checkpoint).toMatchObject({ index: 1, completionTokens: 2 })
    const digest = checkpointDigest(testDomain, signed.checkpoint)
    expect(contributor.identity.signingAddresses).toContain(recoverSigner(digest, signed.signature))
    const digits = Buffer.from(digest.slice(2), 'hex')
    expect(receipt.evidenceHash).toBe(`0x${hash('keccak-256', digits)}`)
  })

  test('leaves a receipt that anybody can check to that point', async () => {
    upstream.become(contributor.stream(['one ', { tokens: 1 }, 'two '], 'cut'))
    const { text } = await ask(gateway, { stream: true })
    const { document } = await settled()
    // The error event that closes it is not part of what the receipt is of.
    const response = Buffer.from(text.slice(0, text.lastIndexOf('data: ')))
    expect(linesOf(document, response)).toMatchObject({
      'gateway-signature': 'holds',
      response: 'holds',
      stream: 'holds',
      checkpoint: 'holds',
      'checkpoint-key': 'holds',
      'checkpoint-stream': 'holds',
    })
  })

  test('without a checkpoint has no evidence', async () => {
    upstream.become(contributor.stream(words, 'cut'))
    await ask(gateway, { stream: true })
    const { document } = await settled()
    expect(document.receipt.evidenceHash).toBe(zeroBytes32)
    expect(document).not.toHaveProperty('evidence')
  })

  test.each([
    ['that nobody can read', { tokens: 1, sent: '!!!' }],
    [
      'of another hour',
      { tokens: 1, told: (truth: Checkpoint) => ({ ...truth, signedAt: unixSeconds(9) }) },
    ],
  ])('and a checkpoint %s is as if there were none', async (_, part) => {
    upstream.become(contributor.stream(['one ', part, 'two'], 'cut'))
    const answer = await ask(gateway, { stream: true })
    expect(answer.error).toMatchObject({ code: 'upstream_stream_interrupted' })
    const { document } = await settled()
    expect(document).not.toHaveProperty('evidence')
    expect(gateway.pool.report(Date.now())[0]?.quarantine).toBeUndefined()
  })
})

describe('a client that leaves', () => {
  test('pays for what was delivered where that is less than the checkpoint and what came since', async () => {
    upstream.become(contributor.stream(['one two ', { tokens: 8 }, 'four'], 'silence'))
    const text = await leave()
    const { document, chargedAmount } = await settled()
    expect(linesOf(document, Buffer.from(text))).toMatchObject({
      cost: 'holds',
      stream: 'holds',
      checkpoint: 'holds',
      'checkpoint-key': 'holds',
      'checkpoint-stream': 'holds',
    })
    expect(document.receipt.work).toMatchObject({ status: 1, completionTokens: 3 })
    expect(chargedAmount).toBeGreaterThan(0n)
    expect(document.evidence?.checkpoints?.[0]?.checkpoint.completionTokens).toBe(8)
  })

  test('pays for no token beyond the checkpoint and what came since', async () => {
    const counted = async (parts: readonly Part[]) => {
      upstream.become(contributor.stream(parts, 'silence'))
      await leave()
      return (await settled()).document.receipt.work.completionTokens
    }
    expect(await counted(words)).toBe(3)
    // One until the checkpoint, and four bytes since.
    expect(await counted(['one two ', { tokens: 1 }, 'four'])).toBe(2)
    expect(await counted(['one two ', { tokens: 0 }, 'four'])).toBe(1)
  })
})

const another = bytes32(`0x${'ff'.repeat(32)}`)
const nobody = address(`0x${'ff'.repeat(20)}`)
const told = (change: Partial<Checkpoint>): Part => ({
  tokens: 2,
  told: (truth) => ({ ...truth, ...change }),
})

describe('a false checkpoint', () => {
  test.each<[string, string, readonly Part[]]>([
    ['of another job', 'jobId', [told({ jobId: another })]],
    ['for another gateway', 'gateway', [told({ gateway: nobody })]],
    ['of another contributor', 'contributor', [told({ contributor: nobody })]],
    ['of another stream', 'streamHash', [told({ streamHash: another })]],
    ['with a number that was before', 'index', [{ tokens: 1 }, 'three', told({ index: 0 })]],
    ['with fewer tokens than before', 'completionTokens', [{ tokens: 9 }, 'three', { tokens: 2 }]],
  ])('%s ends the stream, free, and its contributor is asked no more', async (_, member, parts) => {
    upstream.become(contributor.stream([...words, ...parts, 'and more'], 'silence'))
    const answer = await ask(gateway, { stream: true })
    expect(answer.error).toMatchObject({ code: 'attestation_failed' })
    expect(answer.text).not.toContain('and more')
    const { document, chargedAmount } = await settled()
    expect(chargedAmount).toBe(0n)
    expect(document.receipt).toMatchObject({ responseHash: zeroBytes32, work: { status: 2 } })
    expect(gateway.log.at(-1)?.reason).toBe(`checkpoint_mismatch:${member}`)
    expect(gateway.pool.report(Date.now())[0]?.quarantine).toBe('forged')
  })

  test('that contradicts another is kept with it, for whoever punishes that', async () => {
    const parts = [...words, { tokens: 3 }, ' five', told({ index: 0 })]
    upstream.become(contributor.stream(parts, 'silence'))
    await ask(gateway, { stream: true })
    const { document } = await settled()
    const [first, second] = document.evidence?.checkpoints ?? []
    expect([first?.checkpoint.index, second?.checkpoint.index]).toEqual([0, 0])
    expect(first?.checkpoint.streamHash).not.toBe(second?.checkpoint.streamHash)
    for (const signed of document.evidence?.checkpoints ?? []) {
      const signer = recoverSigner(
        checkpointDigest(testDomain, signed.checkpoint),
        signed.signature,
      )
      expect(contributor.identity.signingAddresses).toContain(signer)
    }
  })

  test('that a stranger signed contradicts nobody', async () => {
    const forged = { tokens: 3, told: (truth: Checkpoint) => ({ ...truth, index: 0 }) }
    const parts = [...words, { tokens: 3 }, ' five', { ...forged, signedBy: randomPrivateKey() }]
    upstream.become(contributor.stream(parts, 'silence'))
    await ask(gateway, { stream: true })
    const { document } = await settled()
    expect(document).not.toHaveProperty('evidence')
  })

  test('that a stranger signed is found where it would count, and is free', async () => {
    upstream.become(
      contributor.stream([...words, { tokens: 3, signedBy: randomPrivateKey() }, ' five'], 'cut'),
    )
    await ask(gateway, { stream: true })
    const { document, chargedAmount } = await settled()
    expect(chargedAmount).toBe(0n)
    expect(document).not.toHaveProperty('evidence')
    expect(gateway.log.at(-1)?.reason).toBe('checkpoint_signer_unknown')
    expect(gateway.pool.report(Date.now())[0]?.quarantine).toBe('forged')
  })
})

test('of somebody who cannot sign it is a comment like any other', async () => {
  const place = await openUpstreamPlace()
  place.upstream.become(async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const event =
      'data: {"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\n'
    response.end(`${event}: vouch-checkpoint AAAA\n\ndata: [DONE]\n\n`)
  })
  const answer = await ask(place.gateway, { stream: true })
  expect(answer).toMatchObject({ content: 'hi', done: true })
  await place.close()
})

test('where the Work comes, it is what counts', async () => {
  const signer = signingUpstream()
  const place = await openUpstreamPlace((baseUrl) => ({
    upstreams: [{ id: 'signer', baseUrl, identity: signer.identity }],
  }))
  place.upstream.become(
    signer.answer(['all', ' of it'], {
      ending: (work) => `: vouch-checkpoint AAAA\n\ndata: [DONE]\n\n${work}`,
    }),
  )
  expect((await ask(place.gateway, { stream: true })).done).toBe(true)
  const { receipts } = await place.newEntries()
  expect(receipts[0]?.receipt).toMatchObject({ tiers: 3, evidenceHash: zeroBytes32 })
  await place.close()
})
