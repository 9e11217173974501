/*
 * The door of contracts over a real conductor and real stores, before a chain that a test writes: questions, reorganisations and
 * what becomes of deliveries are as the test says, to the block.
 */

import { ok } from '../../src/base/result.ts'
import { sha256Hex } from '../../src/base/sha256.ts'
import type { ContractAsk, JobTerms } from '../../src/domain/contract-job.ts'
import { type Bytes32, bytes32, unixSeconds, zeroAddress } from '../../src/domain/units.ts'
import { newRequestIds } from '../../src/gateway/request-ids.ts'
import { serveCompletion } from '../../src/gateway/serve-completion.ts'
import { readContractInput } from '../../src/http/ccip/read-contract-input.ts'
import type { DeliveryDesk } from '../../src/jobs/job-delivery.ts'
import { JobDesk } from '../../src/jobs/job-desk.ts'
import type { FoundJob, JobSource, JobStanding } from '../../src/jobs/job-source.ts'
import { contractPayer } from '../../src/payment/contract-payer.ts'
import type { ContractJob, ContractJobStore } from '../../src/store/contract-job-store.ts'
import { hexOfText } from './asking-place.ts'
import { someAsk, someTerms } from './contract-jobs.ts'
import {
  type startGatewayOnLedger,
  type TestGateway,
  testAsset,
  testModelId,
} from './gateway-on-ledger.ts'
import { pollUntil } from './poll-until.ts'
import type { ScriptedUpstream } from './scripted-upstream.ts'
import type { SigningUpstream } from './signing-upstream.ts'

/** By the clock of the chain that is written here. */
export const chainNowS = 1_763_800_000

export const deskQuestion: string = JSON.stringify({
  model: 'mini',
  messages: [{ role: 'user', content: 'Is it?' }],
  max_tokens: 16,
})

/** Questions as a chain has them: a block for each, and another chain whenever a test says so. */
export class WrittenChain {
  #blocks: readonly FoundJob[] = []
  readonly #states = new Map<Bytes32, JobStanding['state']>()
  readonly #touched: Bytes32[] = []
  /** How often each job was delivered. */
  readonly delivered = new Map<Bytes32, number>()
  nowS = chainNowS
  /** What a delivery waits for. */
  gate: Promise<void> = Promise.resolve()

  /** By its hash alone. */
  askPrivately(number: number): ContractAsk {
    const ask = this.ask(number)
    this.#blocks = this.#blocks.map((one) =>
      one.ask.jobId === ask.jobId ? { ...one, input: undefined } : one,
    )
    return ask
  }

  ask(number: number, terms: Partial<JobTerms> = {}, gateway?: TestGateway): ContractAsk {
    const asked = someTerms({
      modelId: testModelId,
      gateway: gateway?.operator ?? zeroAddress,
      maxFee: 10n ** 12n,
      promptAtomicPerMtok: 10n ** 9n,
      completionAtomicPerMtok: 10n ** 9n,
      ...terms,
    })
    const inputHash = bytes32(`0x${sha256Hex(Buffer.from(deskQuestion))}`)
    const jobId = bytes32(`0x${number.toString(16).padStart(64, '0')}`)
    const deadlineS = unixSeconds(chainNowS + 600)
    const ask = someAsk({ jobId, terms: asked, inputHash, deadlineS })
    const blockNumber = this.#blocks.length + 1
    this.#blocks = [...this.#blocks, { ask, input: hexOfText(deskQuestion), blockNumber }]
    this.#states.set(jobId, 'open')
    return ask
  }

  /** As by another's delivery, an expiry, or a reorganisation (`none`, and `open` where it comes again). */
  becomes(jobId: Bytes32, state: JobStanding['state']): void {
    this.#states.set(jobId, state)
    this.#touched.push(jobId)
  }

  readonly source: JobSource = {
    name: 'written',
    chainId: 31_337,
    watch: async (cursor) => {
      const from = Number(cursor ?? 0)
      const touched = this.#touched.splice(0)
      return ok({
        ...{ cursor: String(this.#blocks.length), found: this.#blocks.slice(from), touched },
        ...{ schedules: [], touchedSchedules: [], caughtUp: true },
      })
    },
    standing: async ({ jobId }) =>
      ok({
        state: this.#states.get(jobId) ?? 'none',
        chainNowS: this.nowS,
        deliveryFeeIsOurs: this.delivered.has(jobId),
      }),
    deliveryCall: () => Promise.reject(new Error('nothing is sent here')),
  }

  readonly delivery: DeliveryDesk = {
    judge: async () => ({ kind: 'take' }),
    deliver: async (_source, job: ContractJob) => {
      await this.gate
      // One intent is executed once, however often it is asked for.
      if (this.delivered.has(job.jobId)) {
        return { kind: 'delivered', transactionHash: job.jobId }
      }
      if (this.#states.get(job.jobId) !== 'open') {
        return { kind: 'failed', reason: 'delivered_by_another' }
      }
      this.delivered.set(job.jobId, (this.delivered.get(job.jobId) ?? 0) + 1)
      this.#states.set(job.jobId, 'delivered')
      return { kind: 'delivered', transactionHash: job.jobId }
    },
  }
}

export type DeskSurroundings = {
  readonly chain: WrittenChain
  readonly gateway: TestGateway
  readonly store: ContractJobStore
  readonly owner: string
}

/** One process' door. Rounds are made by the test. */
export function openTestDesk({ chain, gateway, store, owner }: DeskSurroundings): JobDesk {
  const { conducted, operator, ledger } = gateway
  const home = { chainId: 31_337, asset: testAsset }
  return new JobDesk({
    ...{ store, owner, gateway: operator, pollMs: 3_600_000 },
    sources: [{ source: chain.source, delivery: chain.delivery }],
    complete: async (request, client) => serveCompletion(conducted, request, client),
    candidates: (request) => conducted.pool.candidates(request),
    tiersOf: () => 3,
    readInput: ({ ask, input = '0x' }) =>
      readContractInput(
        {
          modelId: ask.terms.modelId,
          input: Buffer.from(input.slice(2), 'hex'),
          offers: conducted.pool.contributors.flatMap(({ offers }) => offers),
        },
        { ...newRequestIds(Date.now()), receivedAtMs: Date.now(), path: 'contract' },
      ),
    payerOf: ({ ask }) => contractPayer({ ledger, home, receiver: operator }, ask),
    receiptOf: (requestId) => conducted.payment.requestRecord(requestId),
    isHeld: async (requestId) => (await conducted.payment.heldOn(requestId)) !== undefined,
    log: { info: () => {}, error: () => {} },
    nowMs: Date.now,
  })
}

/** Rounds until the job is in one of these states, at whichever desk. */
export async function untilJob(
  desk: JobDesk,
  jobId: Bytes32,
  ...states: readonly string[]
): ReturnType<JobDesk['door']['find']> {
  const look = async () => {
    await desk.lookNow()
    return desk.door.find(jobId)
  }
  return pollUntil(look, (job) => job.ok && states.includes(job.value.state))
}

export const signedUpstream = (
  upstream: ScriptedUpstream,
  { identity }: SigningUpstream,
): Parameters<typeof startGatewayOnLedger>[0]['upstreams'][number] => ({
  id: 'signing',
  baseUrl: upstream.baseUrl,
  identity,
  offer: { modelName: 'mini', upstreamModelName: 'mini', modelId: testModelId },
})
