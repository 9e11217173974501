/*
 * The money of one coordinator as its events tell it: what came in, and whose it is by now. Nothing of the contract's own arithmetic
 * is used here.
 */
import type { readCoordinatorEvents } from '../../src/chain/coordinator-events.ts'
import { escrowOf } from '../../src/domain/contract-job.ts'
import type { Address, Bytes32 } from '../../src/domain/units.ts'

type Read = Awaited<ReturnType<typeof readCoordinatorEvents>>
export type ToldEvent = Extract<Read, { readonly ok: true }>['value'][number]['event']
type Of<Kind extends ToldEvent['kind']> = Extract<ToldEvent, { readonly kind: Kind }>

export type ToldBooks = {
  readonly requested: number
  readonly escrowIn: bigint
  /** Of contributors and of gateways. */
  readonly fees: bigint
  readonly refunds: bigint
  /** Of jobs that are not over. */
  readonly open: bigint
  readonly accounts: ReadonlyMap<Address, bigint>
  /** How often each job was delivered that was. */
  readonly deliveries: ReadonlyMap<Bytes32, number>
}

/** One sum of money that became somebody's. */
type Booking = { readonly account: Address; readonly amount: bigint; readonly isFee: boolean }

export function booksOf(events: readonly ToldEvent[]): ToldBooks {
  const requests = of(events, 'JobRequested')
  const answers = Map.groupBy(of(events, 'AnswerAdded'), ({ jobId }) => jobId)
  const delivered = of(events, 'JobDelivered')
  const returned = [...of(events, 'JobFailed'), ...of(events, 'JobExpired')]
  const jobs = new Map(requests.map((job) => [job.jobId, job]))
  const jobOf = (jobId: Bytes32): Of<'JobRequested'> => {
    const job = jobs.get(jobId)
    if (job === undefined) throw new Error('something happened to a job that was not asked for')
    return job
  }
  const bookings: readonly Booking[] = [
    ...delivered.flatMap((event) =>
      bookingsOf(jobOf(event.jobId), event, answers.get(event.jobId) ?? []),
    ),
    ...returned.map(({ jobId }) => {
      const { consumer, terms } = jobOf(jobId)
      return { account: consumer, amount: escrowOf(terms), isFee: false }
    }),
  ]
  const over = new Set([...delivered, ...returned].map(({ jobId }) => jobId))
  const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((all, one) => all + one, 0n)
  const sumOf = (isFee: boolean): bigint =>
    sum(bookings.filter((one) => one.isFee === isFee).map(({ amount }) => amount))
  const perAccount = Map.groupBy(bookings, ({ account }) => account)
  return {
    requested: requests.length,
    escrowIn: sum(requests.map(({ terms }) => escrowOf(terms))),
    fees: sumOf(true),
    refunds: sumOf(false),
    open: sum(requests.filter(({ jobId }) => !over.has(jobId)).map(({ terms }) => escrowOf(terms))),
    accounts: new Map(
      [...perAccount].map(([account, all]) => [account, sum(all.map(({ amount }) => amount))]),
    ),
    deliveries: new Map(
      [...Map.groupBy(delivered, ({ jobId }) => jobId)].map(([jobId, all]) => [jobId, all.length]),
    ),
  }
}

const of = <Kind extends ToldEvent['kind']>(
  events: readonly ToldEvent[],
  kind: Kind,
): readonly Of<Kind>[] => events.filter((event): event is Of<Kind> => event.kind === kind)

/** Each contributor of the delivered content is paid its fee, the last one's gateway the delivery, and the consumer the rest. */
function bookingsOf(
  { terms, consumer }: Of<'JobRequested'>,
  { contentHash, gateway }: Of<'JobDelivered'>,
  answers: readonly Of<'AnswerAdded'>[],
): readonly Booking[] {
  const paid = [
    ...answers
      .filter((answer) => answer.contentHash === contentHash)
      .map(({ contributor, fee }) => ({ account: contributor, amount: fee, isFee: true })),
    { account: gateway, amount: terms.deliveryFee, isFee: true },
  ]
  const left = paid.reduce((rest, { amount }) => rest - amount, escrowOf(terms))
  return [...paid, { account: consumer, amount: left, isFee: false }]
}
