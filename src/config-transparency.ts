import { type Key, type Meaning, optional, section } from './config-fields.ts'
import type { NamedFiles } from './config-files.ts'
import { address, integer, text } from './config-values.ts'
import { batchReceiptsMax } from './domain/log-entries.ts'
import type { Address } from './domain/units.ts'

/** How receipts are published: docs/transparency.md. */
export type TransparencyConfig = {
  /** A batch is closed at so many receipts… */
  readonly batchReceipts: number
  /** …or so long after the first of them. */
  readonly batchS: number
  /** From when a receipt is issued until it is anchored, at most. */
  readonly promiseS: number
  /** The InclusionChallenges contract; undefined: challenges are answered by hand. */
  readonly inclusionChallenges: Address | undefined
  /** The EAS contract that gets every root, too. */
  readonly eas: Address | undefined
  /** Where the log is written as files, too. */
  readonly mirrorFolder: string | undefined
}

/** A promise leaves this many times what a batch may take: for the chain, for gas that is dear, and for an outage. */
const batchesInPromiseMin = 4

export const transparencySection: Key<Meaning<NamedFiles, TransparencyConfig>> = section({
  says: 'The transparency log (docs/transparency.md): receipts are published in batches, whose roots the claim key anchors with the ReceiptAnchor that the receiptVerifier names. Without it receipts promise no anchor.',
  keys: {
    batchReceipts: integer({
      says: 'A batch is closed when it has this many receipts.',
      min: 1,
      max: batchReceiptsMax,
      default: batchReceiptsMax,
    }),
    batchS: integer({
      says: 'A batch is closed this long after its first receipt, in seconds.',
      min: 1,
      max: 3_600,
      default: 60,
    }),
    promiseS: integer({
      says: 'Each receipt promises to be anchored this long after it was issued, in seconds; at least four times batchS. A promise that is broken costs stake.',
      min: 60,
      max: 7 * 86_400,
      default: 3_600,
    }),
    inclusionChallenges: optional(
      address({
        says: 'The InclusionChallenges contract: what is challenged there is answered with the proof. Without it answer by `vouch log answer`.',
      }),
    ),
    eas: optional(
      address({
        says: 'The contract of the Ethereum Attestation Service on the home chain: every root is timestamped there, too.',
      }),
    ),
    mirrorFolder: optional(
      text({
        says: 'Folder that every batch is written to as files, too, to be copied or served.',
      }),
    ),
  },
  read: (log, files: NamedFiles) => {
    const { mirrorFolder, ...values } = log.values
    if (values.promiseS < batchesInPromiseMin * values.batchS) {
      log.refuse('promiseS', `at least ${batchesInPromiseMin} times batchS`)
    }
    return {
      ...values,
      mirrorFolder: mirrorFolder === undefined ? undefined : files.resolve(mirrorFolder),
    }
  },
})
