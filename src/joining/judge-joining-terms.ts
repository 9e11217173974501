/*
 * Whether what a contributor offers is what the operator takes. Pure, and asked anew under each configuration.
 */
import { joinedModelsMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { JoinedModel, JoiningTerms } from '../domain/joining-terms.ts'
import { type TokenPrices, tokenPricesOf } from '../domain/price-sheet.ts'
import type { Bytes32 } from '../domain/units.ts'
import { type LentUrlRules, objectionToLentUrl, objectionToPrices } from './judge-lent-terms.ts'

/** What the operator takes; prices are the most that may be asked. */
export type TakenModels = {
  readonly models: readonly (TokenPrices & {
    readonly id: string
    /** What must be served under that name; undefined leaves it to who joins. */
    readonly modelId: Bytes32 | undefined
  })[]
  /** Undefined takes no other. */
  readonly anyModel: TokenPrices | undefined
  /** Names that the configuration gives to models itself. */
  readonly names: ReadonlyMap<string, Bytes32>
}

export type JoiningRules = TakenModels & {
  readonly urls: LentUrlRules
  /** What others serve under names that the operator does not list: no other model takes such a name over. */
  readonly namesOfOthers: ReadonlyMap<string, Bytes32>
}

/** A model that may be served, and the most that may be asked for it. */
export type TakenModel = JoinedModel & { readonly priceMax: TokenPrices }

/** The error is one line. */
export function judgeJoiningTerms(
  { url, models }: Pick<JoiningTerms, 'url' | 'models'>,
  rules: JoiningRules,
): Result<readonly TakenModel[], string> {
  const objection = url === undefined ? undefined : objectionToLentUrl(url, rules.urls)
  if (objection !== undefined) return err(objection)
  if (models.length > joinedModelsMax) return err(`models: at most ${joinedModelsMax}`)
  const taken: TakenModel[] = []
  for (const model of models) {
    const judged = judgeModel(model, rules)
    if (!judged.ok) return judged
    taken.push(judged.value)
  }
  return ok(taken)
}

function judgeModel(
  model: JoinedModel,
  { models, anyModel, names, namesOfOthers }: JoiningRules,
): Result<TakenModel, string> {
  const { id, modelId } = model
  const listed = models.find((one) => one.id === id)
  const priceMax = listed ?? anyModel
  if (priceMax === undefined) {
    return err(`models: '${id}' is not taken here; GET /v1/contributors/joining lists what is`)
  }
  const known = listed?.modelId ?? names.get(id)
  const served = known ?? (listed === undefined ? namesOfOthers.get(id) : undefined)
  if (served !== undefined && served !== modelId) {
    return err(`models: '${id}' is the name of ${served} here, not of ${modelId}`)
  }
  const dearer = objectionToPrices(model, priceMax)
  return dearer === undefined ? ok({ ...model, priceMax: tokenPricesOf(priceMax) }) : err(dearer)
}
