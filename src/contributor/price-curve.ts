/*
 * What a contributor asks, by how busy it is: idle it sells cheaply rather than not at all, and near its limit it asks what
 * makes gateways look elsewhere. Pure, so that it can be read from a file and drawn before anybody is charged by it.
 *
 *   multiplier
 *      max ┤                ┌────
 *          │            ┌╌╌╌┘        between two points it rises in a line, in steps of a twentieth, so that a price
 *        1 ┼────────────┘            does not change with every request
 *          0            load      1
 */
import { err, ok, type Result } from '../base/result.ts'
import type { TokenPrices } from '../domain/price-sheet.ts'
import { type AtomicAmount, atomic } from '../domain/units.ts'

export type PricePoint = {
  /** Requests that run or wait, by those that can run at the same time; more than 1 where some wait. */
  readonly load: number
  /** Of the floor, 1 … `multiplierMax`. */
  readonly multiplier: number
}

export type PriceCurve = {
  /** Never asked for less. */
  readonly floor: TokenPrices
  /** By load, which rises; multipliers never fall. Without any the floor is the price. */
  readonly points: readonly PricePoint[]
}

/** Half of what it can do is sold at the floor; who comes last pays twice that. */
export const usualPricePoints: readonly PricePoint[] = [
  { load: 0.5, multiplier: 1 },
  { load: 1, multiplier: 2 },
]

export const pricePointsMax = 16
export const multiplierMax = 100
const loadMax = 100
const stepsPerFloor = 20

/** The ask at this load, each price rounded up to a whole atomic unit. */
export function askAt({ floor, points }: PriceCurve, load: number): TokenPrices {
  const steps = BigInt(Math.ceil(multiplierAt(points, load) * stepsPerFloor - 1e-9))
  const times = (price: AtomicAmount): AtomicAmount =>
    atomic((price * steps + BigInt(stepsPerFloor) - 1n) / BigInt(stepsPerFloor))
  return {
    promptAtomicPerMtok: times(floor.promptAtomicPerMtok),
    cachedPromptAtomicPerMtok: times(floor.cachedPromptAtomicPerMtok),
    completionAtomicPerMtok: times(floor.completionAtomicPerMtok),
  }
}

/** A line between two points, level before the first and behind the last. A load that nobody knows is the highest. */
function multiplierAt(points: readonly PricePoint[], load: number): number {
  const [first] = points
  if (first === undefined) return 1
  let before = first
  for (const point of points) {
    if (load <= point.load) {
      const width = point.load - before.load
      if (width === 0) return point.multiplier
      const part = Math.max(0, load - before.load) / width
      return before.multiplier + part * (point.multiplier - before.multiplier)
    }
    before = point
  }
  return before.multiplier
}

/** Reads `0.5:1,0.9:1.5,1:3`: load and multiplier. Errors are one line for a person. */
export function readPricePoints(text: string): Result<readonly PricePoint[], string> {
  const points: PricePoint[] = []
  const parts = text.split(',')
  if (parts.length > pricePointsMax) return err(`a curve has at most ${pricePointsMax} points`)
  for (const part of parts) {
    const numbers = /^(\d{1,3}(?:\.\d{1,4})?):(\d{1,3}(?:\.\d{1,4})?)$/.exec(part.trim())
    const load = Number(numbers?.[1])
    const multiplier = Number(numbers?.[2])
    if (numbers === null || load > loadMax || multiplier < 1 || multiplier > multiplierMax) {
      return err(
        `'${part.trim()}' is no point: a load up to ${loadMax}, a colon, and 1 to ${multiplierMax}`,
      )
    }
    const before = points.at(-1)
    if (before !== undefined && (load <= before.load || multiplier < before.multiplier)) {
      return err('loads rise from point to point, and multipliers do not fall')
    }
    points.push({ load, multiplier })
  }
  return ok(points)
}
