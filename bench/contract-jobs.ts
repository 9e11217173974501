/*
 * `node bench/contract-jobs.ts [jobs]`: how long a contract waits for its callback, and the gas of asking and of delivering. A real
 * `vouch serve`, a real chain that mines each transaction at once, and a contributor that answers at once: what is left is ours.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { readCoordinatorEvents } from '../src/chain/coordinator-events.ts'
import type { JobTerms } from '../src/domain/contract-job.ts'
import { openAskingConsumers } from '../test/support/asking-consumers.ts'
import { expectOk } from '../test/support/dev-chain.ts'
import { openJobGateway } from '../test/support/job-gateway.ts'
import { mirroredModel, openMirroredJobs } from '../test/support/mirrored-jobs.ts'
import { quantile } from './statistics.ts'

const jobsDefault = 50
const lookEveryMs = 5

const jobs = Number(process.argv[2] ?? jobsDefault)
const folder = mkdtempSync(join(tmpdir(), 'vouch-bench-'))
const place = await openMirroredJobs({ contributors: 1, gateways: 1 })
const [account] = place.gateways
if (account === undefined) throw new Error('there is one gateway')
const gateway = await openJobGateway(place, account, folder)
const consumers = await openAskingConsumers(place.home)
const { rpc, coordinator } = place.home

const terms: JobTerms = {
  modelId: mirroredModel.modelId,
  gateway: account.operator,
  minTiers: 3,
  promptAtomicPerMtok: mirroredModel.promptAtomicPerMtok,
  completionAtomicPerMtok: mirroredModel.completionAtomicPerMtok,
  maxFee: 10_000n,
  deliveryFee: 1_000_000n,
  deliveryTime: 600,
  callbackGas: 100_000,
  agreement: 1,
  answersMax: 1,
}

const gasOf = async (transactionHash: string): Promise<number> => {
  const receipt = expectOk(await rpc.call('eth_getTransactionReceipt', [transactionHash]))
  return Number((receipt as { readonly gasUsed: string }).gasUsed)
}

const waits: number[] = []
const gas: Record<'ask' | 'delivery', number[]> = { ask: [], delivery: [] }
for (let index = 0; index < jobs; index += 1) {
  const input = JSON.stringify({
    model: mirroredModel.name,
    messages: [{ role: 'user', content: `Question ${index}` }],
    max_tokens: 16,
  })
  const startedAtMs = performance.now()
  const { jobId } = await consumers.request({ terms, input })
  for (;;) {
    const range = { from: 0, to: 'latest', jobId } as const
    const told = expectOk(await readCoordinatorEvents(rpc, coordinator, range))
    const delivered = told.find(({ event }) => event.kind === 'CallbackSucceeded')
    const asked = told.find(({ event }) => event.kind === 'JobRequested')
    if (delivered !== undefined && asked !== undefined) {
      waits.push(performance.now() - startedAtMs)
      gas.ask.push(await gasOf(asked.transactionHash))
      gas.delivery.push(await gasOf(delivered.transactionHash))
      break
    }
    await wait(lookEveryMs)
  }
}

const at = (values: readonly number[], part: number): string =>
  Math.round(quantile(values, part)).toLocaleString('en-US')
const lines = [
  `${cpus().length} processors, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`,
  `${jobs} jobs, one after the other, each chain asked once a second (jobs.pollS: 1)`,
  `request to callback   p50 ${at(waits, 0.5)} ms   p99 ${at(waits, 0.99)} ms`,
  `gas of asking         p50 ${at(gas.ask, 0.5)}   (Infernet: 267,000)`,
  `gas of delivering     p50 ${at(gas.delivery, 0.5)}   (Infernet: 203,000)`,
]
process.stdout.write(`${lines.join('\n')}\n`)
await gateway.stop()
await place.stop()
rmSync(folder, { recursive: true, force: true })
