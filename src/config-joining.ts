/*
 * Contributors that join by their own signed orders. The same declarations read what the operator takes (vouch.yaml) and what
 * a contributor offers (an order's terms), which is JSON and so YAML too.
 */
import type { Json } from './base/canonical-json.ts'
import {
  exactlyOne,
  type Key,
  list,
  type Meaning,
  optional,
  type Section,
  section,
} from './config-fields.ts'
import { type NamedFiles, readFile } from './config-files.ts'
import { manifestIdOf, readManifestId } from './config-manifest.ts'
import { priceSection } from './config-prices.ts'
import { mapAt, report } from './config-source.ts'
import { limitsSection } from './config-upstream-limits.ts'
import { readCompletionTokensMax } from './config-upstreams.ts'
import { closedUrlRules, type UrlRules, urlRuleKeys } from './config-url-rules.ts'
import { file, flag, integer, name, text, textLike, url, wordsOf } from './config-values.ts'
import type { JoinedModel, JoiningTerms } from './domain/joining-terms.ts'
import type { TokenPrices } from './domain/price-sheet.ts'
import { type Bytes32, bytes32 } from './domain/units.ts'

/** Who may join, with what. */
export type JoiningConfig = {
  readonly isOpen: boolean
  /** Who joins waits for the operator's word. */
  readonly needsApproval: boolean
  readonly urls: UrlRules
  readonly contributorsMax: number
  /** Their prices are the most that may be asked. */
  readonly models: readonly JoinableModel[]
  /** The most that may be asked for any other model; undefined takes no other. */
  readonly anyModel: TokenPrices | undefined
  /** A node that contributors are told of, where the chain is the gateway's own. */
  readonly rpcUrl: string | undefined
}

type JoinableModel = TokenPrices & {
  readonly id: string
  /** What must be served under that name; undefined leaves it to who joins. */
  readonly modelId: Bytes32 | undefined
  /** Path of a Hugging Face tokenizer.json for our own count. */
  readonly tokenizer: string | undefined
}

/** Of a gateway that nobody joins. */
export const closedJoining: JoiningConfig = {
  isOpen: false,
  needsApproval: true,
  urls: closedUrlRules,
  contributorsMax: 0,
  models: [],
  anyModel: undefined,
  rpcUrl: undefined,
}

type Terms = { readonly files: NamedFiles; readonly decimals: number }

const joinableModelSection: Key<Meaning<Terms, JoinableModel>> = section({
  says: 'One model that may be joined with.',
  keys: {
    id: text({ says: 'The public name that clients ask for.' }),
    manifest: optional(
      file({
        says: 'JSON file that describes the weights: only they may be served under that name. Without it whoever joins says what it serves.',
      }),
    ),
    tokenizer: optional(
      file({
        says: "A Hugging Face tokenizer.json that the contributors' token counts are checked against.",
      }),
    ),
    price: priceSection,
  },
  read: (model, { files, decimals }: Terms) => {
    const { id, manifest, tokenizer, price } = model.values
    if (tokenizer !== undefined) readFile(model, 'tokenizer', files)
    return {
      id,
      modelId: manifest === undefined ? undefined : readManifestId(model, files),
      tokenizer: tokenizer === undefined ? undefined : files.at(tokenizer),
      ...price({ decimals }),
    }
  },
})

export const joiningSection: Key<Meaning<Terms, JoiningConfig>> = section({
  says: 'Contributors that join by their own signed orders: registered and staked in the ContributorRegistry; docs/joining.md tells the whole.',
  keys: {
    open: flag({ says: 'Whether registered contributors may join by themselves.', default: false }),
    approval: flag({
      says: "Whether who joins waits for the operator's word before it is asked.",
      default: true,
    }),
    ...urlRuleKeys('contributor'),
    contributorsMax: integer({
      says: 'How many may have joined at a time: each has an escrow of its own.',
      min: 1,
      max: 10_000,
      default: 100,
    }),
    models: optional(
      list({
        says: 'What may be joined with. The price is the most that a contributor may ask.',
        of: joinableModelSection,
        by: 'id',
      }),
    ),
    anyModel: optional(priceSection),
  },
  read: (joining, terms: Terms) => {
    const { open, approval, allowHttp, allowPrivateNetworks, contributorsMax } = joining.values
    const models = joining.values.models?.(terms) ?? []
    const anyModel = joining.values.anyModel?.(terms)
    if (open && models.length === 0 && anyModel === undefined) {
      joining.refuse('models', 'what may be joined with, or anyModel, because open is true')
    }
    return {
      isOpen: open,
      needsApproval: approval,
      urls: { allowHttp, allowPrivateNetworks, hosts: undefined },
      contributorsMax,
      models,
      anyModel,
      rpcUrl: undefined,
    }
  },
})

type Decimals = { readonly decimals: number }

/** What the gateway asks of models that are priced by the token. */
const joinedEndpoints = ['chat/completions', 'completions', 'embeddings'] as const
const tokensMax = 100_000_000

/** A manifest that stands in the terms themselves. */
const manifest: Key<Json> = {
  schema: { description: 'What describes the weights; modelId is the hash of it.', type: 'object' },
  isRequired: true,
  read: (spot) => {
    const written = mapAt(spot)
    if (written === undefined) report(spot, 'an object that describes the weights')
    return (written?.toJSON() ?? null) as Json
  },
}

const joinedModelSection: Key<Meaning<Decimals, JoinedModel>> = section({
  says: 'One model that the contributor serves.',
  keys: {
    id: name({ says: 'The public name that clients ask for.' }),
    upstreamId: optional(
      text({ says: 'The name that its engine knows. Default: the public name.' }),
    ),
    modelId: optional(
      textLike({
        says: 'keccak256 of the canonical manifest.',
        pattern: '^0x[0-9a-fA-F]{64}$',
        expected: 'a hash: 0x and 64 hex digits',
      }),
    ),
    manifest: optional(manifest),
    contextTokensMax: integer({
      says: 'Prompt and completion together, in tokens.',
      min: 1,
      max: tokensMax,
    }),
    completionTokensMax: optional(
      integer({
        says: 'The longest completion of one choice, in tokens, no more than contextTokensMax.',
        min: 1,
        max: tokensMax,
      }),
    ),
    endpoints: optional(
      wordsOf(
        { says: 'What it can be asked for. Default: chat/completions alone.' },
        joinedEndpoints,
      ),
    ),
    price: priceSection,
  },
  rules: [exactlyOne('modelId', 'manifest')],
  read: (model, terms: Decimals) => {
    const { id, upstreamId, contextTokensMax, endpoints, price } = model.values
    return {
      id,
      upstreamId: upstreamId ?? id,
      modelId: namedModelId(model),
      contextTokensMax,
      completionTokensMax: readCompletionTokensMax(model, contextTokensMax),
      endpoints: endpoints ?? ['chat/completions'],
      prices: price(terms),
    }
  },
})

function namedModelId({
  values,
}: Section<{
  readonly modelId: string | undefined
  readonly manifest: Json | undefined
}>): Bytes32 {
  return values.modelId === undefined
    ? manifestIdOf(values.manifest ?? null)
    : bytes32(values.modelId)
}

/** What a contributor's order says: the text that it signs. */
export const joiningTermsSection: Key<Meaning<Decimals, JoiningTerms>> = section({
  says: 'What a contributor offers, and on which terms.',
  keys: {
    url: optional(
      url({
        says: 'Its OpenAI base URL, ending in /v1; left out where it dials in.',
        endsIn: '/v1',
      }),
    ),
    region: optional(name({ says: 'Where it computes.' })),
    limits: optional(limitsSection),
    models: list({ says: 'What it serves.', of: joinedModelSection, by: 'id' }),
  },
  read: ({ values }, terms: Decimals) => ({
    url: values.url,
    region: values.region,
    limits: values.limits?.(terms),
    models: values.models(terms),
  }),
})
