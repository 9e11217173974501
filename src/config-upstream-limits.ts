import { amount, atomicAmount, type Decimal } from './config-amounts.ts'
import { type Key, type Meaning, optional, type Section, section } from './config-fields.ts'
import { integer } from './config-values.ts'
import type { ContributorLimits } from './domain/contributor.ts'
import type { AtomicAmount } from './domain/units.ts'

const limitMax = 1_000_000_000

const limit = (says: string): Key<number | undefined> =>
  optional(integer({ says, min: 1, max: limitMax }))

export const limitsSection: Key<Meaning<{ readonly decimals: number }, ContributorLimits>> =
  section({
    says: 'What it is never asked beyond. A limit that is not set is none.',
    keys: {
      requestsPerMinute: limit('Requests within any minute.'),
      tokensPerMinute: limit('Prompt and completion tokens within any minute.'),
      concurrency: limit('Requests that are under way there at the same time.'),
      requestsPerDay: limit('Requests within any 24 hours.'),
      tokensPerDay: limit('Prompt and completion tokens within any 24 hours.'),
      spendPerDay: optional(
        amount({
          says: 'What its answers cost at its own prices within any 24 hours, in units of the asset.',
        }),
      ),
    },
    read: (limits, { decimals }: { readonly decimals: number }) => ({
      requestsPerMinuteMax: limits.values.requestsPerMinute,
      tokensPerMinuteMax: limits.values.tokensPerMinute,
      concurrencyMax: limits.values.concurrency,
      requestsPerDayMax: limits.values.requestsPerDay,
      tokensPerDayMax: limits.values.tokensPerDay,
      spendPerDayMax: readSpendPerDay(limits, decimals),
    }),
  })

function readSpendPerDay(
  limits: Section<{ readonly spendPerDay: Decimal | undefined }>,
  decimals: number,
): AtomicAmount | undefined {
  if (limits.values.spendPerDay === undefined) return undefined
  const amountMax = atomicAmount(limits, 'spendPerDay', decimals)
  return amountMax > 0n ? amountMax : limits.refuse('spendPerDay', 'more than nothing')
}
