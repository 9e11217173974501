import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../../node_modules/.cache/vouch')

/**
 * Keeps what this start strips of its types and compiles for the next one, which takes half the time and an eighth less
 * memory. Where the folder cannot be written, nothing is kept. Node's own NODE_COMPILE_CACHE names another folder, and
 * NODE_DISABLE_COMPILE_CACHE=1 turns it off.
 */
export function keepCompiled(): void {
  enableCompileCache(folder)
  // Threads look for it there: what is enabled here is enabled for this one alone.
  // biome-ignore lint/style/noProcessEnv: this is no setting of ours, but how Node tells its own threads.
  process.env['NODE_COMPILE_CACHE'] ??= folder
}
