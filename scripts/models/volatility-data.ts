import type { Draws } from './draws.ts'
import type { Example } from './example.ts'

/** Returns that the model reads, and those after them whose size it foretells. */
export const returnsRead = 16
const returnsForetold = 8
/** A return beyond this, in percent, is read as this. */
const returnMax = 25

/**
 * Percent returns of a made-up market: log-volatility that reverts to a mean of 1.5 %, jumps to three times that now and then, and
 * rises after losses more than after gains; shocks with heavy tails. Each example starts a market of its own.
 */
export function volatilityExamples(count: number, draws: Draws): readonly Example[] {
  return Array.from({ length: count }, () => {
    const returns = marketReturns(40 + returnsRead + returnsForetold, draws).slice(40)
    const ahead = returns.slice(returnsRead)
    const wanted = Math.sqrt(ahead.reduce((sum, value) => sum + value * value, 0) / ahead.length)
    return { inputs: returns.slice(0, returnsRead), wanted }
  })
}

function marketReturns(periods: number, draws: Draws): readonly number[] {
  const calm = Math.log(1.5)
  let logVolatility = calm + 0.5 * draws.normal()
  return Array.from({ length: periods }, () => {
    const shock = draws.heavyTailed()
    const value = Math.exp(logVolatility) * shock
    const leverage = -0.09 * shock + 0.05 * (Math.abs(shock) - 0.75)
    const jump = draws.isTrue(0.012) ? Math.log(3) : 0
    logVolatility = calm + 0.93 * (logVolatility - calm) + leverage + 0.1 * draws.normal() + jump
    return Math.max(-returnMax, Math.min(returnMax, value))
  })
}

/** RiskMetrics' exponentially weighted estimate, decay 0.94, of the returns as they came. */
export function weightedVolatility(returns: readonly number[]): number {
  const weights = returns.map((_, at) => 0.94 ** (returns.length - 1 - at))
  const sum = returns.reduce((total, value, at) => total + (weights[at] ?? 0) * value * value, 0)
  return Math.sqrt(sum / weights.reduce((total, weight) => total + weight, 0))
}
