import { formatAmount } from './amounts.ts'
import { labelled, type ScreenEvent } from './contribute-screen.ts'

type Token = { readonly symbol: string; readonly decimals: number }

/** What a person reads of an event while its machine serves: one line with the time. */
export function linesOf(event: ScreenEvent, token: Token): readonly string[] {
  const words = wordsOf(event, token)
  return words === undefined ? [] : labelled(new Date().toTimeString().slice(0, 8), words)
}

function wordsOf(event: ScreenEvent, { symbol, decimals }: Token): string | undefined {
  const text = (member: string): string => String(event[member])
  const amount = (member: string): string =>
    `${formatAmount(BigInt(text(member)), decimals)} ${symbol}`
  const until = (member: string): string =>
    new Date(Number(event[member]) * 1000).toISOString().replace(/:\d\d\.000Z$/, ' UTC')
  switch (event.event) {
    case 'joined':
      return 'joined the pool'
    case 'standing':
      return standingWords(event)
    case 'not_joined':
      return `not in the pool: ${text('why')}`
    case 'connected':
      return 'connected to the gateway'
    case 'disconnected':
      return `disconnected (${text('why')}); dialled again in ${(Number(event['againInMs']) / 1000).toFixed(1)} s`
    case 'gateway_refused':
      return `hung up on somebody who is not the gateway: ${text('why')}`
    case 'listening':
      return `listening at ${text('url')}`
    case 'engine_away':
      return 'the engine does not answer: no request is taken until it does'
    case 'engine_restarted':
      return 'the built-in engine ended and is started again'
    case 'engine_back':
      return 'the engine answers again'
    case 'voucher':
      return `voucher over ${amount('amount')}, ${amount('promised')} in all`
    case 'voucher_refused':
      return event['reason'] === 'chain_unavailable'
        ? 'your own node does not answer, so a voucher cannot be checked; work goes on only as far as the credit'
        : `a voucher that is no good was refused (${text('reason')}); work goes on only as far as the credit`
    case 'gateway_withdraws':
    case 'withdrawal_pending':
      return `the gateway takes its escrow back, finally at ${until('finalAtS')}: 'vouch contributor claim' before that`
    case 'credit_not_saved':
      return `vouchers cannot be written down: ${text('error')}`
    case 'claim_due':
      return `${amount('amount')} should be claimed (${text('reason')}): 'vouch contributor claim'`
    case 'claim_too_dear':
      return `a claim of ${amount('amount')} would cost ${amount('feeAmount')} of gas: not sent`
    case 'claimed':
      return `claimed ${amount('amount')}  ${text('transactionHash')}`
    case 'claim_failed':
      return `a look at the chain failed: ${text('error')}`
    case 'coordinator_accepted':
      return `contracts that ask at ${text('place')} are answered`
    case 'coordinator_refused':
      return `contracts that ask at ${text('place')} are not answered: ${text('why')}`
    case 'contract_job_paid':
      return `a contract paid ${amount('amount')}, to be withdrawn by 'vouch contributor claim'`
    case 'contract_job_lost':
      return `an answer to a contract was not paid (${amount('amount')} at your prices)`
    case 'dues_not_saved':
      return `what contracts paid cannot be written down: ${text('error')}`
    case 'draining':
      return 'stopping: what runs is answered, nothing new is taken (Ctrl-C again stops at once)'
    case 'drained':
      return event['left'] === true
        ? 'out of the pool'
        : `the gateway could not be told: ${text('why')}`
    case 'stopped':
      return `${text('answers')} answered, ${amount('earned')} earned in this run`
    default:
      return undefined
  }
}

function standingWords({ state, cause }: ScreenEvent): string {
  if (state === 'healthy') return 'the gateway asks this machine from now on'
  if (state === 'pending') return "the gateway's operator has yet to approve this machine"
  return `not asked yet: ${String(cause ?? state)}`
}
