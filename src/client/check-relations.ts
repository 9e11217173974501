/*
 * What must hold between the fields of any honest receipt, whoever signed it. Only what the
 * gateway's own rules make impossible is a failure; see docs/receipts.md for each.
 */
import type { Receipt } from '../domain/receipt.ts'
import { zeroBytes32 } from '../domain/units.ts'
import { type CheckLine, fails, holds } from './check-line.ts'
import { checkTiers } from './check-tiers.ts'
import { describeTime } from './describe-time.ts'

/** The contracts' CLOCK_TOLERANCE: no clock of an honest gateway is further ahead. */
const clockToleranceS = 15 * 60

export function checkRelations(receipt: Receipt, nowMs: number): readonly CheckLine[] {
  return [
    ...checkTiers(receipt),
    checkTimes(receipt, nowMs),
    checkUsage(receipt),
    checkSequence(receipt),
  ]
}

function checkTimes({ work }: Receipt, nowMs: number): CheckLine {
  const { startedAt, finishedAt } = work
  if (startedAt > finishedAt) {
    return fails('times', `finished ${startedAt - finishedAt} s before it started`)
  }
  const aheadS = finishedAt - Math.floor(nowMs / 1000)
  if (aheadS > clockToleranceS) {
    return fails('times', `finished ${aheadS} s in the future, by this machine's clock`)
  }
  return holds('times', `${describeTime(startedAt)} to ${describeTime(finishedAt)}`)
}

function checkUsage({ work }: Receipt): CheckLine {
  const { promptTokens, cachedPromptTokens, completionTokens } = work
  if (cachedPromptTokens > promptTokens) {
    return fails(
      'usage',
      `${cachedPromptTokens} cached prompt tokens of ${promptTokens} prompt tokens`,
    )
  }
  return holds(
    'usage',
    `${promptTokens} prompt tokens (${cachedPromptTokens} cached), ` +
      `${completionTokens} completion tokens; that they were counted right is not proven`,
  )
}

function checkSequence(receipt: Receipt): CheckLine {
  const { gatewaySeq, channelSeq, cost, cumulative, prevReceipt } = receipt
  if (gatewaySeq === 0 || channelSeq === 0) {
    return fails('sequence', 'a sequence number is 0; both start at 1')
  }
  if (channelSeq > gatewaySeq) {
    return fails(
      'sequence',
      `number ${channelSeq} on its channel, but only number ${gatewaySeq} of its gateway`,
    )
  }
  if (cumulative < cost) {
    return fails('sequence', `costs ${cost}, but the channel's sum with it is ${cumulative}`)
  }
  const first = channelSeq === 1
  if (first !== (prevReceipt === zeroBytes32)) {
    return fails(
      'sequence',
      first
        ? 'the first receipt of a channel points back to another'
        : 'points back to no receipt, though it is not the first of its channel',
    )
  }
  return holds('sequence', `number ${channelSeq} on its channel, which owes ${cumulative} with it`)
}
