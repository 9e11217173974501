/*
 * The models that are offered, as the gateway gets to know them: which weights each stands for, and what is asked for it.
 */
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type { ModelOffer } from '../contributor/choose-models.ts'
import type { FoundEngine } from '../contributor/find-engines.ts'
import type { OfferedTerms } from '../contributor/join-gateway.ts'
import { earnedPrices } from '../contributor/propose-prices.ts'
import { type FileDigests, openFileDigests } from '../contributor/weights/file-digests.ts'
import {
  type ModelManifest,
  modelIdOf,
  modelManifest,
  type WeightsPlace,
} from '../contributor/weights/model-manifest.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import { type Bytes32, bytes32, isBytes32 } from '../domain/units.ts'
import { formatAmount } from './amounts.ts'
import { CommandFailure } from './command.ts'
import type { MetGateway } from './contribute-gateway.ts'
import type { ContributeOptions } from './contribute-options.ts'
import { grouped, inColumns, labelled, type Screen } from './contribute-screen.ts'

export type ServedModel = ModelOffer & {
  readonly modelId: Bytes32
  /** Of weights that are not known to the gateway by their hash alone. */
  readonly manifest: ModelManifest | undefined
}

/** Reads every byte of weights that can be found, the first time; that takes a minute for forty gigabytes. */
export async function describeModels(
  offers: readonly ModelOffer[],
  found: FoundEngine,
  { options, screen }: { readonly options: ContributeOptions; readonly screen: Screen },
): Promise<readonly ServedModel[]> {
  const digests = await openFileDigests(join(options.folder, 'weights.json'))
  const served: ServedModel[] = []
  for (const offer of offers) {
    const known = offer.model.modelId ?? offer.pinnedModelId
    if (isBytes32(known)) {
      served.push({ ...offer, modelId: bytes32(known), manifest: undefined })
      continue
    }
    const manifest = await manifestOf(offer, found, { options, screen, digests })
    served.push({ ...offer, modelId: modelIdOf(manifest), manifest })
  }
  return served
}

async function manifestOf(
  offer: ModelOffer,
  found: FoundEngine,
  own: {
    readonly options: ContributeOptions
    readonly screen: Screen
    readonly digests: FileDigests
  },
): Promise<ModelManifest> {
  const { options, screen, digests } = own
  const { publicId } = offer
  const engine = {
    name: found.kind === 'openai' ? null : found.name,
    version: found.version ?? null,
  }
  const read = (place: WeightsPlace | undefined) =>
    modelManifest({
      ...{ id: publicId, place, engine, digests },
      onProgress: ({ bytesRead, bytesTotal }) => {
        const percent = Math.floor((100 * bytesRead) / bytesTotal)
        screen.status(`  reading the weights of ${publicId}: ${percent} %`)
      },
    })
  const manifest = await read(placeOf(offer, found, options))
  screen.status('')
  if (manifest.ok) return manifest.value
  const { path, detail } = manifest.error
  if (options.weights !== undefined) {
    throw new CommandFailure(
      `the weights of ${publicId} cannot be used (${path}: ${detail}): --weights none serves without saying which they are`,
    )
  }
  // An engine in a container tells paths that are not there outside of it.
  screen.tell(
    { event: 'weights_unknown', model: publicId, path, detail },
    ...labelled(
      '',
      `which weights ${publicId} has is not said: ${path}, ${detail}; --weights PATH`,
    ),
  )
  const unknown = await read(undefined)
  if (unknown.ok) return unknown.value
  throw new CommandFailure(unknown.error.detail)
}

/** Where a person says, or where the engine does, which has them on this machine too. */
function placeOf(
  { model }: ModelOffer,
  { kind, baseUrl }: FoundEngine,
  { weights }: ContributeOptions,
): WeightsPlace | undefined {
  if (weights === 'none') return undefined
  if (weights !== undefined) return { kind: 'path', path: weights }
  if (!/^http:\/\/(127\.|localhost|\[::1\])/.test(baseUrl)) return undefined
  if (kind === 'ollama') {
    return { kind: 'ollama', folder: join(homedir(), '.ollama', 'models'), model: model.id }
  }
  const { weightsPath } = model
  return weightsPath !== undefined && isAbsolute(weightsPath)
    ? { kind: 'path', path: weightsPath }
    : undefined
}

/** What an order says of a model. */
export function offeredModel(
  { publicId, model, modelId, manifest, contextTokensMax, prices }: ServedModel,
  { terms: { asset } }: MetGateway,
  endpoints: readonly Endpoint[],
): OfferedTerms['models'][number] {
  const price = (amount: bigint): string => formatAmount(amount, asset.decimals)
  return {
    id: publicId,
    upstreamId: model.id,
    ...(manifest === undefined ? { modelId } : { manifest }),
    contextTokensMax,
    endpoints,
    price: {
      promptPerMtok: price(prices.promptAtomicPerMtok),
      cachedPromptPerMtok: price(prices.cachedPromptAtomicPerMtok),
      completionPerMtok: price(prices.completionAtomicPerMtok),
    },
  }
}

/** What each model is offered for, and what of that is the contributor's. */
export function showModels(
  models: readonly ServedModel[],
  { terms: { asset, fee_bps: feeBps } }: MetGateway,
  screen: Screen,
): void {
  const price = (amount: bigint): string => formatAmount(amount, asset.decimals)
  const rows = models.map((model) => {
    const { prices, contextTokensMax, publicId } = model
    const earned = earnedPrices(prices, feeBps)
    return [
      publicId,
      `context ${grouped(contextTokensMax)}`,
      `asks ${price(prices.promptAtomicPerMtok)} in, ${price(prices.completionAtomicPerMtok)} out`,
      `earns ${price(earned.promptAtomicPerMtok)} and ${price(earned.completionAtomicPerMtok)}`,
    ]
  })
  const event = models.map(({ publicId, model, modelId, contextTokensMax, prices }) => ({
    ...{ id: publicId, upstreamId: model.id, modelId, contextTokensMax },
    ...{ prompt: prices.promptAtomicPerMtok, completion: prices.completionAtomicPerMtok },
  }))
  screen.tell(
    { event: 'models', models: event },
    ...labelled('offers', ...inColumns(rows), `${asset.symbol} for a million tokens`),
  )
}
