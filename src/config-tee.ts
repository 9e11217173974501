import { type Key, type Meaning, optional, section } from './config-fields.ts'
import { address, text, textLike } from './config-values.ts'
import type { Address } from './domain/units.ts'

/** Trusted execution environments: this gateway's own, and its contributors'. */
export type TeeConfig = {
  readonly source: 'dstack' | 'tsm' | 'none'
  readonly dstackSocket: string
  readonly tierEvidence: Address | undefined
}

export const teeSection: Key<Meaning<void, TeeConfig>> = section({
  says: 'Trusted execution environments; docs/tiers.md tells what they prove. Without it nothing is attested and tier 16 is never claimed.',
  keys: {
    source: textLike({
      says: "Where quotes of this gateway's own environment come from, for `GET /v1/attestation/report`: dstack's guest agent, or the kernel's configfs-tsm.",
      pattern: '^(none|dstack|tsm)$',
      expected: 'none, dstack or tsm',
      default: 'none',
    }),
    dstackSocket: text({
      says: "The socket of dstack's guest agent.",
      default: '/var/run/dstack.sock',
    }),
    tierEvidence: optional(
      address({
        says: "The TierEvidence contract on the home chain, by which a contributor's signing key is known to be bound to an environment. With it receipts claim tier 16 where it says so.",
      }),
    ),
  },
  read: ({ values }) => ({ ...values, source: values.source as TeeConfig['source'] }),
})
