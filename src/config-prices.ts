import { amount, atomicAmount, type Decimal } from './config-amounts.ts'
import { type Key, type Meaning, optional, type Section, section } from './config-fields.ts'
import { type Endpoint, endpointUnits, type Unit } from './domain/endpoint.ts'
import type { TokenPrices } from './domain/price-sheet.ts'
import { type AtomicAmount, atomic } from './domain/units.ts'

type Decimals = { readonly decimals: number }

export const priceSection: Key<Meaning<Decimals, TokenPrices>> = section({
  says: 'In units of the asset for a million tokens, with at most chain.assetDecimals decimals.',
  keys: {
    promptPerMtok: amount({ says: 'A million prompt tokens.', examples: ['0.05'] }),
    cachedPromptPerMtok: optional(
      amount({
        says: 'A million prompt tokens that the engine reports as cached. Default: as the others.',
      }),
    ),
    completionPerMtok: amount({ says: 'A million completion tokens.', examples: ['0.10'] }),
  },
  read: (price, { decimals }: Decimals) => {
    const { cachedPromptPerMtok } = price.values
    const cached = cachedPromptPerMtok === undefined ? 'promptPerMtok' : 'cachedPromptPerMtok'
    return {
      promptAtomicPerMtok: atomicAmount(price, 'promptPerMtok', decimals),
      cachedPromptAtomicPerMtok: atomicAmount(price, cached, decimals),
      completionAtomicPerMtok: atomicAmount(price, 'completionPerMtok', decimals),
    }
  },
})

/** What a model is asked for at some endpoints: at all of them its answers are counted in the same. */
export type Serving = TokenPrices & {
  readonly endpoints: readonly Endpoint[]
  readonly unit: Unit
  /** The price moves with what the contributor reports, up to this; undefined: it is fixed. */
  readonly priceMax?: TokenPrices | undefined
}

/** Where the price of a unit stands. */
const unitKeys = {
  token: 'completionPerMtok',
  vector: 'perVector',
  result: 'perResult',
  image: 'perImage',
  character: 'perCharacter',
  second: 'perSecond',
  value: 'perValue',
} as const satisfies Readonly<Record<Unit, string>>

/** Decimals of a price of one unit, beyond the asset's: a character may cost less than an atomic unit. */
const unitDecimals = 6

const perUnit = (says: string): Key<Decimal | undefined> => optional(amount({ says }))

type PriceKey = (typeof unitKeys)[Unit] | 'promptPerMtok' | 'cachedPromptPerMtok'
type Prices = Section<{ readonly [key in PriceKey]: Decimal | undefined }>

/** The prices of a model, one for each kind of thing that its endpoints deliver. */
export const servingPriceSection: Key<
  Meaning<Decimals & { readonly endpoints: readonly Endpoint[] }, readonly Serving[]>
> = section({
  says: 'In units of the asset, with at most chain.assetDecimals decimals for a million tokens and six more for anything else. What its endpoints deliver must have a price.',
  keys: {
    promptPerMtok: perUnit('A million prompt tokens. Required for texts and embeddings.'),
    cachedPromptPerMtok: perUnit(
      'A million prompt tokens that the engine reports as cached. Default: as the others.',
    ),
    completionPerMtok: perUnit(
      'A million completion tokens; of an image model or a transcriber without a price of its own, its output tokens.',
    ),
    perVector: perUnit('One vector of an embedding, beside its prompt tokens. Default: nothing.'),
    perResult: perUnit('One verdict of a moderation.'),
    perImage: perUnit('One image.'),
    perCharacter: perUnit('One character that is spoken.'),
    perSecond: perUnit('One second of a recording that is transcribed or translated.'),
    perValue: perUnit('One value of the tensor that an inference answers.'),
  },
  read: (price: Prices, { decimals, endpoints }) => {
    const groups = new Map<Unit, Endpoint[]>()
    for (const endpoint of endpoints) {
      const unit = unitOf(price, endpoint)
      groups.set(unit, [...(groups.get(unit) ?? []), endpoint])
    }
    for (const unit of Object.keys(unitKeys) as Unit[]) {
      const key = unitKeys[unit]
      if (price.values[key] !== undefined && !groups.has(unit)) {
        price.refuse(key, 'nothing, because no endpoint of the model is counted so')
      }
    }
    const prompt = readPrompt(price, decimals, groups.has('token') || groups.has('vector'))
    return [...groups].map(([unit, served]) => ({
      ...prompt,
      completionAtomicPerMtok: readUnit(price, decimals, unit),
      endpoints: served,
      unit,
    }))
  },
})

/** The first that has a price; a vector may be had for its prompt alone. */
function unitOf(price: Prices, endpoint: Endpoint): Unit {
  const units: readonly Unit[] = endpointUnits[endpoint]
  const [usual = 'token'] = units
  const priced = units.find((unit) => price.values[unitKeys[unit]] !== undefined)
  if (priced !== undefined || usual === 'vector') return priced ?? usual
  return price.refuse(unitKeys[usual], `an amount, because the model serves ${endpoint}`)
}

function readPrompt(
  price: Prices,
  decimals: number,
  isRequired: boolean,
): Omit<TokenPrices, 'completionAtomicPerMtok'> {
  const { promptPerMtok, cachedPromptPerMtok } = price.values
  if (promptPerMtok === undefined) {
    if (isRequired) price.refuse('promptPerMtok', 'an amount, such as "0.25"')
    return { promptAtomicPerMtok: atomic(0n), cachedPromptAtomicPerMtok: atomic(0n) }
  }
  const cached = cachedPromptPerMtok === undefined ? 'promptPerMtok' : 'cachedPromptPerMtok'
  return {
    promptAtomicPerMtok: atomicAmount(price, 'promptPerMtok', decimals),
    cachedPromptAtomicPerMtok: atomicAmount(price, cached, decimals),
  }
}

/** For a million units: so much as atomic units with six decimals more say of one. */
function readUnit(price: Prices, decimals: number, unit: Unit): AtomicAmount {
  const key = unitKeys[unit]
  if (price.values[key] === undefined) return atomic(0n)
  return atomicAmount(price, key, unit === 'token' ? decimals : decimals + unitDecimals)
}
