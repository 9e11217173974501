/* Who pays for what contracts ask at once (EIP-3668); docs/ccip.md. */
import {
  atLeastOne,
  exactlyOne,
  type Key,
  list,
  type Meaning,
  optional,
  type Section,
  section,
} from './config-fields.ts'
import { address, integer, textLike } from './config-values.ts'
import type { LookupSponsor, LookupTerms } from './domain/offchain-lookup.ts'
import { type Address, bytes32 } from './domain/units.ts'

const sponsorKeys = {
  apiKeyId: optional(
    textLike({
      says: "The API key that pays, by its id as 'vouch keys list' tells it. Its cap, its models and its limits hold.",
      pattern: '^key_[0-9a-f]{24}$',
      expected: 'key_ and 24 hex digits',
    }),
  ),
  account: optional(
    textLike({
      says: 'The payment channel that pays, by its id; the limits of accounts hold.',
      pattern: '^0x[0-9a-fA-F]{64}$',
      expected: '0x and 64 hex digits',
    }),
  ),
  attestation: textLike({
    says: "What an answer must have: a contributor's signature, or with zk a proof of the inference, too, which takes as long as proving does.",
    pattern: '^(signed|zk)$',
    expected: 'signed or zk',
    default: 'signed',
  }),
}
const onePayer = [exactlyOne('apiKeyId', 'account')]

const sponsorOf = (
  sponsor: Section<{
    readonly apiKeyId: string | undefined
    readonly account: string | undefined
    readonly attestation: string
  }>,
): LookupSponsor => {
  const { apiKeyId, account } = sponsor.values
  const attestation = sponsor.values.attestation === 'zk' ? 'zk' : 'signed'
  if (apiKeyId !== undefined) return { payer: { kind: 'key', apiKeyId }, attestation }
  // Exactly one of both is written.
  return { payer: { kind: 'account', channelId: bytes32(String(account)) }, attestation }
}

const anyoneSection: Key<Meaning<void, LookupSponsor>> = section({
  says: 'Who pays for contracts that are not among the senders. Without it they are refused.',
  keys: sponsorKeys,
  rules: onePayer,
  read: sponsorOf,
})

const senderSection: Key<Meaning<void, LookupSponsor & { readonly id: Address }>> = section({
  says: 'One contract whose lookups are answered.',
  keys: {
    sender: address({ says: 'The contract that clients call.' }),
    ...sponsorKeys,
  },
  rules: onePayer,
  read: (entry) => ({ id: entry.values.sender, ...sponsorOf(entry) }),
})

export const ccipSection: Key<Meaning<void, LookupTerms>> = section({
  says: 'Lookups of contracts by whoever calls them (EIP-3668). Without it none is answered.',
  keys: {
    cacheS: integer({
      says: 'How long an answer is given again to the same question, in seconds: a wallet asks several times. No longer than the maxAge that contracts demand.',
      min: 0,
      max: 86_400,
      default: 60,
    }),
    anyone: optional(anyoneSection),
    senders: optional(
      list({ says: 'Contracts with a payer of their own.', of: senderSection, by: 'sender' }),
    ),
  },
  rules: [atLeastOne('anyone', 'senders')],
  read: ({ values }) => ({
    cacheMs: values.cacheS * 1_000,
    anyone: values.anyone?.(),
    senders: new Map(values.senders?.().map(({ id, ...sponsor }) => [id, sponsor])),
  }),
})
