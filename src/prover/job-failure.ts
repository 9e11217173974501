import { err, type Result } from '../base/result.ts'
import type { ProverFailure } from './prover-failure.ts'

export const jobFailure = (
  reason: ProverFailure['reason'],
  message: string,
): Result<never, ProverFailure> => err({ reason, message })
