import { completionTokensDefaultMax } from './base/limits.ts'
import {
  atMostOne,
  exactlyOne,
  type Key,
  list,
  type Meaning,
  needs,
  optional,
  type Section,
  section,
} from './config-fields.ts'
import { type NamedFiles, readFile } from './config-files.ts'
import type { Environment } from './config-interpolation.ts'
import { manifestIdOf, readManifestId } from './config-manifest.ts'
import { priceSection, type Serving, servingPriceSection } from './config-prices.ts'
import { readTensorTerms } from './config-tensors.ts'
import { limitsSection } from './config-upstream-limits.ts'
import {
  address,
  addresses,
  file,
  flag,
  integer,
  name,
  secretFile,
  text,
  url,
  wordsOf,
} from './config-values.ts'
import type { ContributorLimits, SigningIdentity } from './domain/contributor.ts'
import { endpoints, usualEndpoints } from './domain/endpoint.ts'
import type { TokenPrices } from './domain/price-sheet.ts'
import type { TensorTerms } from './domain/tensor-terms.ts'
import type { Bytes32 } from './domain/units.ts'

export type UpstreamConfig = {
  readonly id: string
  readonly baseUrl: string
  readonly apiKey: string | undefined
  /** Set for a contributor that signs its Work. */
  readonly identity: SigningIdentity | undefined
  readonly limits?: ContributorLimits | undefined
  readonly region?: string | undefined
  /** Its prices move, up to those of its models. */
  readonly auction?: boolean | undefined
  /** It serves attestation reports of itself. */
  readonly attests?: boolean | undefined
  readonly models: readonly ServedModelConfig[]
}

export type ModelConfig = TokenPrices & {
  readonly id: string
  readonly upstreamId: string
  readonly modelId: Bytes32
  readonly contextTokensMax: number
  readonly completionTokensMax: number
  /** Path of a Hugging Face tokenizer.json for our own count. */
  readonly tokenizer: string | undefined
}

/** Its prices are those of its servings. */
export type ServedModelConfig = Omit<ModelConfig, keyof TokenPrices> & {
  readonly servings: readonly Serving[]
  /** Of a provable model. */
  readonly tensors?: TensorTerms | undefined
}

type Terms = {
  readonly files: NamedFiles
  readonly environment: Environment
  /** Of the asset that prices are written in. */
  readonly decimals: number
}

const tokensMax = 100_000_000
const modelKeys = {
  id: text({ says: 'The public name that clients ask for.', examples: ['llama-3.1-8b'] }),
  upstreamId: optional(
    text({ says: 'The name that the upstream knows it by. Default: the public name.' }),
  ),
  contextTokensMax: integer({
    says: 'Prompt and completion together, in tokens; of what answers no text, the prompt alone.',
    min: 1,
    max: tokensMax,
  }),
  completionTokensMax: optional(
    integer({
      says: 'The longest completion of one choice, in tokens, no more than contextTokensMax; of audio, the characters or seconds of one request. Default: 4096 or, of texts, the context, whichever is less.',
      min: 1,
      max: tokensMax,
    }),
  ),
  manifest: optional(
    file({ says: 'JSON file that describes the weights; modelId is the hash of it.' }),
  ),
  tokenizer: optional(
    file({ says: 'A Hugging Face tokenizer.json: token counts are checked against it.' }),
  ),
}

/** A model as a lender may offer it: for chat completions. */
export const modelSection: Key<Meaning<Terms, ModelConfig>> = section({
  says: 'One model that it serves.',
  keys: { ...modelKeys, price: priceSection },
  read: (model, terms: Terms) => {
    const { price } = model.values
    return { ...readModel(model, terms, 'texts'), ...price(terms) }
  },
})

const servedModelSection: Key<Meaning<Terms, ServedModelConfig>> = section({
  says: 'One model that it serves.',
  keys: {
    ...modelKeys,
    endpoints: optional(
      wordsOf(
        { says: 'What it can be asked for: paths behind /v1/. Default: chat/completions alone.' },
        endpoints,
      ),
    ),
    graph: optional(
      file({
        says: 'Of a provable model: its graph.json, which its manifest lists. Required for inference (docs/inference.md).',
      }),
    ),
    circuit: optional(
      text({
        says: 'Of a provable model: the folder with the artefacts of the circuit that proves it. Without it no proof is offered.',
      }),
    ),
    price: servingPriceSection,
  },
  rules: [needs('circuit', 'graph')],
  read: (model, { decimals, ...terms }: Terms) => {
    const { price, endpoints: served = usualEndpoints } = model.values
    const servings = price({ decimals, endpoints: served })
    const isText = servings.some(({ unit }) => unit === 'token')
    const tensors = readTensorTerms(model, served, terms.files)
    return {
      ...readModel(model, terms, isText ? 'texts' : 'other'),
      servings,
      ...(tensors !== undefined && { tensors }),
    }
  },
})

type ModelKeys = Section<{
  readonly [key in keyof typeof modelKeys]: (typeof modelKeys)[key] extends Key<infer T> ? T : never
}>

function readModel(
  model: ModelKeys,
  terms: Omit<Terms, 'decimals'>,
  answers: 'texts' | 'other',
): Omit<ModelConfig, keyof TokenPrices> {
  const { id, upstreamId, contextTokensMax, tokenizer } = model.values
  if (tokenizer !== undefined) readFile(model, 'tokenizer', terms.files)
  const most = answers === 'texts' ? contextTokensMax : tokensMax
  const completionTokensMax = readCompletionTokensMax(model, most)
  return {
    id,
    upstreamId: upstreamId ?? id,
    modelId: modelIdOf(model, terms.files),
    contextTokensMax,
    completionTokensMax,
    tokenizer: tokenizer === undefined ? undefined : terms.files.at(tokenizer),
  }
}

/** What is written, or the usual, of a model that answers so much at most. */
export function readCompletionTokensMax(
  model: Section<{ readonly completionTokensMax: number | undefined }>,
  most: number,
): number {
  const { completionTokensMax = Math.min(completionTokensDefaultMax, most) } = model.values
  if (completionTokensMax <= most) return completionTokensMax
  return model.refuse('completionTokensMax', 'no more than contextTokensMax')
}

/** A model whose weights nobody showed is known by its name alone, and its manifest says so. */
function modelIdOf(
  model: Section<{ readonly id: string; readonly manifest: string | undefined }>,
  files: NamedFiles,
): Bytes32 {
  const { id, manifest } = model.values
  if (manifest === undefined) return manifestIdOf({ id, weights: null })
  return readManifestId(model, files)
}

export const upstreamSection: Key<Meaning<Terms, UpstreamConfig>> = section({
  says: 'One OpenAI-compatible service.',
  keys: {
    id: name({ says: 'Your name for it; clients see it in x-vouch-contributor.' }),
    url: optional(
      url({
        says: 'Its OpenAI base URL, ending in /v1.',
        endsIn: '/v1',
        examples: ['http://127.0.0.1:8000/v1'],
      }),
    ),
    dialsIn: optional(
      flag({
        says: 'true instead of a url: it opens the connection itself, from a machine that nobody can dial, and proves one of its signing keys.',
      }),
    ),
    apiKeyFile: optional(
      secretFile({
        says: 'File with the API key to show it. Never logged, never sent anywhere else.',
      }),
    ),
    apiKeyEnv: optional(
      text({ says: 'Name of an environment variable with that key, instead of a file.' }),
    ),
    operator: optional(
      address({
        says: 'Registered operator account of a contributor that signs its Work. With it every answer must carry a Work that one of its keys signed.',
      }),
    ),
    signingAddresses: optional(addresses({ says: 'Addresses of the keys that it may sign with.' })),
    auction: optional(
      flag({
        says: 'true: it asks what it wants by its own reports, at most the prices that stand here (docs/market.md). Of texts alone.',
      }),
    ),
    attests: optional(
      flag({
        says: 'true: it runs in a trusted execution environment, and says so at `/attestation/report`. What it says is handed on, and named by the receipts of its answers (docs/tiers.md).',
      }),
    ),
    limits: optional(limitsSection),
    region: optional(
      name({ says: 'Where it computes: a name of your choice, which callers may ask for.' }),
    ),
    models: list({ says: 'What it serves.', of: servedModelSection, by: 'id' }),
  },
  rules: [
    exactlyOne('url', 'dialsIn'),
    needs('dialsIn', 'operator'),
    atMostOne('apiKeyFile', 'apiKeyEnv'),
    needs('operator', 'signingAddresses'),
    needs('signingAddresses', 'operator'),
    needs('auction', 'operator'),
    needs('attests', 'url'),
  ],
  read: (upstream, terms: Terms) => {
    const { id, url, dialsIn, operator, signingAddresses, limits, models } = upstream.values
    const { region, auction, attests } = upstream.values
    if (dialsIn === false) upstream.refuse('dialsIn', 'true, or a url instead')
    return {
      id,
      baseUrl: url ?? `tunnel://${operator}/v1`,
      apiKey: readApiKey(upstream, terms),
      identity:
        operator === undefined || signingAddresses === undefined
          ? undefined
          : { operator, signingAddresses },
      limits: limits?.(terms),
      region,
      auction,
      attests,
      models: models(terms),
    }
  },
})

export const upstreamsList: Key<Meaning<Terms, readonly UpstreamConfig[]>> = list({
  says: 'The OpenAI-compatible services that answer, at least one.',
  of: upstreamSection,
  by: 'id',
})

function readApiKey(
  upstream: Section<Readonly<Record<'apiKeyFile' | 'apiKeyEnv', string | undefined>>>,
  { files, environment }: Terms,
): string | undefined {
  const { apiKeyFile, apiKeyEnv } = upstream.values
  if (apiKeyFile !== undefined) {
    const key = readFile(upstream, 'apiKeyFile', files).trim()
    return isApiKey(key) ? key : upstream.refuse('apiKeyFile', 'a file with one key in it')
  }
  if (apiKeyEnv === undefined) return undefined
  const key = environment[apiKeyEnv]
  return key !== undefined && isApiKey(key)
    ? key
    : upstream.refuse('apiKeyEnv', 'the name of a variable with a key in it')
}

/** What may stand in an authorization header. */
const isApiKey = (key: string): boolean => /^[!-~]+$/.test(key)
