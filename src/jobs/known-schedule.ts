/*
 * A schedule as it is kept: what its event said for ever, and where it stands as far as was seen. The chain has the last word
 * on all that can change; what is kept saves asking it at every look.
 */

import { assert } from '../base/assert.ts'
import type { Hex } from '../base/hex.ts'
import type { CoordinatorEvent } from '../chain/coordinator-events.ts'
import { decodeJobTerms, encodeJobTerms } from '../chain/job-terms.ts'
import type { JobTerms, Rhythm } from '../domain/contract-job.ts'
import type { Address } from '../domain/units.ts'
import type { SeenSchedule } from './job-source.ts'

export type SchedulePlan = {
  readonly consumer: Address
  readonly terms: JobTerms
  /** Undefined: dynamic, each run asks the consumer. */
  readonly input?: Hex | undefined
  readonly rhythm: Rhythm
  /** Counted from 1; no interval up to it can be run any more. */
  readonly lastInterval: number
  /** The transaction that opens a run, by its interval: the newest that was handed to the outbox. */
  readonly poked?: { readonly interval: number; readonly name: string } | undefined
  /** Why its due run is not opened, so that the log says it once. */
  readonly paused?: string | undefined
}

type PlanJson = Omit<SchedulePlan, 'terms'> & { readonly terms: Hex }

export const encodePlan = (plan: SchedulePlan): string =>
  JSON.stringify({ ...plan, terms: encodeJobTerms(plan.terms) })

/** The inverse, for text that this module wrote. */
export function decodePlan(text: string): SchedulePlan {
  const plan = JSON.parse(text) as PlanJson
  const terms = decodeJobTerms(plan.terms)
  assert(terms !== undefined, 'a plan is written by encodePlan')
  return { ...plan, terms }
}

export const seenSchedule = (
  event: Extract<CoordinatorEvent, { readonly kind: 'ScheduleCreated' }>,
): SeenSchedule => {
  const { scheduleId, consumer, terms, rhythm, input } = event
  const text = encodePlan({ consumer, terms, rhythm, input, lastInterval: 0 })
  return { scheduleId, isOver: false, text }
}

/** Which interval runs at a second of the chain, as the coordinator counts: from 1; 0 before the first. */
export const intervalAt = ({ startsAt, period }: Rhythm, chainNowS: number): number =>
  chainNowS < startsAt ? 0 : Math.floor((chainNowS - startsAt) / period) + 1

/** The last second of an interval. */
export const endOfInterval = ({ startsAt, period }: Rhythm, interval: number): number =>
  startsAt + interval * period - 1
