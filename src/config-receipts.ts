import { type Key, type Meaning, ofDefaults, section } from './config-fields.ts'
import { integer } from './config-values.ts'

export type ReceiptsConfig = {
  readonly retentionS: number
}

const secondsPerDay = 86_400

export const receiptsSection: Key<Meaning<void, ReceiptsConfig>> = ofDefaults(
  section({
    says: 'How long receipts are kept; docs/receipts.md tells the whole.',
    keys: {
      retentionDays: integer({
        says: 'Days until the body of a receipt and the record of its request are deleted. Its digest, its number and what it was charged stay for ever. Longer than payers and auditors need to look.',
        min: 1,
        max: 36_500,
        default: 90,
      }),
    },
    read: ({ values }) => ({ retentionS: values.retentionDays * secondsPerDay }),
  }),
)
