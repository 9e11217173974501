import { type WorkStatus, workStatus } from '../domain/receipt.ts'

/** How the answer ended and what of it the receipt covers. */
export function describeStatus(status: WorkStatus): string {
  switch (status) {
    case workStatus.complete:
      return 'complete: the answer reached its end'
    case workStatus.clientDisconnected:
      return 'the client left before the end: the receipt covers what was delivered until then'
    case workStatus.upstreamFailed:
      return 'the contributor failed before the end: nothing may be charged'
    case workStatus.truncatedByBudget:
      return 'cut short where the paid budget ended: the receipt covers what was delivered'
  }
}
