import type { Address, Bytes32, UnixSeconds } from './units.ts'

/** What a contract asks for and what it pays, as InferenceCoordinator takes it. Amounts are atomic units of the coordinator's asset. */
export type JobTerms = {
  readonly modelId: Bytes32
  /** Zero: any gateway. */
  readonly gateway: Address
  readonly minTiers: number
  readonly promptAtomicPerMtok: bigint
  readonly completionAtomicPerMtok: bigint
  /** Of one answer, to its contributor. */
  readonly maxFee: bigint
  /** Once for the job, to the gateway of the receipt that completes it. */
  readonly deliveryFee: bigint
  readonly deliveryTime: number
  readonly callbackGas: number
  readonly agreement: number
  readonly answersMax: number
}

/** A question that a contract asked. */
export type ContractAsk = {
  readonly chainId: number
  readonly coordinator: Address
  readonly jobId: Bytes32
  readonly consumer: Address
  readonly terms: JobTerms
  readonly inputHash: Bytes32
  readonly deadlineS: UnixSeconds
}
