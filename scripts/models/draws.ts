import { type Random, seededRandom } from '../../src/routing/seeded-random.ts'

/** Draws of the distributions that made-up data needs; the same for the same seed. */
export type Draws = {
  readonly uniform: Random
  /** A whole number below `bound`. */
  readonly below: (bound: number) => number
  readonly isTrue: (probability: number) => boolean
  /** Of mean 0 and variance 1. */
  readonly normal: () => number
  /** Student's t with 5 degrees of freedom, scaled to variance 1: tails as heavy as those of market returns. */
  readonly heavyTailed: () => number
  /** `exp` of a normal of this mean and deviation. */
  readonly logNormal: (mean: number, deviation: number) => number
  readonly oneOf: <T>(choices: readonly T[]) => T
}

export function openDraws(seed: number): Draws {
  const uniform = seededRandom(seed)
  const below = (bound: number): number => Math.floor(uniform() * bound)
  /** Box and Muller's transform; the second value is not kept, so that every draw takes two uniforms. */
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  return {
    uniform,
    below,
    isTrue: (probability) => uniform() < probability,
    normal,
    heavyTailed: () => {
      let squares = 0
      for (let degree = 0; degree < 5; degree += 1) squares += normal() ** 2
      return (normal() / Math.sqrt(squares / 5)) * Math.sqrt(3 / 5)
    },
    logNormal: (mean, deviation) => Math.exp(mean + deviation * normal()),
    oneOf: (choices) => {
      const choice = choices[below(choices.length)]
      if (choice === undefined) throw new Error('nothing to choose from')
      return choice
    },
  }
}

/** The same members in an order that the draws decide (Fisher and Yates). */
export function shuffled<T>(members: readonly T[], draws: Draws): readonly T[] {
  const order = [...members]
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = draws.below(at + 1)
    const [one, two] = [order[at], order[other]]
    if (one !== undefined && two !== undefined) {
      order[at] = two
      order[other] = one
    }
  }
  return order
}
