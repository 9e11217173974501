/*
 * Ritual's Infernet as a place where contracts ask: this gateway acts as a node of it, so that consumers written for it are
 * served without a change. docs/infernet.md says what that gives a consumer, and what only our own coordinator does.
 */
import { assert } from '../base/assert.ts'
import { fromHex, toHex } from '../base/hex.ts'
import { ok, type Result } from '../base/result.ts'
import { readHead } from '../chain/blocks.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import {
  encodeDelivery,
  type InfernetPlaces,
  readInfernetPlaces,
  readIntervalStanding,
  readSubscription,
} from '../chain/infernet-coordinator.ts'
import {
  cancelledActiveAt,
  intervalAt,
  subscriptionFingerprint,
} from '../chain/infernet-subscription.ts'
import type { ContractJob } from '../store/contract-job-store.ts'
import { tokensOf, transactionGasMax } from './delivery-gas.ts'
import {
  decodeInfernetCursor,
  encodeInfernetCursor,
  firstInfernetCursor,
} from './infernet-cursor.ts'
import { inboxGasMax, infernetExecutionGas } from './infernet-gas.ts'
import { decodeInfernetNote } from './infernet-note.ts'
import { infernetAnswer } from './infernet-output.ts'
import type { InfernetTerms } from './infernet-terms.ts'
import { watchInfernet } from './infernet-watch.ts'
import type { DeliveryCall, JobSource, JobStanding } from './job-source.ts'

export function infernetSource(terms: InfernetTerms): JobSource {
  let known: InfernetPlaces | undefined
  /** Asked until the chain has answered once: a registry never changes. */
  async function places(): Promise<Result<InfernetPlaces, ChainFailure>> {
    if (known !== undefined) return ok(known)
    const read = await readInfernetPlaces(terms.rpc, terms.registry)
    if (read.ok) known = read.value
    return read
  }
  return {
    name: `infernet eip155:${terms.chainId}:${terms.registry}`,
    chainId: terms.chainId,
    watch: async (text) => {
      const placed = await places()
      if (!placed.ok) return placed
      const cursor = text === undefined ? firstInfernetCursor : decodeInfernetCursor(text)
      const look = await watchInfernet({ ...terms, places: placed.value }, cursor)
      if (!look.ok) return look
      // Each interval is found as a job of its own.
      const none = { schedules: [], touchedSchedules: [] }
      return ok({ ...look.value, ...none, cursor: encodeInfernetCursor(look.value.cursor) })
    },
    standing: (job) => readStanding(terms, job),
    deliveryCall: (job) => deliveryCallOf(terms, job),
  }
}

async function readStanding(
  { rpc, node }: InfernetTerms,
  { ask, note }: Pick<ContractJob, 'ask' | 'note'>,
): Promise<Result<JobStanding, ChainFailure>> {
  const { subscriptionId, interval, fingerprint } = decodeInfernetNote(note)
  const head = await readHead(rpc)
  if (!head.ok) return head
  const chainNowS = head.value.timestampS
  const which = { subscriptionId, interval, node }
  const [read, standing] = await Promise.all([
    readSubscription(rpc, ask.coordinator, subscriptionId),
    readIntervalStanding(rpc, ask.coordinator, which),
  ])
  if (!read.ok) return read
  if (!standing.ok) return standing
  const subscription = read.value
  const said = (state: JobStanding['state']) => ok({ state, chainNowS })
  if (subscription === undefined) return said('none')
  if (standing.value.isOurs) {
    return ok({ state: 'delivered', chainNowS, deliveryFeeIsOurs: true })
  }
  if (subscriptionFingerprint(subscription) !== fingerprint) {
    return said(subscription.activeAt === cancelledActiveAt ? 'expired' : 'none')
  }
  if (standing.value.delivered >= subscription.redundancy) return said('delivered')
  return said(intervalAt(subscription, chainNowS) === interval ? 'open' : 'expired')
}

async function deliveryCallOf(
  { payments, consumerGasMax }: InfernetTerms,
  { ask, note, answers }: ContractJob,
): Promise<DeliveryCall> {
  const form = decodeInfernetNote(note)
  const [answer] = answers.filter(({ state }) => state === 'kept')
  assert(answer?.content !== undefined && answer.packed !== undefined, 'an answered job has one')
  const { input, output } = infernetAnswer(form, {
    content: fromHex(answer.content),
    requestHash: fromHex(ask.inputHash),
  })
  const proof = fromHex(answer.packed)
  const data = await encodeDelivery(ask.coordinator, {
    ...form,
    input: toHex(input),
    output: toHex(output),
    proof: toHex(proof),
    nodeWallet: payments.nodeWallet,
  })
  const lengths = [input, output, proof].map(({ length }) => length)
  const inboxGas = form.isLazy ? inboxGasMax(lengths) : 0n
  const execution = infernetExecutionGas({ consumerGasMax, inboxGas })
  return { to: ask.coordinator, data, gasMax: transactionGasMax(tokensOf(data), execution) }
}
