import type { Gateway } from './gateway.ts'
import type { InFlight } from './in-flight.ts'
import type { JobsDoor } from './jobs-door.ts'
import { type Family, type Sample, textOf } from './prometheus-text.ts'

/** Everything that Prometheus may know of this process, in its text format: what was counted, and what is so now. */
export function metricsText(
  gateway: Gateway,
  inFlight: InFlight,
  jobs?: Pick<JobsDoor, 'counts'>,
): string {
  const families = [...gateway.metrics.families(), ...stateFamilies(gateway, inFlight)]
  return textOf([...families, ...jobFamilies(jobs)])
}

/** None where no chain is watched for what contracts ask. */
function jobFamilies(jobs: Pick<JobsDoor, 'counts'> | undefined): readonly Family[] {
  if (jobs === undefined) return []
  const samples = [...jobs.counts()].map(([state, value]) => ({ labels: { state }, value }))
  return [gauge('vouch_contract_jobs', 'Jobs of contracts that are kept, by state.', samples)]
}

function stateFamilies(gateway: Gateway, inFlight: InFlight): readonly Family[] {
  const { pool, payment, nowMs } = gateway
  const contributors = pool.report(nowMs())
  const lanes = contributors.flatMap(({ contributorId, lanes: own }) =>
    own.map(({ endpoint, modelName, state }) => ({
      labels: { contributor: contributorId, endpoint, model: modelName, state },
      value: 1,
    })),
  )
  const windows = contributors.flatMap(({ contributorId, windows: own }) =>
    own.map(({ name, max, left }) => ({
      labels: { contributor: contributorId, limit: name },
      value: max === 0 ? 0 : left / max,
    })),
  )
  const { rss } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  return [
    gauge('vouch_requests_in_flight', 'Requests on their way.', one(inFlight.count)),
    gauge('vouch_requests_waiting', 'Requests that wait for room.', one(pool.waiting)),
    gauge(
      'vouch_ledger_writable',
      'Whether new requests can be paid for.',
      one(payment.isWritable() ? 1 : 0),
    ),
    gauge(
      'vouch_contributor_in_flight',
      'Requests at a contributor.',
      contributors.map(({ contributorId, inFlight: value }) => ({
        labels: { contributor: contributorId },
        value,
      })),
    ),
    gauge(
      'vouch_contributor_quarantined',
      'Whether a contributor is asked for nothing, because of its credentials or its Work.',
      contributors.map(({ contributorId, quarantine }) => ({
        labels: { contributor: contributorId, cause: quarantine ?? '' },
        value: quarantine === undefined ? 0 : 1,
      })),
    ),
    gauge('vouch_contributor_state', 'How a contributor does at a model; 1 for what is so.', lanes),
    gauge('vouch_contributor_limit_left_ratio', 'What is left of a declared limit.', windows),
    ...logFamilies(gateway),
    ...auditFamilies(gateway),
    gauge('process_resident_memory_bytes', 'Resident memory.', one(rss)),
    counter('process_cpu_seconds_total', 'Processor time.', one((user + system) / 1e6)),
  ]
}

/** None where no transparency log is kept. */
function logFamilies({ transparency }: Gateway): readonly Family[] {
  if (transparency === undefined) return []
  const { batches, anchored, verdict, waitingMs } = transparency.report()
  return [
    gauge('vouch_log_batches', 'Batches of the transparency log.', one(batches)),
    gauge('vouch_log_anchored_batches', 'Those that are on the chain.', one(anchored)),
    gauge(
      'vouch_log_waiting_seconds',
      'How long the oldest receipt has waited that is not on the chain.',
      one(waitingMs / 1000),
    ),
    gauge('vouch_log_promising', 'Whether receipts promise to be anchored, and why not.', [
      { labels: { verdict }, value: verdict === 'promising' ? 1 : 0 },
    ]),
  ]
}

/** None where no auditor is named. */
function auditFamilies({ audits }: Gateway): readonly Family[] {
  if (audits === undefined) return []
  const { kept, lost, judged } = audits.report()
  return [
    counter('vouch_audit_transcripts_total', 'Answers that were to be kept for auditors.', [
      { labels: { outcome: 'kept' }, value: kept },
      { labels: { outcome: 'lost' }, value: lost },
    ]),
    gauge(
      'vouch_audit_standing',
      'What auditors say of a contributor; 1 for what is so.',
      judged.map(({ contributor, modelId, outcome }) => ({
        labels: { contributor, model: modelId, outcome },
        value: 1,
      })),
    ),
  ]
}

const one = (value: number): readonly Sample[] => [{ labels: {}, value }]

const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name,
  help,
  type: 'gauge',
  samples,
})

const counter = (name: string, help: string, samples: readonly Sample[]): Family => ({
  ...gauge(name, help, samples),
  type: 'counter',
})
