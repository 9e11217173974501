import { tier } from './receipt.ts'

/**
 * One kind of evidence, in words for a person. Printed with every verdict, so that no tick is read
 * as more than it is.
 */
export type TierClaim = {
  /** Its bit in `Receipt.tiers`. */
  readonly bit: number
  readonly name: string
  readonly proves: string
  readonly doesNotProve: string
}

export const tierClaims: readonly TierClaim[] = [
  {
    bit: tier.gatewaySigned,
    name: 'gateway-signed',
    proves:
      'the holder of this gateway key stands by these bytes, counts, prices and times, cannot ' +
      'take it back, and can be punished for a second receipt that contradicts it',
    doesNotProve:
      'that a model ran at all, that the counts are right, or that the gateway did not write the ' +
      'answer itself',
  },
  {
    bit: tier.contributorSigned,
    name: 'contributor-signed',
    proves:
      'a named contributor with a stake claims that it gave this output for this input, in these ' +
      'tokens; the gateway cannot have changed that claim',
    doesNotProve:
      'which weights or which quantisation computed it, or that the contributor did not buy the ' +
      "answer from someone else's service",
  },
  {
    bit: tier.tokenCommitment,
    name: 'token-commitment',
    proves: 'the contributor fixed the tokens and probabilities of this answer before any audit',
    doesNotProve: 'that this answer was audited, or would pass',
  },
  {
    bit: tier.audited,
    name: 'audited',
    proves:
      "that over a window of many answers this contributor's tokens agreed with a reference model",
    doesNotProve: 'anything about this single answer',
  },
  {
    bit: tier.teeBoundKey,
    name: 'tee-bound-key',
    proves: 'the signing key lives in measured code on a genuine CPU of a known maker',
    doesNotProve:
      'that the GPU beside it is bound to it, that side channels are closed, or which weights ' +
      'were loaded unless they were measured',
  },
  {
    bit: tier.zkMetered,
    name: 'zk-metered',
    proves: 'sums and signatures over receipts that stay hidden are right',
    doesNotProve: 'that the token counts inside them are true',
  },
  {
    bit: tier.zkInferred,
    name: 'zk-inferred',
    proves: 'the committed small model maps this input to this output in fixed-point arithmetic',
    doesNotProve:
      'that the model is any good, that it equals its floating-point original, or that the ' +
      "proof system's setup was honest",
  },
  {
    bit: tier.clientCountersigned,
    name: 'client-countersigned',
    proves: 'the client accepted the charge',
    doesNotProve: 'that the client was content with the answer',
  },
]

export const knownTierBits: number = tierClaims.reduce((bits, { bit }) => bits | bit, 0)

export const claimedTiers = (tiers: number): readonly TierClaim[] =>
  tierClaims.filter(({ bit }) => (tiers & bit) !== 0)
