/*
 * The receipts of a channel as its payer sees them, one answer after the other. Answers that run side by side end in any
 * order, and other keys of the same channel have receipts of their own in between: so what is held to each other are the
 * receipts that were seen, and how much was charged between them.
 *
 * Invariants:
 *   (1) links are in the order of channelSeq, and no number stands twice;
 *   (2) between two neighbours cumulative grows at least by the cost of the later one, and by exactly that where no number is
 *       between them; then the later one also points back to the earlier one;
 *   (3) gatewaySeq grows with channelSeq.
 */
import { err, ok, type Result } from '../base/result.ts'
import type { Receipt } from '../domain/receipt.ts'
import type { Bytes32 } from '../domain/units.ts'

/** What of a receipt is held to its neighbours. */
export type ChainLink = Pick<
  Receipt,
  'channelSeq' | 'gatewaySeq' | 'cost' | 'cumulative' | 'prevReceipt'
> & { readonly digest: Bytes32 }

/** Older ones are forgotten; an answer that ends after so many others is not held to what was before them. */
const linksRememberedMax = 1_024

/** The chain with one more link, or one sentence that says what contradicts it. */
export function takeLink(
  links: readonly ChainLink[],
  link: ChainLink,
): Result<readonly ChainLink[], string> {
  const at = links.findIndex(({ channelSeq }) => channelSeq >= link.channelSeq)
  const place = at === -1 ? links.length : at
  const [before, next] = [links[place - 1], links[place]]
  if (next?.channelSeq === link.channelSeq) {
    return err(
      next.digest === link.digest
        ? `receipt ${link.channelSeq} of the channel was shown for another answer already`
        : `there are two receipts with number ${link.channelSeq} on the channel: proof against the gateway`,
    )
  }
  const fault = faultBetween(before, link) ?? faultBetween(link, next)
  if (fault !== undefined) return err(fault)
  return ok([...links.slice(0, place), link, ...links.slice(place)].slice(-linksRememberedMax))
}

function faultBetween(a: ChainLink | undefined, b: ChainLink | undefined): string | undefined {
  if (a === undefined || b === undefined) return undefined
  const numbers = `${a.channelSeq} and ${b.channelSeq}`
  if (b.gatewaySeq <= a.gatewaySeq) {
    return `of the receipts ${numbers} the later one has the lower number of the gateway`
  }
  const between = b.cumulative - b.cost - a.cumulative
  if (between < 0n) {
    return `between the receipts ${numbers} the channel's sum grows by less than the later one's cost`
  }
  if (b.channelSeq !== a.channelSeq + 1) return undefined
  if (between > 0n) {
    return `between the receipts ${numbers} the channel's sum grows by ${between} more than was charged`
  }
  return b.prevReceipt === a.digest
    ? undefined
    : `receipt ${b.channelSeq} points back to another one than receipt ${a.channelSeq}`
}

/** Atomic units that the channel was charged between the links, by receipts that nobody showed. */
export function unexplainedAmount(links: readonly ChainLink[]): bigint {
  let amount = 0n
  for (const [at, link] of links.entries()) {
    const before = links[at - 1]
    if (before !== undefined) amount += link.cumulative - link.cost - before.cumulative
  }
  return amount
}
