import type { Result } from '../base/result.ts'
import type { Address } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type CodeSource, notOurs, runsCode } from './contract-code.ts'
import {
  inferenceCoordinatorAbi,
  inferenceCoordinatorBytecode,
} from './generated/inference-coordinator.ts'
import { type CoordinatorParts, readCoordinatorParts } from './inference-coordinator.ts'
import type { JsonRpc } from './json-rpc.ts'

const source: CodeSource = {
  name: 'InferenceCoordinator',
  abi: inferenceCoordinatorAbi,
  bytecode: inferenceCoordinatorBytecode,
}

/**
 * What the coordinator was deployed with, if it runs the code of this version of Vouch: then what it says is payable is paid,
 * in its asset and by its verifier, whoever deployed it. What those are is for the asker to judge.
 */
export async function readGenuineCoordinator(
  rpc: JsonRpc,
  coordinator: Address,
): Promise<Result<CoordinatorParts | undefined, ChainFailure>> {
  const parts = await readCoordinatorParts(rpc, coordinator)
  if (!parts.ok) return orUndefined(notOurs(parts.error))
  const { asset, verifier, contributors, tierEvidence, offers } = parts.value
  const args = [asset, verifier, contributors, tierEvidence, offers]
  const genuine = await runsCode(rpc, { source, place: coordinator, args })
  return genuine.ok && genuine.value ? parts : orUndefined(genuine)
}

const orUndefined = (
  other: Result<boolean, ChainFailure>,
): Result<CoordinatorParts | undefined, ChainFailure> =>
  other.ok ? { ok: true, value: undefined } : other
