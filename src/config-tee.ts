import { type Key, type Meaning, needs, optional, section } from './config-fields.ts'
import { type NamedFiles, readFile } from './config-files.ts'
import { address, file, text, textLike, url } from './config-values.ts'
import type { Address } from './domain/units.ts'

/** Some measurements of an environment, by Intel's names in lower case, as lower-case hex. */
type Environment = Readonly<Record<string, string>>

/** Trusted execution environments: this gateway's own, its contributors', and its upstreams'. */
export type TeeConfig = {
  readonly source: 'dstack' | 'tsm' | 'none'
  readonly dstackSocket: string
  readonly tierEvidence: Address | undefined
  /** How quotes of upstreams are judged; undefined: nobody judges them. */
  readonly quotes:
    | { readonly pccsUrl: string; readonly allowed: readonly Environment[] }
    | undefined
}

export const teeSection: Key<Meaning<NamedFiles, TeeConfig>> = section({
  says: 'Trusted execution environments; docs/tiers.md tells what they prove. Without it nothing is attested and tier 16 is never claimed.',
  keys: {
    source: textLike({
      says: "Where quotes of this gateway's own environment come from, for `GET /v1/attestation/report`: dstack's guest agent, or the kernel's configfs-tsm.",
      pattern: '^(none|dstack|tsm)$',
      expected: 'none, dstack or tsm',
      default: 'none',
    }),
    dstackSocket: text({
      says: "The socket of dstack's guest agent.",
      default: '/var/run/dstack.sock',
    }),
    pccsUrl: optional(
      url({
        says: 'A PCCS, by whose collateral quotes of upstreams are verified. Without it their reports are only what they say.',
      }),
    ),
    allowedFile: optional(
      file({
        says: 'JSON file with the environments that upstreams may run in: a list of objects of measurements in hex.',
      }),
    ),
    tierEvidence: optional(
      address({
        says: "The TierEvidence contract on the home chain, by which a contributor's signing key is known to be bound to an environment. With it receipts claim tier 16 where it says so.",
      }),
    ),
  },
  rules: [needs('pccsUrl', 'allowedFile'), needs('allowedFile', 'pccsUrl')],
  read: (tee, files: NamedFiles) => {
    const { pccsUrl, allowedFile, source, ...rest } = tee.values
    if (pccsUrl === undefined || allowedFile === undefined) {
      return { ...rest, source: source as TeeConfig['source'], quotes: undefined }
    }
    const allowed = readEnvironments(readFile(tee, 'allowedFile', files))
    if (allowed === undefined) {
      return tee.refuse('allowedFile', 'a JSON list of objects of measurements in lower-case hex')
    }
    return { ...rest, source: source as TeeConfig['source'], quotes: { pccsUrl, allowed } }
  },
})

function readEnvironments(json: string): readonly Environment[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return undefined
  }
  return Array.isArray(value) && value.length > 0 && value.every(isEnvironment) ? value : undefined
}

const isEnvironment = (value: unknown): value is Environment =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).length > 0 &&
  Object.entries(value).every(
    ([name, measured]) =>
      /^(mrtd|rtmr[0-3]|mrconfigid|mrenclave|mrsigner)$/.test(name) &&
      typeof measured === 'string' &&
      /^([0-9a-f]{2})+$/.test(measured),
  )
