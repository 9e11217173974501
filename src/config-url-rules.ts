import type { Key } from './config-fields.ts'
import { flag } from './config-values.ts'

/** Where a URL that a stranger names may lead. */
export type UrlRules = {
  readonly allowHttp: boolean
  readonly allowPrivateNetworks: boolean
  /** Undefined allows every host. */
  readonly hosts: readonly string[] | undefined
}

export const closedUrlRules: UrlRules = {
  allowHttp: false,
  allowPrivateNetworks: false,
  hosts: undefined,
}

/** The keys that open them; `stranger` is who names the URL. */
export const urlRuleKeys = (
  stranger: 'lender' | 'contributor',
): { readonly [K in 'allowHttp' | 'allowPrivateNetworks']: Key<boolean> } => ({
  allowHttp: flag({
    says: `Whether a ${stranger} may name a URL without TLS: prompts and the key can be read on the way.`,
    default: false,
  }),
  allowPrivateNetworks: flag({
    says: `Whether a ${stranger}'s URL may lead to this machine, to private networks and to link-local addresses.`,
    default: false,
  }),
})
