import type { Result } from '../base/result.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import { CommandFailure } from './command.ts'

/** What the chain answered; its failure ends the command with the line that describes it. */
export function orFail<T>(result: Result<T, ChainFailure>): T {
  if (result.ok) return result.value
  throw new CommandFailure(describeChainFailure(result.error))
}
