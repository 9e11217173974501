import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Cancellation } from '../../../src/base/cancellation.ts'
import { bytes32 } from '../../../src/domain/units.ts'
import { ProvingDesk } from '../../../src/proving/proving-desk.ts'
import type { ProofJobStore } from '../../../src/store/proof-job-store.ts'
import { openSqliteProofJobs } from '../../../src/store/proof-job-store-sqlite.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'
import { provableTensors, silentLog, usualBounds } from '../../support/proving-place.ts'
import { scriptedProof, scriptedProver } from '../../support/scripted-prover.ts'

let folder: ReturnType<typeof temporaryFolder>
let store: ProofJobStore

beforeEach(() => {
  folder = temporaryFolder()
  store = openSqliteProofJobs(join(folder.path, 'proofs.db'), { retentionMs: 3_600_000 })
})
afterEach(async () => {
  await store.close()
  folder.remove()
})

async function startDesk() {
  const prover = scriptedProver()
  const terms = { store, prover, bounds: usualBounds, log: silentLog, nowMs: Date.now }
  const desk = new ProvingDesk(terms)
  await desk.start()
  return { desk, prover }
}

const order = {
  channelId: bytes32(`0x${'c1'.repeat(32)}`),
  modelName: 'tiny',
  requestId: `req_${'01'.repeat(12)}`,
  receiptId: bytes32(`0x${'01'.repeat(32)}`),
  order: '{}',
}
const { proof } = provableTensors
if (proof === undefined) throw new Error('the fixture is proven')
const task = { modelName: 'tiny', proof, input: new Int32Array([1]), output: new Int32Array([2]) }

/** Its proof is made and its charge under way; its owner is taken for dead. */
async function chargingJob(): Promise<string> {
  const { desk, prover } = await startDesk()
  const begun = await desk.begin(order)
  if (!begun.ok) throw new Error(begun.error.reason)
  const proving = begun.value.prove(task, new Cancellation())
  ;(await prover.next()).finish()
  expect((await proving).ok).toBe(true)
  expect(await begun.value.charging({ answer: '[2]', proof: scriptedProof(task) })).toBe(true)
  await desk.stop()
  return begun.value.job.proofId
}

async function taken() {
  const { desk } = await startDesk()
  const [job] = await desk.abandoned()
  const run = job && (await desk.take(job))
  if (run === undefined) throw new Error('nothing is abandoned')
  return { desk, run }
}

test('what was being charged can be done by whoever comes after one that gave it back', async () => {
  const proofId = await chargingJob()
  const second = await taken()
  await second.run.giveBack()
  await second.desk.stop()
  // Its first owner lived, and charged: nobody may say now that nothing was.
  const third = await taken()
  await third.desk.cancel(proofId)
  await third.run.settled()
  expect(await store.find(proofId)).toMatchObject({ state: 'done', answer: '[2]' })
  await third.desk.stop()
})
