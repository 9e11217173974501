/*
 * A gateway that is killed, as by a power cut, while it has the job of a contract: whatever it was at, the next one goes on, and
 * the contract is answered once.
 */
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { builtInModel } from '../../src/dev/built-in-model.ts'
import type { Bytes32 } from '../../src/domain/units.ts'
import type { ContractJob } from '../../src/store/contract-job-store.ts'
import { openSqliteContractJobs } from '../../src/store/contract-job-store-sqlite.ts'
import { type AskingPlace, jobsSection, openAskingPlace } from '../support/asking-place.ts'
import { expectOk } from '../support/dev-chain.ts'
import { pollUntil } from '../support/poll-until.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'
import {
  openServingPlace,
  type ServingGateway,
  type ServingPlace,
} from '../support/serving-place.ts'
import { type SigningUpstream, signingUpstream } from '../support/signing-upstream.ts'

let place: ServingPlace
let asking: AskingPlace
let gateway: ServingGateway
let upstream: ScriptedUpstream
let signing: SigningUpstream

beforeAll(async () => {
  place = await openServingPlace({
    sections: jobsSection,
    contributor: async ({ keys, addresses, chainId, contracts }) => {
      signing = signingUpstream({
        privateKey: keys.contributorSigner,
        operator: addresses.contributorOperator,
        domain: receiptDomain({ chainId, verifyingContract: contracts.receiptVerifier }),
        modelId: builtInModel().modelId,
      })
      upstream = await startScriptedUpstream(signing.answer(['yes']))
      return { baseUrl: upstream.baseUrl, stop: () => upstream.close() }
    },
  })
  asking = await openAskingPlace(place.chain().rpc, place.devChain)
})

beforeEach(async () => {
  upstream.become(signing.answer(['yes']))
  gateway = await place.start()
})

afterAll(async () => {
  await gateway?.kill()
  await place?.remove()
})

const question = (): string =>
  JSON.stringify({
    model: place.modelName,
    messages: [{ role: 'user', content: 'Is it?' }],
    max_tokens: 16,
  })

const chain = async (method: string, ...params: readonly unknown[]) =>
  expectOk(await place.chain().rpc.call(method, params))

/** As it is written, read beside the gateway that writes it. */
async function recordOf(jobId: Bytes32): Promise<ContractJob | undefined> {
  const path = join(dirname(place.ledgerPath), 'jobs.db')
  const store = openSqliteContractJobs(path, { retentionMs: 3_600_000 })
  try {
    return await store.find(jobId)
  } finally {
    await store.close()
  }
}

async function untilRecord(
  jobId: Bytes32,
  isSo: (job: ContractJob) => boolean,
): Promise<ContractJob> {
  const job = await pollUntil(
    () => recordOf(jobId),
    (found) => found !== undefined && isSo(found),
  )
  if (job === undefined) throw new Error('there is a record')
  return job
}

const questionsAsked = () =>
  upstream.requests.filter(({ headers }) => headers['x-vouch-job'] !== undefined)

const transactionsOf = async (account: string): Promise<number> =>
  Number(await chain('eth_getTransactionCount', account, 'latest'))

/** By the chain's own events: how often the contract was given an answer. */
async function expectAnsweredOnce(jobId: Bytes32): Promise<void> {
  expect(await asking.answered(jobId)).toBe('yes')
  const job = await untilRecord(jobId, ({ state }) => state === 'delivered')
  expect(job.answers).toHaveLength(1)
  expect(await asking.timesAnswered(jobId)).toBe(1)
}

test('killed between the answer and its delivery, it delivers what it had, and asks nobody again', async () => {
  const gate = Promise.withResolvers<void>()
  upstream.become(async (request, response) => {
    await gate.promise
    await signing.answer(['yes'])(request, response)
  })
  const jobId = await asking.request(asking.terms(), question())
  await untilRecord(jobId, ({ answers }) => answers.length === 1)
  // Dearer than any fee covers: the answer is kept, and its delivery waits.
  await chain('anvil_setNextBlockBaseFeePerGas', `0x${(10n ** 13n).toString(16)}`)
  await chain('evm_mine')
  gate.resolve()
  const kept = await untilRecord(jobId, ({ reason }) => reason === 'fee_below_gas')
  expect(kept).toMatchObject({ state: 'delivering', answers: [{ state: 'kept' }] })
  const asked = questionsAsked().length
  await gateway.kill()
  await chain('anvil_setNextBlockBaseFeePerGas', '0x3b9aca00')
  await chain('evm_mine')
  gateway = await place.start()
  await expectAnsweredOnce(jobId)
  expect(questionsAsked()).toHaveLength(asked)
  await gateway.kill()
})

test('killed while its transaction waits for a block, it sends no second one', async () => {
  const before = await transactionsOf(place.devChain.addresses.gatewayOperator)
  await chain('evm_setAutomine', false)
  const jobId = await asking.request(asking.terms(), question())
  const sent = async () => Number(await chain('eth_getBlockTransactionCountByNumber', 'pending'))
  await pollUntil(sent, (count) => count > 0)
  await gateway.kill()
  gateway = await place.start()
  await chain('evm_setAutomine', true)
  await chain('evm_mine')
  await expectAnsweredOnce(jobId)
  const after = await transactionsOf(place.devChain.addresses.gatewayOperator)
  expect(after - before).toBe(1)
  await gateway.kill()
})

test('killed while its contributor answers, it asks again under the same id', async () => {
  upstream.become(() => {})
  const jobId = await asking.request(asking.terms(), question())
  let asked = await upstream.nextRequest()
  while (asked.headers['x-vouch-job'] === undefined) asked = await upstream.nextRequest()
  expect(asked.headers['x-vouch-job']).toBe(jobId)
  await gateway.kill()
  upstream.become(signing.answer(['yes']))
  gateway = await place.start()
  await expectAnsweredOnce(jobId)
  expect(questionsAsked().map(({ headers }) => headers['x-vouch-job'])).toEqual([jobId])
  await gateway.kill()
})
