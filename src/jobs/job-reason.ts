/** Why a job waits, was refused, or ended without an answer: as records, log lines, metrics and `vouch jobs` say it. */
export const jobReasons = {
  // Waits.
  input_missing: 'its input is private and was not given to this gateway',
  fee_below_gas: 'its delivery fee does not cover the gas at the price of now',
  race_budget_spent: 'jobs that any gateway may answer have cost as much as this one risks on them',
  no_contributor_now: 'nobody who could answer has room, or answered well',
  delivery_sent: 'its delivery is on its way to a block',
  delivered_in_pool: "somebody else's delivery of it waits for a block",
  chain_unreachable: 'its chain cannot be asked',
  charge_open: 'an answer of an earlier process may still be charged',
  // Refusals, before anything is run.
  other_gateway: 'it names another gateway',
  model_unknown: 'nobody here offers that model',
  model_not_signed: 'nobody who offers the model signs its work and takes these bytes as they are',
  too_few_contributors: 'fewer contributors offer the model than must agree',
  price_too_low: 'it pays less for a token than contributors here ask',
  fee_too_small: 'its maximum fee does not cover the tokens that it may take',
  delivery_fee_too_small: 'its delivery fee does not cover the gas at any price that would be paid',
  deadline_too_near: 'too little time is left to answer and deliver it',
  tier_unavailable: 'a tier that it demands cannot be had here',
  input_unreadable: 'its input is no request that this model answers',
  input_rewritten: 'its input would have to be changed before a contributor could be sent it',
  stream_not_delivered: 'its input asks for a stream, and a delivery is one piece',
  choices_not_delivered: 'its input asks for more than one choice',
  account_unusable: 'the account that is to pay its contributor cannot be used',
  payment_too_small: 'its payment is worth less than this gateway asks',
  payment_token_unknown: 'it pays in a token that this gateway does not take',
  verifier_not_accepted: 'it wants its answer judged by a verifier that is not accepted here',
  wallet_invalid: 'the wallet that is to pay is none, or cannot',
  // Ends.
  no_agreement: 'as many answers as may be asked for did not agree',
  answer_unusable: 'no answer could be made that a contract can be given',
  not_answered: 'nobody answered it, as often as it was tried',
  delivered_by_another: 'another gateway or contributor delivered it',
  deadline_passed: 'its deadline passed',
  reorganised: 'the block that asked is no longer there',
  delivery_reverted: 'its delivery was tried out and would revert',
  delivery_given_up: 'its delivery could not be sent in time at a price that its fee covers',
} as const

export type JobReason = keyof typeof jobReasons
