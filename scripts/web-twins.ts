import { existsSync } from 'node:fs'
import type { Plugin } from 'rolldown'

/** For bundles that browsers run: puts `name-web.ts` in the place of `name.ts`, where a file has such a twin. */
export const webTwins: Plugin = {
  name: 'web-twins',
  async resolveId(source, importer, options) {
    if (importer === undefined || !source.endsWith('.ts')) return null
    const resolved = await this.resolve(source, importer, { ...options, skipSelf: true })
    if (resolved === null || resolved.id.endsWith('-web.ts')) return resolved
    const twin = resolved.id.replace(/\.ts$/, '-web.ts')
    return existsSync(twin) && importer !== twin ? { id: twin } : resolved
  },
}
