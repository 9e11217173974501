import type { ContributorStanding } from '../chain/contributor-registration.ts'
import { isServingNow } from '../chain/operator-standing.ts'
import type { AgentStatus } from '../contributor/control-socket.ts'
import { paidAmount, unpaidAmount } from '../contributor/credit-book.ts'
import type { RemoteStanding } from '../contributor/joining-answers.ts'
import { writeAskedAt } from '../domain/contract-job-headers.ts'
import { formatCoinRoundedDown } from './contracts-report.ts'
import { type CoordinatorDue, coordinatorValues } from './contributor-contracts.ts'
import { amountsOf } from './contributor-place.ts'
import type { ChainView, ContributorView } from './contributor-status.ts'
import { payoutTotals } from './payouts-report.ts'

const labelWidth = 11
const row = (label: string, text: string): string => `${label.padEnd(labelWidth)}${text}`
const dateOf = (seconds: number): string => new Date(seconds * 1000).toISOString()

export function contributorLines(view: ContributorView): readonly string[] {
  const { file, folder, agent, gateway, chain, signingAddress, warnings, nowMs } = view
  return [
    row('account', `${file.contributor} on chain ${file.chain.chainId}, kept in ${folder}`),
    row('works for', `${file.gateway.origin} (${file.gateway.operator})`),
    row('signs with', signingAddress ?? 'no key'),
    row('agent', agentLine(agent, nowMs)),
    ...(gateway.ok ? gatewayLines(gateway.value) : [row('gateway', gateway.error)]),
    ...(chain.ok ? registryLines(chain.value.standing) : [row('chain', chain.error)]),
    ...moneyLines(view),
    ...warnings.map((warning) => row('!', warning)),
  ]
}

function agentLine(agent: ContributorView['agent'], nowMs: number): string {
  if (agent === undefined) return 'does not run'
  if (!agent.ok) return agent.error
  const { state, inFlight, connected, pid, startedAtMs, engine, models } = agent.value
  const link = connected === null ? 'dialled by the gateway' : connected ? 'connected' : 'cut off'
  return `${state}, ${inFlight} in flight, ${link}; ${models.join(', ')} by ${engine}; process ${pid} for ${ageOf(nowMs - startedAtMs)}`
}

const ageOf = (ms: number): string =>
  ms < 3_600_000 ? `${Math.floor(ms / 60_000)} min` : `${Math.floor(ms / 3_600_000)} h`

function gatewayLines({ state, cause, in_flight, models }: RemoteStanding): readonly string[] {
  const why = cause === null ? '' : ` (${cause})`
  return [
    row('gateway', `sees you as ${state}${why}, ${in_flight} in flight`),
    ...models.map(({ id, endpoints }) => {
      const measured = endpoints.map(
        ({ endpoint, served, failed, uptime, first_token_ms, per_token_ms }) =>
          `${endpoint}: ${served} served, ${failed} failed, ${Math.round(uptime * 100)} % up${speedOf(first_token_ms, per_token_ms)}`,
      )
      return row('', `${id}  ${measured.join('; ') || 'not asked yet'}`)
    }),
  ]
}

const speedOf = (firstTokenMs: number | null, perTokenMs: number | null): string => {
  const first = firstTokenMs === null ? '' : `, first token ${Math.round(firstTokenMs)} ms`
  const rate =
    perTokenMs === null || perTokenMs === 0 ? '' : `, ${Math.round(1000 / perTokenMs)} tokens/s`
  return `${first}${rate}`
}

function registryLines(standing: ContributorStanding): readonly string[] {
  const { state, stake, unbonding, withdrawableAtS, activeKeys, asset, coinBalance, balance } =
    standing
  const amount = amountsOf(asset)
  const serves = isServingNow(standing) ? 'may serve' : 'may not serve'
  return [
    row(
      'registry',
      `${state}, ${serves}: ${amount(stake)} at stake, ${activeKeys} active key${activeKeys === 1 ? '' : 's'}`,
    ),
    ...(withdrawableAtS === undefined
      ? []
      : [
          row(
            '',
            `${amount(unbonding)} on its way out, withdrawable from ${dateOf(withdrawableAtS)}`,
          ),
        ]),
    row('holds', `${formatCoinRoundedDown(coinBalance)} for gas, ${amount(balance)}`),
  ]
}

function moneyLines({ book, file, chain, contracts }: ContributorView): readonly string[] {
  const units = chain.ok
    ? amountsOf(chain.value.token)
    : (amount: bigint) => `${amount} atomic units`
  return [
    row('earned', `${units(book.owedAmount)}, of which ${units(paidAmount(book))} is promised`),
    row('unpaid', `${units(unpaidAmount(book))} of ${units(file.creditLimit)} credit`),
    ...(chain.ok ? voucherLines(chain.value, book, units) : []),
    ...contracts.map((due) => row('contracts', dueLine(due))),
  ]
}

function dueLine(due: CoordinatorDue): string {
  const place = writeAskedAt(due)
  if (!due.onChain.ok) return `${place}: ${due.onChain.error}`
  const amount = amountsOf(due.onChain.asset)
  const open = `${amount(due.openAmount)} for ${due.openJobs} answers open`
  return `${place}: ${amount(due.onChain.bookedAmount)} booked, ${open}`
}

function voucherLines(
  { payouts }: ChainView,
  book: ContributorView['book'],
  units: (amount: bigint) => string,
): readonly string[] {
  const newest = book.vouchers.at(-1)
  if (newest === undefined) return [row('voucher', 'none yet')]
  const { claimable, claimed } = payoutTotals(book, payouts)
  return [
    row('voucher', `${units(newest.maxClaimableAmount)} on channel ${newest.channelId}`),
    row('on chain', `${units(claimed)} claimed, ${units(claimable)} claimable`),
  ]
}

const text = (amount: bigint): string => String(amount)

/** Amounts are decimal strings of atomic units; a side that could not be asked is `{error}`. */
export function contributorJson(view: ContributorView): Readonly<Record<string, unknown>> {
  const { file, folder, agent, gateway, chain, contracts, signingAddress, warnings, book } = view
  const newest = book.vouchers.at(-1)
  return {
    object: 'vouch.contributor_status',
    folder,
    contributor: file.contributor,
    chain_id: file.chain.chainId,
    gateway_origin: file.gateway.origin,
    signing_address: signingAddress ?? null,
    agent: agent === undefined ? null : agent.ok ? agentJson(agent.value) : { error: agent.error },
    gateway: gateway.ok ? gateway.value : { error: gateway.error },
    registry: chain.ok ? registryJson(chain.value.standing) : { error: chain.error },
    earned: text(book.owedAmount),
    promised: text(paidAmount(book)),
    unpaid: text(unpaidAmount(book)),
    credit_limit: text(file.creditLimit),
    voucher:
      newest === undefined
        ? null
        : { channel_id: newest.channelId, max_claimable: text(newest.maxClaimableAmount) },
    payouts: chain.ok ? payoutsJson(chain.value, book) : null,
    contracts: coordinatorValues(contracts),
    warnings,
  }
}

const agentJson = (agent: AgentStatus) => ({
  state: agent.state,
  pid: agent.pid,
  in_flight: agent.inFlight,
  connected: agent.connected,
  signing_address: agent.signingAddress,
  engine: agent.engine,
  models: agent.models,
})

const registryJson = (standing: ContributorStanding) => ({
  state: standing.state,
  serving: isServingNow(standing),
  stake: text(standing.stake),
  stake_min: text(standing.terms.minStake),
  unbonding: text(standing.unbonding),
  withdrawable_at: standing.withdrawableAtS ?? null,
  active_keys: standing.activeKeys,
  keys: standing.keys.map(({ key, state }) => ({ key, state })),
  asset: standing.asset,
  balance: text(standing.balance),
  coin_balance: text(standing.coinBalance),
  payout: standing.payout ?? null,
})

function payoutsJson({ payouts, token }: ChainView, book: ContributorView['book']) {
  const { claimed, claimable, unsettled } = payoutTotals(book, payouts)
  const amounts = { claimed: text(claimed), claimable: text(claimable), unsettled: text(unsettled) }
  const ends = payouts.flatMap(({ onChain }) => onChain.withdrawFinalAtS ?? [])
  return { token, ...amounts, withdraw_final_at: ends.length === 0 ? null : Math.min(...ends) }
}
