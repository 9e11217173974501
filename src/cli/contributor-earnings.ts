import { readStandings } from '../contributor/claim-payouts.ts'
import { type DayOfEarnings, earningsByDay, readEarnings } from '../contributor/earnings-diary.ts'
import { type PayerSurroundings, report } from './channel-surroundings.ts'
import { CommandFailure } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import {
  coordinatorLines,
  coordinatorValues,
  readCoordinatorDues,
} from './contributor-contracts.ts'
import type { ContributorOptions } from './contributor-options.ts'
import {
  amountsOf,
  checkChain,
  openPlace,
  readCredit,
  readPayoutToken,
} from './contributor-place.ts'
import { payoutTotals } from './payouts-report.ts'

/** `vouch contributor earnings`: by our own book, by the vouchers that we hold, and by the chain. */
export async function showEarnings(
  options: ContributorOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const place = openPlace(options)
  await checkChain(place)
  const credit = await readCredit(place)
  const token = await readPayoutToken(place)
  const standings = orFail(await readStandings(place.rpc, credit))
  const lines = await readEarnings(place.paths.earnings)
  if (!lines.ok) throw new CommandFailure(lines.error)
  const days = earningsByDay(lines.value).slice(-options.days)
  const totals = payoutTotals(credit.book, standings)
  const { earned, promised, claimed, claimable, unpaid, unsettled } = totals
  const received = claimed > unsettled ? claimed - unsettled : 0n
  const amount = amountsOf(token)
  const { receiver } = place.file.payout
  const contracts = await readCoordinatorDues(place)
  report(surroundings, options, {
    lines: [
      `earned     ${amount(earned)}  by your own count of signed work`,
      `promised   ${amount(promised)}  in vouchers that you hold`,
      `unpaid     ${amount(unpaid)}  worked on credit, of ${amount(place.file.creditLimit)}`,
      `claimable  ${amount(claimable)}  now, by 'vouch contributor claim'`,
      `claimed    ${amount(claimed)}  on the chain`,
      `received   ${amount(received)}  paid out to ${receiver}`,
      ...coordinatorLines(contracts),
      ...dayLines(days, amount),
    ],
    value: {
      object: 'vouch.contributor_earnings',
      token,
      receiver,
      earned: String(earned),
      promised: String(promised),
      unpaid: String(unpaid),
      claimable: String(claimable),
      claimed: String(claimed),
      received: String(received),
      contracts: coordinatorValues(contracts),
      days: days.map(({ day, owedAmount, promisedAmount }) => ({
        day,
        earned: String(owedAmount),
        promised: String(promisedAmount),
      })),
    },
  })
  return 0
}

const dayLines = (
  days: readonly DayOfEarnings[],
  amount: (amount: bigint) => string,
): readonly string[] =>
  days.length === 0
    ? []
    : [
        '',
        'by day (UTC)',
        ...days.map(
          ({ day, owedAmount, promisedAmount }) =>
            `${day}  earned ${amount(owedAmount)}, promised ${amount(promisedAmount)}`,
        ),
      ]
