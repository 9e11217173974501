/*
 * Jobs of a coordinator on a real chain: asked for by a contract, answered by parties with registered keys, transaction by
 * transaction.
 */
import { packReceipt } from '../../src/attestation/packed-receipt.ts'
import { fromHex, type Hex } from '../../src/base/hex.ts'
import { sha256Hex } from '../../src/base/sha256.ts'
import type { Contract, ContractCall } from '../../src/chain/contracts.ts'
import { readCoordinatorEvents } from '../../src/chain/coordinator-events.ts'
import { fulfillCall } from '../../src/chain/inference-coordinator.ts'
import { keccak256 } from '../../src/chain/keccak.ts'
import { receiptDigest, workDigest } from '../../src/chain/receipt-typed-data.ts'
import { signDigest } from '../../src/chain/signatures.ts'
import { type Sender, sendCall } from '../../src/chain/transactions.ts'
import type { JobTerms } from '../../src/domain/contract-job.ts'
import { address, type Bytes32, bytes32 } from '../../src/domain/units.ts'
import { leastTerms } from './asked-jobs.ts'
import { compileSolidity } from './compile-solidity.ts'
import { expectOk } from './dev-chain.ts'
import { baseReceipt, baseWork, modelId } from './fault-world.ts'
import type { SlashingParty, SlashingPlace } from './slashing-place.ts'

export const jobInput: Hex = '0x0102'

const consumerAbi = [
  'function ask(address coordinator, tuple(bytes32 modelId, address gateway, uint16 minTiers, uint128 promptAtomicPerMtok, uint128 completionAtomicPerMtok, uint96 maxFee, uint96 deliveryFee, uint32 deliveryTime, uint32 callbackGas, uint8 agreement, uint8 answersMax) terms, bytes input)',
  'function setRefuses(bool refuses)',
]

export type AnsweredJobs = {
  readonly gateway: SlashingParty
  readonly consumer: Contract
  readonly sender: Sender
  /** A job of the consumer; `callbackGas` is 200,000 where nothing else is said. */
  readonly ask: (terms?: Partial<JobTerms>) => Promise<{ jobId: Bytes32; terms: JobTerms }>
  /** One contributor's answer, with a receipt of the gateway. */
  readonly answer: (
    job: { readonly jobId: Bytes32; readonly terms: JobTerms },
    said: { readonly contributor: SlashingParty; readonly content: Hex },
  ) => Promise<void>
  readonly send: (call: ContractCall) => Promise<void>
  readonly setRefuses: (refuses: boolean) => Promise<void>
}

export async function openAnsweredJobs(at: SlashingPlace): Promise<AnsweredJobs> {
  const gateway = await at.newParty('gateway')
  const { sender } = await at.newAccount(10n)
  const coordinator = at.contracts.coordinator.address
  const place = address(`0x${'a5'.repeat(20)}`)
  const code = compileSolidity('AskingConsumer.sol')('AskingConsumer')
  await at.chain.ask('anvil_setCode', [place, code])
  await at.send(sender, at.asset, 'transfer', place, 5_000_000n)
  const consumer: Contract = { name: 'AskingConsumer', address: place, abi: consumerAbi }
  const send = async (call: ContractCall): Promise<void> => {
    expectOk(await sendCall(sender, call))
  }
  return {
    ...{ gateway, consumer, sender, send },
    setRefuses: (refuses) =>
      send({ contract: consumer, functionName: 'setRefuses', args: [refuses] }),
    ask: async (said) => {
      const terms = { ...leastTerms(modelId), callbackGas: 200_000, ...said }
      await send({
        contract: consumer,
        functionName: 'ask',
        args: [coordinator, terms, jobInput],
      })
      const range = { from: 0, to: 'latest', kinds: ['JobRequested'] } as const
      const told = expectOk(await readCoordinatorEvents(at.rpc, coordinator, range))
      const event = told.at(-1)?.event
      if (event?.kind !== 'JobRequested') throw new Error('no job was asked for')
      return { jobId: event.jobId, terms }
    },
    answer: async ({ jobId, terms }, { contributor, content }) => {
      const work = {
        ...baseWork({ contributor, gateway }, await at.nowS()),
        jobId,
        inputHash: bytes32(`0x${sha256Hex(fromHex(jobInput))}`),
        contentHash: keccak256(fromHex(content)),
      }
      const receipt = baseReceipt(work)
      const packed = packReceipt({
        receipt: { ...receipt, cost: String(receipt.cost), cumulative: String(receipt.cumulative) },
        contributorSignature: signDigest(workDigest(at.domain, work), contributor.signingKey),
        gatewaySignature: signDigest(receiptDigest(at.domain, receipt), gateway.signingKey),
      })
      await send(
        fulfillCall({ coordinator, jobId, terms }, { content, packed: [packed], proof: '0x' }),
      )
    },
  }
}
