/*
 * An oracle of risk that keeps a schedule: each minute it asks with the prices that it saw, and believes what two of three
 * contributors say alike.
 */
import { readCoordinatorEvents } from '../chain/coordinator-events.ts'
import { riskOracleAbi, riskOracleBytecode } from '../chain/generated/risk-oracle.ts'
import type { Bytes32 } from '../domain/units.ts'
import { CommandFailure } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import {
  deployFeed,
  percentOf,
  pricePeriodS,
  showPrices,
  volatilityBits,
} from './example-prices.ts'
import type { ExampleSteps } from './example-steps.ts'

const dollar = 1_000_000n
const agreement = 2
export const oracleContributors = 3
const periodS = 60
/** A gateway looks for due runs every second or two; a slow machine may take longer. */
const looksMax = 600
const lookEveryMs = 100

export async function keepOracle(steps: ExampleSteps): Promise<void> {
  const { coordinator, operator, models } = steps.place.running
  const feed = await deployFeed(steps)
  const oracle = await steps.deploy({
    name: 'RiskOracle',
    abi: riskOracleAbi,
    bytecode: riskOracleBytecode,
    args: [
      ...[coordinator, operator, models['volatility'], feed.address],
      ...[pricePeriodS, volatilityBits.input, agreement, oracleContributors],
    ],
  })
  await showPrices(steps, feed, oracle)
  const budget = 2n * dollar
  await steps.pay(oracle.address, budget)
  const rhythm = { startsAt: 0, period: periodS, runsMax: 1 }
  const started = await steps.send(
    { contract: oracle, functionName: 'start', args: [rhythm, budget] },
    `started its schedule: each ${periodS} s, once for this example`,
  )
  const scheduleId = String(await steps.read(oracle, 'scheduleId'))
  const jobId = await runOf(steps, { scheduleId, from: Number(started.blockNumber) })
  steps.tell(`the gateway opened its run: job ${jobId}`)
  const delivered = await steps.follow(jobId)
  const risk = (await steps.read(oracle, 'risk')) as bigint
  const updatedAt = Number(await steps.read(oracle, 'updatedAt'))
  if (updatedAt === 0) throw new CommandFailure('the oracle did not take the answer')
  await steps.send({ contract: oracle, functionName: 'stop', args: [] }, 'stopped, rest paid out')
  steps.conclude([
    ['job', jobId],
    ['risk', `${risk}, which is ${percentOf(risk)}`],
    ['updatedAt', new Date(updatedAt * 1_000).toISOString()],
    ['agreed on', `${delivered.contentHash} by ${agreement} of ${oracleContributors}`],
    ['last receipt', delivered.receiptDigest],
  ])
}

/** The job that the schedule's first run opens. */
async function runOf(
  steps: ExampleSteps,
  { scheduleId, from }: { readonly scheduleId: string; readonly from: number },
): Promise<Bytes32> {
  const { rpc, running } = steps.place
  const range = { from, to: 'latest', kinds: ['ScheduleRun'] } as const
  for (let look = 0; look < looksMax; look += 1) {
    const events = orFail(await readCoordinatorEvents(rpc, running.coordinator, range))
    for (const { event } of events) {
      if (event.kind === 'ScheduleRun' && event.scheduleId === scheduleId) return event.jobId
    }
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
  }
  throw new CommandFailure('no gateway opened the run of the schedule')
}
