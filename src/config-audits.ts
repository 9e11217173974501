import { type Key, type Meaning, section } from './config-fields.ts'
import { addresses, integer } from './config-values.ts'
import type { Address } from './domain/units.ts'

/** Who looks at answers again, at how many, and what follows. */
export type AuditsConfig = {
  readonly auditors: readonly Address[]
  readonly ratePpm: number
  readonly retentionS: number
  readonly transcriptBytesMax: number
  readonly auditorsMin: number
  readonly windowTokensMin: number
  readonly verdictValidS: number
}

const dayS = 86_400
const mebibyte = 2 ** 20

export const auditsSection: Key<Meaning<void, AuditsConfig>> = section({
  says: 'Audits: named auditors compute a sample of answers again. Without it nothing is kept for any, and no verdict is taken; docs/audits.md tells the whole.',
  keys: {
    auditors: addresses({
      says: 'Accounts of the auditors. Each may see what callers agreed to have kept, of the receipts that the chain chooses, and its verdicts count.',
    }),
    ratePpm: integer({
      says: 'The chance of each receipt to be chosen, in millionths.',
      min: 1,
      max: 1_000_000,
      default: 20_000,
    }),
    retentionS: integer({
      says: 'How long a request and its answer are kept, encrypted, where the caller agreed; what the chain does not choose is deleted as soon as that is known. In seconds.',
      min: 600,
      max: 90 * dayS,
      default: 3 * dayS,
    }),
    transcriptBytesMax: integer({
      says: 'How many bytes of them are kept at most; what comes beyond is not kept. With a store in Redis they are a part of its memory.',
      min: mebibyte,
      max: 2 ** 20 * mebibyte,
      default: 256 * mebibyte,
    }),
    auditorsMin: integer({
      says: 'How many auditors must agree before anything follows from what they say.',
      min: 1,
      max: 100,
      default: 1,
    }),
    windowTokensMin: integer({
      says: 'How many tokens a verdict must rest on to count. One that shows a single answer not to be bit for bit what the model says counts whatever it rests on.',
      min: 1,
      max: 1_000_000_000,
      default: 1_000,
    }),
    verdictValidS: integer({
      says: 'How long a verdict counts, in seconds.',
      min: 600,
      max: 365 * dayS,
      default: 7 * dayS,
    }),
  },
  read: (audits) => {
    const { values } = audits
    if (new Set(values.auditors).size < values.auditors.length) {
      audits.refuse('auditors', 'each auditor once')
    }
    if (values.auditorsMin > values.auditors.length) {
      audits.refuse('auditorsMin', 'no more than there are auditors')
    }
    return values
  },
})
