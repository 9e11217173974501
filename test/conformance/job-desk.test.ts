/*
 * What becomes of jobs of contracts when processes die at the worst moments, chains take blocks back, and several replicas look at
 * the same blocks: over a real conductor, a contributor that signs, and each of the real stores.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bytes32 } from '../../src/domain/units.ts'
import type { JobDesk } from '../../src/jobs/job-desk.ts'
import type { ContractJob, ContractJobStore } from '../../src/store/contract-job-store.ts'
import { openRedisContractJobs } from '../../src/store/contract-job-store-redis.ts'
import { openSqliteContractJobs } from '../../src/store/contract-job-store-sqlite.ts'
import { StoreFailure } from '../../src/store/ledger-store.ts'
import { startGatewayOnLedger, type TestGateway } from '../support/gateway-on-ledger.ts'
import {
  deskQuestion,
  openTestDesk,
  signedUpstream,
  untilJob,
  WrittenChain,
} from '../support/job-desk-place.ts'
import { pollUntil } from '../support/poll-until.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'
import { inRedis, inSqlite, type StorePlaceOf } from '../support/shared-store.ts'
import { type SigningUpstream, signingUpstream } from '../support/signing-upstream.ts'

const retentionMs = 3_600_000
const places: readonly [string, () => Promise<StorePlaceOf<ContractJobStore>>][] = [
  ['SQLite', inSqlite((path) => openSqliteContractJobs(path, { retentionMs }))],
  ['Redis', inRedis((place) => openRedisContractJobs({ ...place, retentionMs }))],
]

describe.each(places)('jobs over %s', (_name, openPlace) => {
  let place: StorePlaceOf<ContractJobStore>
  let chain: WrittenChain
  let gateway: TestGateway
  let upstream: ScriptedUpstream
  let signing: SigningUpstream
  const desks: JobDesk[] = []

  beforeEach(async () => {
    place = await openPlace()
    chain = new WrittenChain()
    signing = signingUpstream()
    upstream = await startScriptedUpstream(signing.answer(['yes']))
    gateway = await startGatewayOnLedger({ upstreams: [signedUpstream(upstream, signing)] })
  })

  afterEach(async () => {
    for (const desk of desks.splice(0)) await desk.stop()
    await gateway.stop()
    await upstream.close()
    await place.remove()
  })

  async function openDesk(
    owner: string,
    change: (store: ContractJobStore) => ContractJobStore = (store) => store,
  ): Promise<JobDesk> {
    const store = change(await place.open())
    const desk = openTestDesk({ chain, gateway, store, owner })
    await store.renew(owner, { nowMs: Date.now(), untilMs: Date.now() + 600_000 })
    desks.push(desk)
    return desk
  }

  /** From the first change that is so, the process writes nothing more, as if it were dead. */
  const dyingAt =
    (isSo: (job: ContractJob) => boolean, died: () => void) =>
    (store: ContractJobStore): ContractJobStore => {
      let isDead = false
      const update = async (job: ContractJob): Promise<boolean> => {
        if (isDead || isSo(job)) {
          isDead = true
          died()
          throw new StoreFailure('the process is gone')
        }
        return store.update(job)
      }
      return {
        add: store.add.bind(store),
        find: store.find.bind(store),
        due: store.due.bind(store),
        list: store.list.bind(store),
        counts: store.counts.bind(store),
        renew: store.renew.bind(store),
        leave: store.leave.bind(store),
        schedules: store.schedules.bind(store),
        putSchedule: store.putSchedule.bind(store),
        note: store.note.bind(store),
        setNote: store.setNote.bind(store),
        close: store.close.bind(store),
        update,
      }
    }

  const questionsAsked = () =>
    upstream.requests.filter(({ headers }) => headers['x-vouch-job'] !== undefined)

  const endsIn = async (desk: JobDesk, jobId: ContractJob['jobId'], ...states: string[]) => {
    const job = await untilJob(desk, jobId, ...states)
    if (!job.ok) throw new Error(job.error.reason)
    return job.value
  }

  async function dies(isSo: (job: ContractJob) => boolean, act: (desk: JobDesk) => void) {
    const died = Promise.withResolvers<void>()
    const desk = await openDesk('first', dyingAt(isSo, died.resolve))
    act(desk)
    await desk.lookNow()
    await died.promise
    const store = await place.open()
    await store.leave('first')
    await store.close()
  }

  test('a process that dies when its receipt is sealed leaves it to be found', async () => {
    const { jobId } = chain.ask(1, {}, gateway)
    await dies(
      ({ answers }) => answers.some(({ state }) => state === 'kept'),
      () => {},
    )
    const second = await openDesk('second')
    const job = await endsIn(second, jobId, 'delivered', 'failed')
    expect(job.state).toBe('delivered')
    expect(questionsAsked()).toHaveLength(1)
    expect(chain.delivered.get(jobId)).toBe(1)
    const [answer] = job.answers
    const kept = answer && (await gateway.ledger.receipt(answer.receiptId))
    expect(JSON.parse(kept?.body ?? '{}')).toMatchObject({
      receipt: { cost: '0', work: { jobId, status: 0, contentHash: answer?.contentHash } },
    })
  })

  test('one that dies before its answer is kept has charged nothing, and another asks again', async () => {
    const { jobId } = chain.ask(1, {}, gateway)
    await dies(
      ({ answers }) => answers.some(({ state }) => state === 'charging'),
      () => {},
    )
    const second = await openDesk('second')
    const job = await endsIn(second, jobId, 'delivered', 'failed')
    expect(job.state).toBe('delivered')
    expect(questionsAsked().map(({ headers }) => headers['x-vouch-job'])).toEqual([jobId, jobId])
    expect(chain.delivered.get(jobId)).toBe(1)
  })

  test('of two replicas each job is answered and delivered by one', async () => {
    const [one, two] = [await openDesk('one'), await openDesk('two')]
    const jobs = Array.from({ length: 12 }, (_, index) => chain.ask(index + 1, {}, gateway))
    await Promise.all(
      jobs.map(({ jobId }, index) => endsIn(index % 2 === 0 ? one : two, jobId, 'delivered')),
    )
    expect([...chain.delivered.values()]).toEqual(jobs.map(() => 1))
    expect(chain.delivered.size).toBe(12)
    expect(questionsAsked()).toHaveLength(12)
  })

  test('a question whose block is taken back is asked of nobody further, and answered when it comes again', async () => {
    const desk = await openDesk('one')
    const gate = Promise.withResolvers<void>()
    chain.gate = gate.promise
    const { jobId } = chain.ask(1, {}, gateway)
    await endsIn(desk, jobId, 'delivering')
    chain.becomes(jobId, 'none')
    const gone = await endsIn(desk, jobId, 'gone')
    expect(gone).toMatchObject({ reason: 'reorganised', answers: [{}] })
    gate.resolve()
    chain.becomes(jobId, 'open')
    const back = await endsIn(desk, jobId, 'delivered')
    expect(questionsAsked()).toHaveLength(1)
    expect(chain.delivered.get(jobId)).toBe(1)
    expect(back.answers).toEqual(gone.answers)
  })

  test('what another delivered meanwhile is lost, and its contributor is left in peace', async () => {
    const desk = await openDesk('one')
    upstream.become(() => {})
    const { jobId } = chain.ask(1)
    await desk.lookNow()
    let asked = await upstream.nextRequest()
    while (asked.headers['x-vouch-job'] === undefined) asked = await upstream.nextRequest()
    chain.becomes(jobId, 'delivered')
    await endsIn(desk, jobId, 'lost')
    await asked.left
    expect(chain.delivered.get(jobId)).toBeUndefined()
  })

  test('a deadline that passes while nobody answers ends it', async () => {
    const desk = await openDesk('one')
    upstream.become((_request, response) => {
      response.writeHead(500).end()
    })
    const { jobId } = chain.ask(1, {}, gateway)
    await desk.lookNow()
    await upstream.nextRequest()
    chain.nowS += 601
    await desk.door.retry(jobId)
    expect(await endsIn(desk, jobId, 'expired')).toMatchObject({ reason: 'deadline_passed' })
  })

  test('nothing of a job for another gateway is kept', async () => {
    const desk = await openDesk('one')
    const elsewhere = gateway.operator.replace(/..$/, '00') as typeof gateway.operator
    const { jobId } = chain.ask(1, { gateway: elsewhere })
    await desk.lookNow()
    expect(await desk.door.find(jobId)).toMatchObject({ error: { reason: 'job_not_found' } })
  })

  test('goes on with as many as are due, not with sixteen at each look', async () => {
    const unknown = bytes32(`0x${'77'.repeat(32)}`)
    for (let number = 1; number <= 100; number += 1) chain.ask(number, { modelId: unknown })
    const ask = chain.ask(101)
    const desk = await openDesk('one')
    await desk.lookNow()
    // Nobody looks again.
    const found = await pollUntil(
      () => desk.door.find(ask.jobId),
      (job) => job.ok && job.value.state === 'delivered',
    )
    expect(found).toMatchObject({ ok: true })
  })

  test('looks at a private question that nobody gives once in ten minutes, until its time ends', async () => {
    const ask = chain.askPrivately(1)
    const desk = await openDesk('one')
    const waits = async () => {
      const found = await untilJob(desk, ask.jobId, 'waiting')
      if (!found.ok) throw new Error('not found')
      return found.value
    }
    const { foundAtMs, notBeforeMs, reason } = await waits()
    expect(reason).toBe('input_missing')
    expect(notBeforeMs - foundAtMs).toBeGreaterThanOrEqual(600_000)
    const given = await desk.door.giveInput(ask.jobId, Buffer.from(deskQuestion))
    expect(given).toMatchObject({ ok: true })
    await untilJob(desk, ask.jobId, 'delivered')
  })
})
