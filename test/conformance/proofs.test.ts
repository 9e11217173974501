/*
 * Answers that are withheld until they are proven: how whoever asked is told, and that money moves with the proof or not at all.
 */
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { tier } from '../../src/domain/receipt.ts'
import { createApiKey } from '../../src/payment/authenticate.ts'
import type { ProofFault } from '../../src/proving/prover-port.ts'
import { ask } from '../support/ask.ts'
import { testChannelId } from '../support/gateway-on-ledger.ts'
import { askJob, askProof, openProvingPlace, type ProvingPlace } from '../support/proving-place.ts'
import { scriptedProof } from '../support/scripted-prover.ts'
import { answerTensors, tinyAnswer } from '../support/tensor-upstream.ts'

let place: ProvingPlace

beforeEach(async () => {
  place = await openProvingPlace()
})
afterEach(() => place.close())

const heldAmount = async () => (await place.gateway.ledger.channel(testChannelId))?.heldAmount
const integers = [16, -32, 100]
const output = [...tinyAnswer(integers)]
const proven = tier.gatewaySigned | tier.contributorSigned | tier.zkInferred

/** Waits for the end of a job as a client would: by its events. */
async function untilEnded(id: string): Promise<string> {
  const response = await fetch(`${place.gateway.origin}/v1/proofs/${id}`, {
    headers: { authorization: `Bearer ${place.gateway.apiKey}`, accept: 'text/event-stream' },
  })
  return response.text()
}

describe('a proof for later', () => {
  test('is a job at once, and answer, receipt and proof when it is made', async () => {
    const accepted = await askProof(place.gateway)
    expect(accepted.status).toBe(202)
    const { id } = accepted.json
    expect(accepted.headers.get('location')).toBe(`/v1/proofs/${id}`)
    expect(accepted.headers.get('x-vouch-proof')).toBe(id)
    expect(accepted.json).toMatchObject({ object: 'vouch.proof_job', answer: null, receipt: null })
    const proof = await place.prover.next()
    expect([...proof.task.input]).toEqual(integers)
    expect([...proof.task.output]).toEqual(output)
    proof.progress('witness')
    expect((await askJob(place.gateway, id)).json).toMatchObject({
      status: 'proving',
      progress: { stage: 'witness' },
      answer: null,
      proof: null,
    })
    expect(await heldAmount()).toBeGreaterThan(0n)
    expect((await place.gateway.ledger.channel(testChannelId))?.receiptSeq).toBe(0)

    proof.finish()
    expect(await untilEnded(id)).toContain('event: done\n')
    const { json, text } = await askJob(place.gateway, id)
    expect(json).toMatchObject({
      status: 'done',
      error: null,
      answer: { output: output.map((value) => value / 16), integers: { input: integers, output } },
      proof: scriptedProof(proof.task),
      receipt: { receipt: { tiers: proven }, evidence: { proof: scriptedProof(proof.task) } },
    })
    const { receipts, chargedAmount } = await place.newEntries()
    expect(receipts).toEqual([json.receipt])
    expect(chargedAmount).toBe(BigInt(json.receipt?.receipt.cost ?? -1))
    expect(chargedAmount).toBeGreaterThan(0n)
    // Whoever writes the answer again has the bytes that were hashed.
    const answer = JSON.stringify(json.answer)
    expect(text).toContain(answer)
    const hash = createHash('sha256').update(answer).digest('hex')
    expect(json.receipt?.receipt.responseHash).toBe(`0x${hash}`)
  })

  test('is nobody else’s, and forgotten by none who asks twice', async () => {
    const { id } = (await askProof(place.gateway)).json
    const { secret, apiKey } = createApiKey({
      label: 'other',
      channelId: `0x${'c2'.repeat(32)}` as typeof testChannelId,
      nowMs: Date.now(),
    })
    await place.gateway.apiKeys.insert(apiKey)
    const other = { origin: place.gateway.origin, apiKey: secret }
    for (const method of ['GET', 'DELETE'] as const) {
      expect(await askJob(other, id, method)).toMatchObject({
        status: 404,
        json: { error: { code: 'proof_not_found' } },
      })
    }
    expect((await askJob({ ...other, apiKey: 'none' }, id)).status).toBe(401)
    expect((await askJob(place.gateway, `proof_${'00'.repeat(16)}`)).status).toBe(404)
    const proof = await place.prover.next()
    proof.finish()
    await untilEnded(id)
    expect((await askJob(place.gateway, id)).text).toBe((await askJob(place.gateway, id)).text)
    expect((await place.newEntries()).receipts).toHaveLength(1)
  })

  test('goes on without whoever asked for it', async () => {
    const leaving = new AbortController()
    const { id } = (await askProof(place.gateway, {}, { signal: leaving.signal })).json
    const proof = await place.prover.next()
    leaving.abort()
    proof.finish()
    expect(await untilEnded(id)).toContain('event: done\n')
    expect((await place.newEntries()).receipts).toHaveLength(1)
  })

  test('tells how long it takes once one was made', async () => {
    const costOf = async () => {
      const { origin } = place.gateway
      const model = await (await fetch(`${origin}/v1/models/tiny`)).json()
      return (model as { vouch: { proof: { seconds: number | null } } }).vouch.proof.seconds
    }
    expect(await costOf()).toBeNull()
    const { id } = (await askProof(place.gateway)).json
    ;(await place.prover.next()).finish()
    await untilEnded(id)
    expect(await costOf()).toBe(2)
    const next = (await askProof(place.gateway)).json
    expect((await askJob(place.gateway, next.id)).json).toMatchObject({ estimate_seconds: 2 })
    ;(await place.prover.next()).finish()
    await untilEnded(next.id)
  })

  test('keeps no contributor busy', async () => {
    const { id } = (await askProof(place.gateway)).json
    const proof = await place.prover.next()
    expect(place.gateway.pool.report(Date.now()).flatMap(({ inFlight }) => inFlight)).toEqual([
      0, 0,
    ])
    proof.finish()
    await untilEnded(id)
  })
})

describe('a proof that is waited for', () => {
  const wait = { attestation: { mode: 'zk', wait: true } }

  test('is the answer', async () => {
    const asking = askProof(place.gateway, wait)
    const proof = await place.prover.next()
    proof.finish()
    const answer = await asking
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-vouch-proof')).toBe(answer.json.id)
    expect(answer.headers.get('x-vouch-cost')).toBe(answer.json.receipt?.receipt.cost)
    expect(answer.json).toMatchObject({ status: 'done', receipt: { receipt: { tiers: proven } } })
    expect((await place.newEntries()).receipts).toHaveLength(1)
  })

  test('asked by a header is the same', async () => {
    const headers = { 'x-vouch-attestation': 'zk; wait' }
    const asking = askProof(place.gateway, { attestation: undefined }, { headers })
    ;(await place.prover.next()).finish()
    expect((await asking).json.status).toBe('done')
  })

  test('ends with whoever waits, and nothing is charged', async () => {
    const leaving = new AbortController()
    const asking = askProof(place.gateway, wait, { signal: leaving.signal }).catch(() => 'left')
    const proof = await place.prover.next()
    const ended = new Promise((resolve) => proof.signal.addEventListener('abort', resolve))
    leaving.abort()
    expect(await asking).toBe('left')
    await ended
    const { chargedAmount, receipts } = await place.newEntries()
    expect({ chargedAmount, receipts }).toEqual({ chargedAmount: 0n, receipts: [] })
    expect(await heldAmount()).toBe(0n)
  })

  test('is followed where events are asked for', async () => {
    const asking = askProof(place.gateway, wait, { headers: { accept: 'text/event-stream' } })
    const proof = await place.prover.next()
    proof.progress('witness')
    proof.finish()
    const { text, headers } = await asking
    expect(headers.get('content-type')).toContain('text/event-stream')
    const done = text.split('\n\n').find((block) => block.startsWith('event: done\n')) ?? ''
    const json = JSON.parse(done.slice(done.indexOf('data: ') + 6))
    expect(json).toMatchObject({ status: 'done', answer: { model: 'tiny' } })
    expect(json.id).toBe(headers.get('x-vouch-proof'))
  })
})

describe('no proof', () => {
  test.each<[ProofFault, number, string]>([
    ['timeout', 502, 'proof_timeout'],
    ['memory', 502, 'attestation_failed'],
    ['crashed', 502, 'attestation_failed'],
    ['unsound', 502, 'attestation_failed'],
    ['output_mismatch', 502, 'attestation_failed'],
  ])('of a prover that ends by %s, and nothing is charged', async (fault, status, code) => {
    const asking = askProof(place.gateway, { attestation: { mode: 'zk', wait: true } })
    ;(await place.prover.next()).fail(fault)
    const answer = await asking
    expect({ status: answer.status, code: answer.json.error?.code }).toEqual({ status, code })
    expect(answer.headers.get('x-should-retry')).toBe('false')
    expect(answer.text).not.toContain('output')
    const { chargedAmount, receipts } = await place.newEntries()
    expect({ chargedAmount, receipts }).toEqual({ chargedAmount: 0n, receipts: [] })
    // The next one has its turn.
    const again = askProof(place.gateway, { attestation: { mode: 'zk', wait: true } })
    ;(await place.prover.next()).finish()
    expect((await again).status).toBe(200)
  })

  test('for later is told to whoever asks for it', async () => {
    const { id } = (await askProof(place.gateway)).json
    ;(await place.prover.next()).fail('crashed')
    expect(await untilEnded(id)).toContain('event: failed\n')
    expect((await askJob(place.gateway, id)).json).toMatchObject({
      status: 'failed',
      error: { code: 'attestation_failed', type: 'attestation_error' },
      answer: null,
      proof: null,
      receipt: null,
    })
    expect((await place.newEntries()).chargedAmount).toBe(0n)
  })

  test('of a Work that is a lie: it is found before a prover is asked', async () => {
    place.upstream.become(answerTensors(place.signer, undefined, { contentHash: testChannelId }))
    const answer = await askProof(place.gateway)
    expect(answer.json.error?.code).toBe('attestation_failed')
    expect(place.prover.asked()).toBe(0)
    place.gateway.pool.readmit('signs')
  })

  test('where the programs are not installed, and no money is held', async () => {
    place.prover.setMissing("'npm run zk:install' installs the provers")
    const answer = await askProof(place.gateway)
    expect(answer.status).toBe(503)
    expect(answer.json.error).toMatchObject({
      code: 'prover_missing',
      message: expect.stringContaining('npm run zk:install'),
    })
    expect(place.upstream.requests).toHaveLength(0)
    // Without a proof it is served.
    expect((await askProof(place.gateway, { attestation: undefined })).status).toBe(200)
  })

  test('of a language model: refused with the models that can', async () => {
    const answer = await ask(place.gateway, { attestation: { mode: 'zk' } })
    expect(answer.status).toBe(400)
    expect(answer.error).toMatchObject({
      code: 'proof_not_offered',
      param: 'attestation.mode',
      message: expect.stringContaining('tiny'),
    })
    expect(place.upstream.requests).toHaveLength(0)
  })
})

describe('a proof that is cancelled', () => {
  test('while it is made: its prover is ended and nothing is charged', async () => {
    const { id } = (await askProof(place.gateway)).json
    const proof = await place.prover.next()
    const cancelled = await askJob(place.gateway, id, 'DELETE')
    expect(cancelled.json).toMatchObject({ status: 'failed', error: { code: 'proof_cancelled' } })
    expect(proof.signal.aborted).toBe(true)
    expect((await place.newEntries()).chargedAmount).toBe(0n)
    expect(await heldAmount()).toBe(0n)
  })

  test('while it waits: its place is another’s', async () => {
    const first = (await askProof(place.gateway)).json
    const proof = await place.prover.next()
    const second = (await askProof(place.gateway)).json
    const third = (await askProof(place.gateway)).json
    expect((await askJob(place.gateway, third.id)).json).toMatchObject({ position: 1 })
    await askJob(place.gateway, second.id, 'DELETE')
    expect((await askJob(place.gateway, third.id)).json).toMatchObject({ position: 0 })
    proof.finish()
    ;(await place.prover.next()).finish()
    await untilEnded(third.id)
    expect((await askJob(place.gateway, second.id)).json.status).toBe('failed')
    expect((await place.newEntries()).receipts).toHaveLength(2)
    expect(first.id).not.toBe(third.id)
  })

  test('after its end: it stays as it is', async () => {
    const { id } = (await askProof(place.gateway)).json
    ;(await place.prover.next()).finish()
    await untilEnded(id)
    expect((await askJob(place.gateway, id, 'DELETE')).json.status).toBe('done')
  })

  test('while somebody waits: they are told', async () => {
    const headers = { accept: 'text/event-stream' }
    const wait = { attestation: { mode: 'zk', wait: true } }
    const response = await fetch(`${place.gateway.origin}/v1/inference/tiny`, {
      method: 'POST',
      headers: { authorization: `Bearer ${place.gateway.apiKey}`, ...headers },
      body: JSON.stringify({ input: integers, ...wait }),
    })
    await place.prover.next()
    await askJob(place.gateway, response.headers.get('x-vouch-proof') ?? '', 'DELETE')
    const text = await response.text()
    expect(text).toContain('event: failed\n')
    expect(text).toContain('"code":"proof_cancelled"')
    expect((await place.newEntries()).chargedAmount).toBe(0n)
  })
})

describe('the queue', () => {
  test('is bounded, and its bound is found before money is held', async () => {
    await askProof(place.gateway)
    await askProof(place.gateway)
    await askProof(place.gateway)
    const before = place.upstream.requests.length
    const refused = await askProof(place.gateway)
    expect(refused.status).toBe(429)
    expect(refused.json.error?.code).toBe('proof_queue_full')
    expect(refused.headers.get('retry-after')).toBe('5')
    expect(place.upstream.requests).toHaveLength(before)
    expect(place.prover.mostAtOnce()).toBe(1)
  })

  test('runs no more at once than it may, whoever comes', async () => {
    const ids = [(await askProof(place.gateway)).json.id]
    ids.push((await askProof(place.gateway)).json.id, (await askProof(place.gateway)).json.id)
    for (const _ of ids) (await place.prover.next()).finish()
    for (const id of ids) await untilEnded(id)
    expect(place.prover.mostAtOnce()).toBe(1)
    expect((await place.newEntries()).receipts).toHaveLength(3)
  })
})
