/*
 * From the first job to the last: serves, tells what happens, and stops in good order.
 */
import type { PrivateKey } from '../chain/private-key.ts'
import type { Sender } from '../chain/transactions.ts'
import { openControlSocket } from '../contributor/control-socket.ts'
import { openGpuFacts } from '../contributor/gpu-facts.ts'
import { type EngineWatch, watchEngine } from '../contributor/watch-engine.ts'
import { CommandFailure } from './command.ts'
import type { Contribution } from './contribute-agent.ts'
import { linesOf } from './contribute-events.ts'
import { OnlineContributor } from './contribute-online.ts'
import { openPayments, type Payments } from './contribute-payments.ts'
import type { Screen, ScreenEvent } from './contribute-screen.ts'
import { addJob, noSums, type RunStatus, statusEvent, statusLine } from './contribute-status.ts'
import { contributorPaths } from './contributor-file.ts'
import { untilStopped } from './until-stopped.ts'

/** How often the line at the bottom is written anew, a program is told, and an idle gateway is asked for a voucher. */
const lineEveryMs = 1_000
const eventEveryMs = 60_000
const voucherEveryMs = 15_000

type Run = {
  readonly online: OnlineContributor
  readonly payments: Payments
  readonly status: () => RunStatus
  readonly tell: (event: ScreenEvent) => void
}

/** Resolves when it was told to stop and everything that was taken is answered. Throws CommandFailure. */
export async function serveUntilStopped(
  contribution: Contribution,
  own: {
    readonly signingKey: PrivateKey
    /** Of the operator account, where it was opened in this run. */
    readonly sender: Sender | undefined
    readonly screen: Screen
  },
): Promise<void> {
  const { screen, sender } = own
  const { engine, met, options } = contribution
  const tell = (event: ScreenEvent): void =>
    screen.tell(event, ...linesOf(event, met.terms.chain.payout_token))
  const payments = await openPayments(contribution, { sender, tell })
  const watch = watchEngine({
    baseUrl: engine.found.baseUrl,
    apiKey: engine.apiKey,
    onChange: (isThere) => tell({ event: isThere ? 'engine_back' : 'engine_away' }),
  })
  const run = runOf(contribution, { ...own, payments, watch, tell })
  const { online } = run
  try {
    const control = await openControlSocket(contributorPaths(options.folder).socket, online.control)
    if (!control.ok) throw new CommandFailure(control.error)
    try {
      await serve(contribution, run, screen)
    } finally {
      await control.value.close()
    }
  } finally {
    screen.close()
    watch.stop()
    await online.close()
    await payments.close()
  }
  const { sums, book, owedBefore } = run.status()
  tell({ event: 'stopped', answers: sums.answers, earned: book.owedAmount - owedBefore })
}

function runOf(
  contribution: Contribution,
  own: Omit<Run, 'online' | 'status'> & {
    readonly signingKey: PrivateKey
    readonly watch: EngineWatch
    readonly screen: Screen
  },
): Run {
  const { payments, watch, tell, screen, signingKey } = own
  const startedAtMs = Date.now()
  let sums = noSums
  const online = new OnlineContributor({
    contribution,
    books: payments.books,
    signingKey,
    isEngineThere: watch.isThere,
    readGpus: openGpuFacts({ nowMs: Date.now }),
    onJobEnd: (ended) => {
      sums = addJob(sums, ended)
      payments.noteJob()
      if (!screen.isPerson) screen.tell({ event: 'job', ...ended })
    },
    beforeLeaving: () => payments.waitForVoucher(online.signingKey),
    onEvent: tell,
    nowMs: Date.now,
  })
  const status = (): RunStatus => ({
    state: stateOf(online, watch.isThere()),
    ...{ running: online.load.running, waiting: online.load.waiting, sums, startedAtMs },
    ...{ book: payments.book(), owedBefore: payments.owedBefore },
    creditLimit: contribution.file.creditLimit,
  })
  return { online, payments, status, tell }
}

async function serve(
  { met }: Contribution,
  { online, payments, status }: Run,
  screen: Screen,
): Promise<void> {
  const begun = await online.begin()
  if (!begun.ok)
    throw new CommandFailure(`${met.origin} does not take this machine: ${begun.error}`)
  payments.start()
  const line = (): void => {
    payments.look()
    const { connected, gatewaySeenAtMs } = online.status()
    // A gateway that has no work for us is there all the same.
    payments.gatewaySeen(connected === true ? Date.now() : gatewaySeenAtMs)
    screen.status(statusLine(status(), met.terms.chain.payout_token, Date.now()))
  }
  const tellStatus = (): void => {
    if (!screen.isPerson) screen.tell(statusEvent(status(), Date.now()))
  }
  const timers = [
    setInterval(line, lineEveryMs),
    setInterval(tellStatus, eventEveryMs),
    setInterval(() => void payments.askForVoucher(online.signingKey), voucherEveryMs),
  ]
  try {
    await untilStopped(async () => {
      await online.drain()
      tellStatus()
    })
  } finally {
    for (const timer of timers) clearInterval(timer)
  }
}

function stateOf(online: OnlineContributor, isEngineThere: boolean): RunStatus['state'] {
  const { state, connected } = online.status()
  if (state !== 'serving') return state
  if (!isEngineThere) return 'engine away'
  return connected === false ? 'connecting' : 'online'
}
