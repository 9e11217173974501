import type { Hex } from '../../src/base/hex.ts'
import type { ContractAsk, JobTerms } from '../../src/domain/contract-job.ts'
import { address, bytes32, unixSeconds } from '../../src/domain/units.ts'
import type { ContractJob } from '../../src/store/contract-job-store.ts'

export const someTerms = (fields: Partial<JobTerms> = {}): JobTerms => ({
  modelId: bytes32(`0x${'aa'.repeat(32)}`),
  gateway: address(`0x${'11'.repeat(20)}`),
  minTiers: 3,
  promptAtomicPerMtok: 1_000_000n,
  completionAtomicPerMtok: 2_000_000n,
  maxFee: 10_000n,
  deliveryFee: 2n ** 90n,
  deliveryTime: 600,
  callbackGas: 100_000,
  agreement: 1,
  answersMax: 1,
  ...fields,
})

export const someJobId = (number: number) => bytes32(`0x${number.toString(16).padStart(64, '0')}`)

export const someAsk = (fields: Partial<ContractAsk> = {}): ContractAsk => ({
  chainId: 31_337,
  coordinator: address(`0x${'c0'.repeat(20)}`),
  jobId: someJobId(1),
  consumer: address(`0x${'cc'.repeat(20)}`),
  terms: someTerms(),
  inputHash: bytes32(`0x${'1f'.repeat(32)}`),
  deadlineS: unixSeconds(1_763_800_000),
  ...fields,
})

const foundAtMs = 1_763_797_212_000

/** A job that was just found. */
export function someContractJob(fields: Partial<ContractJob> = {}): ContractJob {
  const jobId = fields.jobId ?? someJobId(1)
  return {
    jobId,
    source: 'vouch eip155:31337:0xc0',
    ask: someAsk({ jobId }),
    input: '0x7b7d' as Hex,
    isPrivate: false,
    foundInBlock: 7,
    foundAtMs,
    state: 'found',
    notBeforeMs: foundAtMs,
    failures: 0,
    answers: [],
    revision: 0,
    ...fields,
  }
}
