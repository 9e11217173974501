import type { Contract } from '../chain/contracts.ts'
import { postedPriceAbi, postedPriceBytecode } from '../chain/generated/posted-price.ts'
import type { ExampleSteps } from './example-steps.ts'

/** Sixteen returns; models/volatility was trained on such as these. */
const priceCount = 17
/** A market that gets nervous: percent of change, each as large as the last and a little more. */
const changesBps = [
  36, -54, 75, -93, 120, -156, 183, -225, 264, -312, 363, -420, 480, -543, 609, -678,
]

/** Of models/volatility, whose values stand for v / 2^bits percent. */
export const volatilityBits = { input: 16, output: 12 } as const

export const deployFeed = (steps: ExampleSteps): Promise<Contract> =>
  steps.deploy({
    name: 'PostedPrice',
    abi: postedPriceAbi,
    bytecode: postedPriceBytecode,
    args: [10_000_000n],
  })

/** Seconds between two prices that a contract takes; a real one lets a day or an hour lie between them. */
export const pricePeriodS = 0

/** Posts prices, and lets a contract see each. */
export async function showPrices(
  steps: ExampleSteps,
  feed: Contract,
  watcher: Contract,
): Promise<void> {
  let price = 10_000_000n
  for (let index = 0; index < priceCount; index += 1) {
    const change = BigInt(changesBps[index - 1] ?? 0)
    price += (price * change) / 10_000n
    await steps.send({ contract: feed, functionName: 'post', args: [price] }, undefined)
    await steps.send({ contract: watcher, functionName: 'see', args: [] }, undefined)
  }
  steps.tell(`${watcher.name} saw ${priceCount} prices, the last ${price}`)
}

/** What a value of the model says: percent with two decimals. */
export const percentOf = (value: bigint): string =>
  `${(Number(value) / 2 ** volatilityBits.output).toFixed(2)} %`
