import { amount, atomicAmount, type Decimal } from './config-amounts.ts'
import { type Key, type Meaning, optional, type Section, section } from './config-fields.ts'
import { integer } from './config-values.ts'
import { type CallerLimits, type DefaultLimits, noLimits } from './domain/caller-limits.ts'
import { microUsd } from './domain/exchange.ts'

const limitMax = 1_000_000_000
/** Of a dollar: money of every asset is counted in it. */
const dollarDecimals = 6

const limit = (says: string): Key<number | undefined> =>
  optional(integer({ says, min: 1, max: limitMax }))

const callerSection = (says: string): Key<Meaning<void, CallerLimits>> =>
  section({
    says,
    keys: {
      requestsPerMinute: limit('Requests within any minute.'),
      tokensPerMinute: limit('Tokens of prompts and answers within any minute.'),
      concurrency: limit('Requests that are under way at the same time.'),
      spendPerDay: optional(
        amount({
          says: 'What its answers cost within any 24 hours, in dollars; an asset at par counts as dollars.',
          examples: ['5.00'],
        }),
      ),
    },
    read: (limits) => ({
      requestsPerMinuteMax: limits.values.requestsPerMinute,
      tokensPerMinuteMax: limits.values.tokensPerMinute,
      concurrencyMax: limits.values.concurrency,
      spendPerDayMax: readSpendPerDay(limits),
    }),
  })

function readSpendPerDay(
  limits: Section<{ readonly spendPerDay: Decimal | undefined }>,
): CallerLimits['spendPerDayMax'] {
  if (limits.values.spendPerDay === undefined) return undefined
  const max = microUsd(atomicAmount(limits, 'spendPerDay', dollarDecimals))
  return max > 0n ? max : limits.refuse('spendPerDay', 'more than nothing')
}

export const callerLimitsSection: Key<Meaning<void, DefaultLimits>> = section({
  says: 'What each caller may have of this gateway. A limit that is not set is none.',
  keys: {
    key: optional(callerSection('Of each API key.')),
    account: optional(
      callerSection('Of each channel: of all its keys, and of what is paid with requests.'),
    ),
  },
  read: ({ values }) => ({
    key: values.key?.() ?? noLimits,
    account: values.account?.() ?? noLimits,
  }),
})
