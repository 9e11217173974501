import type { ConfigFields } from './config-fields.ts'
import { readFile } from './config-files.ts'

/** Where several gateways keep their ledger, keys and outbox together. */
export type StoreConfig = {
  /** May hold a password: never printed, never logged. */
  readonly redisUrl: string
  readonly keyPrefix: string
}

export function readStore(fields: ConfigFields, at: (path: string) => string): StoreConfig {
  const path = fields.optionalString('redisUrlFile')
  if (path !== undefined && fields.has('redisUrl')) {
    return fields.fail('redisUrl', 'none beside redisUrlFile', '…')
  }
  const redisUrl =
    path === undefined
      ? fields.string('redisUrl')
      : readFile(fields, 'redisUrlFile', at(path)).trim()
  if (!/^rediss?:\/\//.test(redisUrl) || !URL.canParse(redisUrl)) {
    return fields.fail(
      path === undefined ? 'redisUrl' : 'redisUrlFile',
      'a URL that starts with redis:// or rediss://',
      '…',
    )
  }
  const keyPrefix = fields.string('keyPrefix', 'vouch')
  // Braces around it make it a cluster's hash tag.
  return /^[\w.:-]{1,64}$/.test(keyPrefix)
    ? { redisUrl, keyPrefix }
    : fields.fail('keyPrefix', 'up to 64 letters, digits and . : _ -', keyPrefix)
}
