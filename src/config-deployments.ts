import { type Key, type Meaning, section } from './config-fields.ts'
import type { NamedFiles } from './config-files.ts'
import { address, integer, secretFile, text } from './config-values.ts'
import type { Address } from './domain/units.ts'

/** How models that the operator uploads become provable ones. */
export type DeploymentsConfig = {
  readonly storeFolder: string
  /** Pays for verifiers and registrations. */
  readonly keyFile: string
  readonly modelProofs: Address
  readonly timeoutMs: number
  readonly memoryMebibytesMax: number
}

export const deploymentsSection: Key<Meaning<Pick<NamedFiles, 'resolve'>, DeploymentsConfig>> =
  section({
    says: 'Models that the operator uploads by POST /v1/models. Without it none are taken; docs/models.md tells the whole.',
    keys: {
      store: text({
        says: 'Folder of the store that models are added to.',
        default: '.vouch/models',
      }),
      keyFile: secretFile({
        says: 'The private key of the account that puts verifiers on the home chain and registers models.',
      }),
      modelProofs: address({ says: 'The ModelProofs contract of the home chain.' }),
      timeoutS: integer({
        says: 'How long one deployment may take.',
        min: 10,
        max: 86_400,
        default: 1_800,
      }),
      memoryMebibytesMax: integer({
        says: 'Memory of the process that reads and measures what was uploaded.',
        min: 256,
        max: 65_536,
        default: 2_048,
      }),
    },
    read: ({ values }, { resolve }: Pick<NamedFiles, 'resolve'>) => ({
      storeFolder: resolve(values.store),
      keyFile: resolve(values.keyFile),
      modelProofs: values.modelProofs,
      timeoutMs: values.timeoutS * 1_000,
      memoryMebibytesMax: values.memoryMebibytesMax,
    }),
  })
