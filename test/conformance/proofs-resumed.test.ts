/*
 * Jobs whose gateway died, stopped or stood still: taken over by one other, begun anew with a hold of their own, charged once.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { InFlight } from '../../src/gateway/in-flight.ts'
import { type ProofResumption, resumeProofs } from '../../src/gateway/resume-proofs.ts'
import { ProvingDesk } from '../../src/proving/proving-desk.ts'
import { type LedgerStore, StoreFailure } from '../../src/store/ledger-store.ts'
import { openRedisLedger } from '../../src/store/ledger-store-redis.ts'
import type { ProofJobStore } from '../../src/store/proof-job-store.ts'
import { openRedisProofJobs } from '../../src/store/proof-job-store-redis.ts'
import {
  openTestChannel,
  startGatewayOnLedger,
  type TestGateway,
  testChannelId,
} from '../support/gateway-on-ledger.ts'
import {
  askJob,
  askProof,
  provableTensors,
  silentLog,
  usualBounds,
} from '../support/proving-place.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import { type ScriptedProver, scriptedProver } from '../support/scripted-prover.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'
import { type SigningUpstream, signingUpstream } from '../support/signing-upstream.ts'
import { answerTensors, tinyOffer } from '../support/tensor-upstream.ts'

type Replica = {
  readonly gateway: TestGateway
  readonly desk: ProvingDesk
  readonly store: ProofJobStore
  readonly prover: ScriptedProver
  readonly ledger: LedgerStore
  readonly resumption: ProofResumption
  readonly stop: () => Promise<void>
}

let server: RedisServer
let upstream: ScriptedUpstream
let signer: SigningUpstream
let first: Replica
let second: Replica
const privateKey = randomPrivateKey()

async function startReplica(): Promise<Replica> {
  const place = { url: server.url, keyPrefix: 'test' }
  const ledger = await openRedisLedger({ ...place, restartGraceMs: 0 })
  const store = await openRedisProofJobs({ ...place, retentionMs: 3_600_000 })
  const prover = scriptedProver()
  const desk = new ProvingDesk({
    ...{ store, prover, log: silentLog, nowMs: Date.now },
    bounds: { ...usualBounds, concurrency: 4, queuePerAccountMax: 4 },
  })
  await desk.start()
  if ((await ledger.channel(testChannelId)) === undefined) await openTestChannel(ledger, 10n ** 9n)
  const gateway = await startGatewayOnLedger({
    upstreams: [
      {
        id: 'signs',
        baseUrl: upstream.baseUrl,
        identity: signer.identity,
        offer: { ...tinyOffer, tensors: provableTensors },
      },
    ],
    proving: desk,
    replica: { ledger, channelId: testChannelId, privateKey },
  })
  const terms = { gateway: gateway.conducted, proving: desk, inFlight: new InFlight() }
  const resumption = resumeProofs({ ...terms, log: silentLog })
  return {
    ...{ gateway, desk, store, prover, ledger, resumption },
    stop: async () => {
      resumption.stop()
      desk.endAll()
      await gateway.books()
      await desk.stop()
      await gateway.stop()
      await store.close()
    },
  }
}

beforeEach(async () => {
  server = await startRedisServer()
  signer = signingUpstream()
  upstream = await startScriptedUpstream(answerTensors(signer))
  first = await startReplica()
  second = await startReplica()
})
afterEach(async () => {
  await first.stop()
  await second.stop()
  await upstream.close()
  await server.stop()
})

/** As if `replica` had not been heard of for a lease. */
const forget = (replica: Replica): Promise<void> => replica.desk.stop()

const untilEnded = async ({ gateway }: Replica, id: string): Promise<string> => {
  const headers = { authorization: `Bearer ${gateway.apiKey}`, accept: 'text/event-stream' }
  return (await fetch(`${gateway.origin}/v1/proofs/${id}`, { headers })).text()
}
const channelOf = async ({ ledger }: Replica) =>
  (await ledger.channel(testChannelId)) ?? expect.fail('no channel')

describe('a replica that is taken for dead', () => {
  test('has its job made by another, and finds that it may charge nothing', async () => {
    const { id } = (await askProof(first.gateway)).json
    const old = await first.prover.next()
    await forget(first)
    await second.resumption.lookNow()
    // It stood still after its proof was made: the job is another's now.
    old.finish()
    const again = await second.prover.next()
    expect(again.task).toEqual(old.task)
    again.finish()
    expect(await untilEnded(second, id)).toContain('event: done\n')
    const job = (await askJob(second.gateway, id)).json
    const { receiptSeq, chargedCumulativeAmount, heldAmount } = await channelOf(second)
    expect({ receiptSeq, heldAmount }).toEqual({ receiptSeq: 1, heldAmount: 0n })
    expect(String(chargedCumulativeAmount)).toBe(job.receipt?.receipt.cost)
  })

  test('and has charged already: the job ends with that receipt, and nothing is made again', async () => {
    const { id } = (await askProof(first.gateway)).json
    // Its books say done, its word of it was lost.
    const { replace } = first.store
    let lost = 0
    Object.assign(first.store, {
      replace: async (...args: Parameters<typeof replace>) => {
        if (args[0].state !== 'done') return replace.apply(first.store, args)
        lost += 1
        return false
      },
    })
    ;(await first.prover.next()).finish()
    await first.gateway.books()
    expect(lost).toBe(1)
    expect((await askJob(second.gateway, id)).json.status).toBe('charging')
    await forget(first)
    await second.resumption.lookNow()
    expect(await untilEnded(second, id)).toContain('event: done\n')
    expect(second.prover.asked()).toBe(0)
    expect((await askJob(second.gateway, id)).json.receipt?.receipt.tiers).toBe(67)
    expect((await channelOf(second)).receiptSeq).toBe(1)
  })

  test('and does not know whether it has charged: the books say so, and the answer is kept', async () => {
    const { payment } = first.gateway.conducted
    const { charge } = payment
    // It is on the books, and the store was gone before it could say so.
    Object.assign(payment, {
      charge: async (...args: Parameters<typeof charge>) => {
        await (await charge(...args))?.durable
        throw new StoreFailure('the store went away')
      },
    })
    const { id } = (await askProof(first.gateway)).json
    ;(await first.prover.next()).finish()
    await first.gateway.books()
    expect((await channelOf(second)).receiptSeq).toBe(1)
    expect((await askJob(second.gateway, id)).json.status).toBe('charging')
    await forget(first)
    await second.resumption.lookNow()
    expect(await untilEnded(second, id)).toContain('event: done\n')
    expect((await askJob(second.gateway, id)).json.answer).not.toBeNull()
    expect(second.prover.asked()).toBe(0)
    expect((await channelOf(second)).receiptSeq).toBe(1)
  })

  test('is followed by one of two, however often they look', async () => {
    const third = await startReplica()
    const { id } = (await askProof(first.gateway)).json
    const old = await first.prover.next()
    await forget(first)
    await Promise.all(
      Array.from({ length: 6 }, (_, index) => (index % 2 ? second : third).resumption.lookNow()),
    )
    old.fail('crashed')
    const maker = await Promise.race([
      second.prover.next().then((proof) => ({ proof, by: second })),
      third.prover.next().then((proof) => ({ proof, by: third })),
    ])
    maker.proof.finish()
    expect(await untilEnded(maker.by, id)).toContain('event: done\n')
    expect(second.prover.asked() + third.prover.asked()).toBe(1)
    expect((await channelOf(second)).receiptSeq).toBe(1)
    await third.stop()
  })
})

test('a gateway that stops leaves its jobs to another, and holds nothing', async () => {
  const { id } = (await askProof(first.gateway)).json
  const old = await first.prover.next()
  first.desk.endAll()
  await first.gateway.books()
  expect(old.signal.aborted).toBe(true)
  expect((await channelOf(first)).heldAmount).toBe(0n)
  await first.desk.stop()
  await second.resumption.lookNow()
  ;(await second.prover.next()).finish()
  expect(await untilEnded(second, id)).toContain('event: done\n')
  expect((await channelOf(second)).receiptSeq).toBe(1)
})

test('who waited for it is told, and nobody goes on with it', async () => {
  const asking = askProof(first.gateway, { attestation: { mode: 'zk', wait: true } })
  await first.prover.next()
  first.desk.endAll()
  const answer = await asking
  expect(answer).toMatchObject({ status: 503, json: { error: { code: 'shutting_down' } } })
  await first.desk.stop()
  await second.resumption.lookNow()
  expect(second.prover.asked()).toBe(0)
  expect((await channelOf(second)).heldAmount).toBe(0n)
})

test('a hold of a dead gateway is waited out, and the job goes on with its own', async () => {
  const { id } = (await askProof(first.gateway)).json
  await first.prover.next()
  const { requestId } = (await first.store.find(id)) ?? expect.fail('no job')
  expect(await second.ledger.heldOn(requestId)).toBe(testChannelId)
  await forget(first)
  await second.resumption.lookNow()
  // The reaper of holds, once its owner has no lease any more.
  await first.ledger.release(requestId)
  ;(await second.prover.next()).finish()
  expect(await untilEnded(second, id)).toContain('event: done\n')
  const now = (await second.store.find(id)) ?? expect.fail('no job')
  expect(now.requestId).not.toBe(requestId)
  expect(now.attempt).toBe(2)
})

test('any replica cancels what another makes', async () => {
  const { id } = (await askProof(first.gateway)).json
  const proof = await first.prover.next()
  const cancelled = await askJob(
    { origin: second.gateway.origin, apiKey: second.gateway.apiKey },
    id,
    'DELETE',
  )
  expect(cancelled.json).toMatchObject({ status: 'failed', error: { code: 'proof_cancelled' } })
  proof.finish()
  await first.gateway.books()
  const { receiptSeq, heldAmount } = await channelOf(first)
  expect({ receiptSeq, heldAmount }).toEqual({ receiptSeq: 0, heldAmount: 0n })
})
