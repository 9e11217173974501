/**
 * What one transaction may cost at most and until when it may be sent, for a transaction that must pay for itself. Whatever
 * is sent of it, its replacements included, costs at most `feeWeiMax * gasLimitMax` wei.
 */
export type TransactionCaps = {
  /** Wei for a unit of gas. While the chain asks for more, the transaction waits. */
  readonly feeWeiMax: bigint
  /** It is signed with this limit, so that it cannot run out of gas below it; what needs more is not sent. */
  readonly gasLimitMax: bigint
  /** Unix seconds by the chain's clock: after it nothing is signed or sent any more, but what takes the nonce back. */
  readonly notAfterS: number
}

/** Wei; nothing that is ever sent under these caps costs more. */
export const worstCostWei = ({ feeWeiMax, gasLimitMax }: TransactionCaps): bigint =>
  feeWeiMax * gasLimitMax
