import { readCoordinatorEvents } from '../../src/chain/coordinator-events.ts'
import { requestCall } from '../../src/chain/inference-coordinator.ts'
import type { Sender } from '../../src/chain/transactions.ts'
import { escrowOf, type JobTerms } from '../../src/domain/contract-job.ts'
import { type Bytes32, zeroAddress } from '../../src/domain/units.ts'
import type { SlashingPlace } from './slashing-place.ts'

/** The least that can be asked of any gateway. */
export const leastTerms = (modelId: Bytes32): JobTerms => ({
  modelId,
  gateway: zeroAddress,
  minTiers: 1,
  promptAtomicPerMtok: 1n,
  completionAtomicPerMtok: 1n,
  maxFee: 1_000n,
  deliveryFee: 0n,
  deliveryTime: 3_600,
  callbackGas: 0,
  agreement: 1,
  answersMax: 1,
})

/** Asks for one answer; its id is what the coordinator's event says. */
export async function askJob(
  at: SlashingPlace,
  consumer: Sender,
  terms: JobTerms,
): Promise<Bytes32> {
  const { coordinator } = at.contracts
  await at.send(consumer, at.asset, 'approve', coordinator.address, escrowOf(terms))
  const call = requestCall(coordinator.address, terms, '0x01')
  await at.send(consumer, call.contract, call.functionName, ...call.args)
  const range = { from: 0, to: 'latest', kinds: ['JobRequested'] } as const
  const told = await readCoordinatorEvents(at.rpc, coordinator.address, range)
  const event = told.ok ? told.value.at(-1)?.event : undefined
  if (event?.kind !== 'JobRequested') throw new Error('no job was asked for')
  return event.jobId
}
