import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { readDataFee } from '../chain/data-fee.ts'
import { readFeeQuote } from '../chain/fees.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import type { JobTerms } from '../domain/contract-job.ts'
import { zeroAddress } from '../domain/units.ts'
import { type FeeJudgement, type FeePolicy, judgeFee } from './fee-policy.ts'
import { leftToLose, type RaceBankroll } from './race-bankroll.ts'

/** Somebody else may be paid for it. */
export const isRace = ({ gateway }: Pick<JobTerms, 'gateway'>): boolean => gateway === zeroAddress

/** Whether so much gas is paid for by what it earns, at the prices of now. Throws StoreFailure. */
export async function judgeCost(
  {
    rpc,
    fees,
    bankroll,
  }: { readonly rpc: JsonRpc; readonly fees: FeePolicy; readonly bankroll: RaceBankroll },
  offered: {
    /** Whether it may cost all of that and bring nothing. */
    readonly isRisked: boolean
    /** Atomic units that it brings, beside what was spent for it already. */
    readonly earned: bigint
    readonly gasMax: bigint
    /** Of the transactions, signed. */
    readonly bytes: number
  },
): Promise<Result<FeeJudgement, ChainFailure>> {
  const { isRisked, earned, gasMax, bytes } = offered
  const quote = await readFeeQuote(rpc)
  if (!quote.ok) return quote
  const dataFee = await readDataFee(rpc, bytes)
  if (!dataFee.ok) return dataFee
  const atRiskMax = leftToLose(await bankroll.read(), fees.raceBudget)
  const now = { gasPriceWei: quote.value.gasPrice, isRace: isRisked, atRiskMax }
  // Twice: it can rise between the look and the block, and nothing that is signed bounds it.
  const dataFeeWei = dataFee.value * 2n
  return ok(judgeFee({ fee: earned > 0n ? earned : 0n, gasMax, dataFeeWei }, now, fees))
}
