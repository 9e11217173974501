/*
 * Keys that strangers lend, and contributors that join while the gateway runs. The same declarations read vouch.yaml and what
 * comes over HTTP, which is JSON and so YAML too.
 */
import {
  atMostOne,
  type Key,
  list,
  type Meaning,
  optional,
  type Section,
  section,
} from './config-fields.ts'
import { type NamedFiles, readFile } from './config-files.ts'
import type { Environment } from './config-interpolation.ts'
import { priceSection } from './config-prices.ts'
import { limitsSection } from './config-upstream-limits.ts'
import { type ModelConfig, modelSection } from './config-upstreams.ts'
import { closedUrlRules, type UrlRules, urlRuleKeys } from './config-url-rules.ts'
import { flag, hosts, integer, name, secretFile, text, url } from './config-values.ts'
import type { LentModel, LentTerms } from './domain/lent-terms.ts'
import { parseSealSecrets, type SealSecret } from './domain/seal-secret.ts'

/** Who may lend what. */
export type LendingConfig = {
  /** Whether keys are taken from strangers at all. */
  readonly isOpen: boolean
  /** What is lent waits for the operator's word. */
  readonly needsApproval: boolean
  /** Undefined leaves it to a file of the data folder. */
  readonly sealSecrets: readonly SealSecret[] | undefined
  readonly urls: UrlRules
  /** Of all lenders, and of one. */
  readonly keysMax: number
  readonly keysPerLenderMax: number
  /** What may be lent; its price is the most that a lender may ask. */
  readonly models: readonly ModelConfig[]
}

/** Of a gateway that takes no keys from strangers. */
export const closedLending: LendingConfig = {
  isOpen: false,
  needsApproval: true,
  sealSecrets: undefined,
  urls: closedUrlRules,
  keysMax: 0,
  keysPerLenderMax: 0,
  models: [],
}

type Terms = {
  readonly files: NamedFiles
  readonly environment: Environment
  readonly decimals: number
}

export const lendingSection: Key<Meaning<Terms, LendingConfig>> = section({
  says: 'API keys that others lend to this gateway, and the secret that kept keys are encrypted with; docs/lent-keys.md tells the whole.',
  keys: {
    open: flag({ says: 'Whether anybody may lend a key.', default: false }),
    approval: flag({
      says: "Whether a lent key waits for the operator's word before it is used.",
      default: true,
    }),
    secretFile: optional(
      secretFile({
        says: 'File with the secrets that kept API keys are encrypted with, one line `version:64 hex digits` each. Default: contributor-secret in the data folder, which is made at the first start; with a store in Redis there is none.',
      }),
    ),
    secretEnv: optional(
      text({ says: 'Name of an environment variable with the same text, instead of a file.' }),
    ),
    ...urlRuleKeys('lender'),
    hosts: optional(
      hosts({ says: "The only hosts that a lender's URL may name. Default: every public one." }),
    ),
    keysMax: integer({
      says: 'How many lent keys are kept, of all lenders together: each has an escrow of its own.',
      min: 1,
      max: 10_000,
      default: 100,
    }),
    keysPerLenderMax: integer({
      says: 'How many of them one wallet may lend.',
      min: 1,
      max: 10_000,
      default: 16,
    }),
    models: optional(
      list({
        says: 'What may be lent. The price is the most that a lender may ask.',
        of: modelSection,
        by: 'id',
      }),
    ),
  },
  rules: [atMostOne('secretFile', 'secretEnv')],
  read: (lending, terms: Terms) => {
    const { values } = lending
    const models = values.models?.(terms) ?? []
    if (values.open && models.length === 0) {
      lending.refuse('models', 'what may be lent, because open is true')
    }
    const { open, approval, allowHttp, allowPrivateNetworks } = values
    return {
      isOpen: open,
      needsApproval: approval,
      sealSecrets: readSealSecrets(lending, terms),
      urls: { allowHttp, allowPrivateNetworks, hosts: values.hosts },
      keysMax: values.keysMax,
      keysPerLenderMax: values.keysPerLenderMax,
      models,
    }
  },
})

function readSealSecrets(
  lending: Section<{
    readonly secretFile: string | undefined
    readonly secretEnv: string | undefined
  }>,
  { files, environment }: Terms,
): readonly SealSecret[] | undefined {
  const { secretFile, secretEnv } = lending.values
  const expected = 'lines of version:64 hex digits'
  if (secretFile !== undefined) {
    const secrets = parseSealSecrets(readFile(lending, 'secretFile', files))
    return secrets ?? lending.refuse('secretFile', `a file with ${expected}`)
  }
  if (secretEnv === undefined) return undefined
  const secrets = parseSealSecrets(environment[secretEnv] ?? '')
  return secrets ?? lending.refuse('secretEnv', `the name of a variable with ${expected}`)
}

type Decimals = { readonly decimals: number }

const lentModelSection: Key<Meaning<Decimals, LentModel>> = section({
  says: 'One model that the key may be used for.',
  keys: {
    id: text({ says: "The public name of a model of the gateway's list." }),
    upstreamId: optional(
      text({ says: 'The name that the service knows it by. Default: the public name.' }),
    ),
    price: optional(priceSection),
  },
  read: ({ values }, terms: Decimals) => ({
    id: values.id,
    upstreamId: values.upstreamId ?? values.id,
    prices: values.price?.(terms),
  }),
})

/** What a lender's order says: the text that it signs. */
export const lentTermsSection: Key<Meaning<Decimals, LentTerms>> = section({
  says: 'What is lent, and on which terms.',
  keys: {
    url: url({ says: 'OpenAI base URL of the service, ending in /v1.', endsIn: '/v1' }),
    keyId: name({ says: 'Your name for the key; the same URL and name again replace it.' }),
    region: optional(name({ says: 'Where the service computes.' })),
    limits: optional(limitsSection),
    models: list({ says: 'What it may be used for.', of: lentModelSection, by: 'id' }),
  },
  read: ({ values }, terms: Decimals) => ({
    baseUrl: values.url,
    keyId: values.keyId,
    region: values.region,
    limits: values.limits?.(terms),
    models: values.models(terms),
  }),
})
