import { sha256Hex } from './base/sha256.ts'
import { type Key, type Meaning, section } from './config-fields.ts'
import { type NamedFiles, readFile } from './config-files.ts'
import { secretFile } from './config-values.ts'

/** Who may change a running gateway. */
export type AdminConfig = {
  /** sha256 of the token, lower-case hex: the token itself is not kept. */
  readonly tokenHash: string
}

const tokenPattern = /^[!-~]{32,512}$/

export const adminSection: Key<Meaning<NamedFiles, AdminConfig>> = section({
  says: 'The admin API (docs/admin.md). Without it its routes do not exist.',
  keys: {
    tokenFile: secretFile({
      says: 'File with the token that admin requests carry: at least 32 printable characters without spaces.',
    }),
  },
  read: (admin, files: NamedFiles) => {
    const token = readFile(admin, 'tokenFile', files).trim()
    if (!tokenPattern.test(token)) {
      admin.refuse('tokenFile', 'a file with a token of at least 32 printable characters')
    }
    return { tokenHash: sha256Hex(token) }
  },
})
