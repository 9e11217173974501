import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readChannel } from '../../src/chain/channel-settlement.ts'
import { checkChainId, checkCode, readContract } from '../../src/chain/contracts.ts'
import { tierEvidenceAbi } from '../../src/chain/generated/tier-evidence.ts'
import { readCoordinatorParts } from '../../src/chain/inference-coordinator.ts'
import { readOffer } from '../../src/chain/job-offers.ts'
import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import { isServing, isSigningKeyActive } from '../../src/chain/operator-registry.ts'
import { bootstrapChain, type DevChain } from '../../src/dev/bootstrap-chain.ts'
import { devContractHandles, devStake, devUsd } from '../../src/dev/dev-contracts.ts'
import type { DevKeys } from '../../src/dev/dev-keys.ts'
import type { EmbeddedChain } from '../../src/dev/embedded-chain.ts'
import { unixSecondsOf } from '../../src/domain/units.ts'
import { bootstrap, devKeys, devModel, expectOk } from '../support/dev-chain.ts'
import { startChain, temporaryFolder } from '../support/embedded-chain.ts'

const folder = temporaryFolder()
const chainFolder = join(folder.path, 'chain')
let keys: DevKeys
let chain: EmbeddedChain
let emptySnapshot: unknown

beforeAll(async () => {
  keys = devKeys(folder.path)
  chain = await startChain(chainFolder)
  emptySnapshot = expectOk(await chain.rpc.call('evm_snapshot', []))
})

afterAll(async () => {
  await chain.stop()
  folder.remove()
})

const blockNumber = async (): Promise<unknown> =>
  expectOk(await chain.rpc.call('eth_blockNumber', []))

async function backToEmpty(): Promise<void> {
  expect(expectOk(await chain.rpc.call('evm_revert', [emptySnapshot]))).toBe(true)
  emptySnapshot = expectOk(await chain.rpc.call('evm_snapshot', []))
}

/** What must be true of a chain that is ready, however it came to be. */
async function expectReady(dev: DevChain): Promise<void> {
  const { rpc } = chain
  const { contracts, addresses } = dev
  const handles = devContractHandles(contracts)
  const { gatewayRegistry, contributorRegistry } = handles
  expectOk(await checkChainId(rpc, dev.chainId))
  expectOk(await checkCode(rpc, Object.values(handles)))

  const { tierEvidence: address } = contracts
  const tierEvidence = { name: 'TierEvidence', address, abi: tierEvidenceAbi }
  const judge = { contract: tierEvidence, functionName: 'proofVerifier', args: [] }
  const [proofVerifier] = expectOk(await readContract(rpc, judge)) as [string]
  expect(proofVerifier.toLowerCase()).toBe(contracts.modelProofs)
  expectOk(await checkCode(rpc, [{ name: 'ModelProofs', address: contracts.modelProofs }]))

  const onChain = expectOk(await readChannel(rpc, handles.settlement, dev.channel))
  expect(onChain).toEqual({
    balance: devUsd(100n),
    totalClaimed: 0n,
    withdrawFinalAtS: undefined,
  })
  expect(expectOk(await readChannel(rpc, handles.settlement, dev.payoutChannel))).toEqual(onChain)
  const atS = unixSecondsOf(Date.now())
  for (const [registry, operator, key] of [
    [gatewayRegistry, addresses.gatewayOperator, addresses.gatewaySigner],
    [contributorRegistry, addresses.contributorOperator, addresses.contributorSigner],
  ] as const) {
    expect(await isServing(rpc, registry, operator)).toEqual({ ok: true, value: true })
    expect(await isSigningKeyActive(rpc, registry, { operator, key, atS })).toEqual({
      ok: true,
      value: true,
    })
    const [record] = expectOk(
      await readContract(rpc, { contract: registry, functionName: 'operators', args: [operator] }),
    )
    expect((record as { stake: bigint }).stake).toBe(devStake)
  }
  const published = await readContract(rpc, {
    contract: gatewayRegistry,
    functionName: 'priceSheetPublishedAt',
    args: [dev.priceHash],
  })
  expect(expectOk(published)[0]).toBeGreaterThan(0n)
  const place = { gateway: dev.addresses.gatewayOperator, modelId: devModel.modelId }
  expect(expectOk(await readOffer(rpc, dev.contracts.jobOffers, place))).toMatchObject({
    tiers: 3,
    promptAtomicPerMtok: devModel.promptAtomicPerMtok,
    completionAtomicPerMtok: devModel.completionAtomicPerMtok,
    deliveryFee: 50_000n,
    callbackGasMax: 3_000_000,
  })
  const parts = expectOk(await readCoordinatorParts(rpc, dev.contracts.coordinator))
  expect(parts).toMatchObject({
    asset: dev.contracts.asset,
    verifier: dev.contracts.receiptVerifier,
    offers: dev.contracts.jobOffers,
  })
  // What was minted is at stake, in the two channels, the treasury's float, or the guest's to spend: nothing is left over.
  const held = await readContract(rpc, {
    contract: handles.asset,
    functionName: 'totalSupply',
    args: [],
  })
  expect(expectOk(held)[0]).toBe(2n * devStake + devUsd(300n) + devUsd(1_000n))
}

test('an empty chain becomes ready, and a second set-up changes nothing', async () => {
  const first = await bootstrap(chain, keys)
  await expectReady(first)
  const block = await blockNumber()
  expect(await bootstrap(chain, keys)).toEqual(first)
  expect(await blockNumber()).toBe(block)
})

test('a set-up that dies at any of its transactions is continued by the next', async () => {
  let interrupted = 0
  for (let survived = 0; ; survived += 1) {
    await backToEmpty()
    const dying = { ...chain, rpc: dyingAfter(chain.rpc, survived) }
    const outcome = await bootstrapChain({
      chain: dying,
      keys,
      model: devModel,
      endpoints: { gateway: 'embedded', contributor: 'embedded' },
      nowMs: Date.now(),
      progress: () => undefined,
    })
    if (outcome.ok) break
    expect(outcome.error).toContain('set up')
    interrupted += 1
    await expectReady(await bootstrap(chain, keys))
  }
  // Five deployments, four steps of registration, four publications, mint and deposit: none is left out above.
  expect(interrupted).toBeGreaterThan(10)
  // One set-up for each transaction of a set-up, twice: seconds on a quiet machine.
}, 180_000)

test('everything survives a restart of the chain', async () => {
  await backToEmpty()
  const before = await bootstrap(chain, keys)
  const block = await blockNumber()
  await chain.stop()
  chain = await startChain(chainFolder)
  const after = await bootstrap(chain, keys)
  expect({ ...after, rpcUrl: before.rpcUrl }).toEqual(before)
  expect(await blockNumber()).toBe(block)
  await expectReady(after)
})

/** A node that answers the first `count` transactions and is gone after the next one was sent. */
function dyingAfter(rpc: JsonRpc, count: number): JsonRpc {
  let sent = 0
  const gone = { reason: 'chain_unreachable', origin: rpc.origin, detail: 'ECONNREFUSED' } as const
  return {
    origin: rpc.origin,
    call: async (method, params) => {
      if (sent > count) return { ok: false, error: gone }
      const answer = await rpc.call(method, params)
      if (method === 'eth_sendRawTransaction') sent += 1
      return sent > count ? { ok: false, error: gone } : answer
    },
  }
}
