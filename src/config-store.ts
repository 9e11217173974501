import { exactlyOne, type Key, type Meaning, optional, section } from './config-fields.ts'
import { type NamedFiles, readFile } from './config-files.ts'
import { secretFile, secretUrl, textLike, urlOfSchemes } from './config-values.ts'

/** Where several gateways keep their ledger, keys and outbox together. */
export type StoreConfig = {
  /** May hold a password: never printed, never logged. */
  readonly redisUrl: string
  readonly keyPrefix: string
}

const schemes = ['redis', 'rediss']

export const storeSection: Key<Meaning<NamedFiles, StoreConfig>> = section({
  says: 'Where several gateways keep ledger, API keys and outbox together. Without it they are files in the data folder, for one gateway alone.',
  keys: {
    redisUrl: optional(
      secretUrl({
        says: 'redis:// or rediss://, with user and password where the server asks for them.',
        schemes,
        examples: ['redis://127.0.0.1:6379'],
      }),
    ),
    redisUrlFile: optional(
      secretFile({ says: 'File with that URL, for one with a password in it.' }),
    ),
    keyPrefix: textLike({
      says: 'What all keys in Redis begin with, so that ledgers on one server are told apart.',
      // Braces around it make it a cluster's hash tag.
      pattern: '^[A-Za-z0-9_.:-]{1,64}$',
      expected: 'up to 64 letters, digits and . : _ -',
      default: 'vouch',
    }),
  },
  rules: [exactlyOne('redisUrl', 'redisUrlFile')],
  read: (store, files: NamedFiles) => {
    const { redisUrl, keyPrefix } = store.values
    const url = redisUrl ?? readFile(store, 'redisUrlFile', files).trim()
    const [pattern, expected] = urlOfSchemes(schemes)
    const isGood = new RegExp(pattern).test(url) && URL.canParse(url)
    if (!isGood) store.refuse(redisUrl === undefined ? 'redisUrlFile' : 'redisUrl', expected)
    return { redisUrl: url, keyPrefix }
  },
})
