import type { ToldJob } from '../../gateway/jobs-door.ts'

const seconds = (ms: number): number => Math.floor(ms / 1_000)

/** A job of a contract as JSON: times in unix seconds, amounts as decimal strings of atomic units, never its input or answer. */
export function contractJobObject(job: ToldJob): Readonly<Record<string, unknown>> {
  const { ask } = job
  const { terms } = ask
  return {
    object: 'vouch.contract_job',
    id: ask.jobId,
    source: job.source,
    chain_id: ask.chainId,
    coordinator: ask.coordinator,
    consumer: ask.consumer,
    gateway: terms.gateway,
    model_id: terms.modelId,
    model: job.modelName ?? null,
    tiers: terms.minTiers,
    agreement: terms.agreement,
    answers_max: terms.answersMax,
    max_fee: String(terms.maxFee),
    delivery_fee: String(terms.deliveryFee),
    callback_gas: terms.callbackGas,
    input_hash: ask.inputHash,
    is_private: job.isPrivate,
    wants_input: job.wantsInput,
    state: job.state,
    is_open: job.isOpen,
    reason: job.reason ?? null,
    explained: job.explained ?? null,
    detail: job.detail ?? null,
    failures: job.failures,
    found_at: seconds(job.foundAtMs),
    found_in_block: job.foundInBlock,
    deadline: ask.deadlineS,
    not_before: seconds(job.notBeforeMs),
    ended_at: job.endedAtMs === undefined ? null : seconds(job.endedAtMs),
    transaction: job.delivery?.transactionHash ?? null,
    answers: job.answers.map(({ receiptId, contributor, contentHash }) => ({
      receipt_id: receiptId,
      contributor: contributor ?? null,
      content_hash: contentHash,
    })),
  }
}
