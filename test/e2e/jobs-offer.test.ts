/* `vouch jobs offer` as the operator of a gateway runs it, on a real chain. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { readOffer } from '../../src/chain/job-offers.ts'
import { offerJobs } from '../../src/cli/jobs-offer.ts'
import { readJobsOptions } from '../../src/cli/jobs-options.ts'
import { bytes32 } from '../../src/domain/units.ts'
import { expectOk, startDevChain, type TestDevChain } from '../support/dev-chain.ts'

let place: TestDevChain
let printed: string[] = []
let asked: string[] = []

beforeAll(async () => {
  place = await startDevChain()
  for (const role of ['gatewayOperator', 'guest'] as const) {
    writeFileSync(join(place.folder, `${role}.key`), place.dev.keys[role], { mode: 0o600 })
  }
})
beforeEach(() => {
  printed = []
  asked = []
})
afterAll(() => place?.stop())

const modelId = bytes32(`0x${'3e'.repeat(32)}`)

function run(action: string, ...more: readonly string[]): Promise<number> {
  const { rpcUrl, contracts, addresses } = place.dev
  const at = ['--rpc', rpcUrl, '--coordinator', contracts.coordinator]
  const operator = ['--operator', addresses.gatewayOperator]
  return offerJobs(readJobsOptions(['offer', action, modelId, ...at, ...operator, ...more]), {
    terminal: {
      print: (line) => void printed.push(line),
      printError: (line) => void asked.push(line),
    },
    nowMs: () => 0,
  })
}
const key = (role: string) => ['--key', join(place.folder, `${role}.key`)]
const prices = ['--prompt-price', '0.10', '--completion-price', '0.40']
const fees = ['--delivery-fee', '0.05', '--callback-fee', '0.02']

const offered = async () =>
  expectOk(
    await readOffer(place.chain.rpc, place.dev.contracts.jobOffers, {
      gateway: place.dev.addresses.gatewayOperator,
      modelId,
    }),
  )

test('an offer is published for what it costs, changed in one member, and withdrawn', async () => {
  await run('show')
  expect(printed.join()).toMatch(/does not offer/)
  expect(await run('publish', ...key('gatewayOperator'), ...prices, ...fees, '--yes')).toBe(0)
  expect(asked.join('\n')).toMatch(/pays about 0\.\d+ .* for it\ndone in block \d+: 0x/)
  const first = {
    tiers: 3,
    promptAtomicPerMtok: 100_000n,
    completionAtomicPerMtok: 400_000n,
    deliveryFee: 50_000n,
    callbackFeePerMgas: 20_000n,
    proofFee: 0n,
    callbackGasMax: 1_000_000,
    deliveryTimeMin: 60,
    answersMax: 1,
  }
  expect(await offered()).toEqual(first)
  await run('publish', ...key('gatewayOperator'), '--answers-max', '3', '--yes')
  expect(await offered()).toEqual({ ...first, answersMax: 3 })
  printed = []
  await run('show', '--json')
  expect(JSON.parse(printed.join(''))).toMatchObject({
    model_id: modelId,
    offer: { deliveryFee: '50000', answersMax: 3 },
  })
  await run('withdraw', ...key('gatewayOperator'), '--yes')
  expect(await offered()).toBeUndefined()
  await expect(run('withdraw', ...key('gatewayOperator'), '--yes')).rejects.toThrow(
    /does not offer/,
  )
})

test('nothing is sent without a yes, without a price, or by whoever is no gateway', async () => {
  const words = [...key('gatewayOperator'), ...prices, ...fees]
  await expect(run('publish', ...words)).rejects.toThrow(/add --yes/)
  await expect(run('publish', ...key('gatewayOperator'), '--yes')).rejects.toThrow(/--prompt-price/)
  const byGuest = run('publish', ...key('guest'), ...prices, ...fees, '--yes')
  await expect(byGuest).rejects.toThrow(/SenderNotGateway/)
  expect(await offered()).toBeUndefined()
})
