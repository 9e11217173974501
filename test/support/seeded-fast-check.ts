/*
 * fast-check as the tests get it (vitest.config.ts): everything it draws follows from one seed, so that a run that passed
 * passes again, and what a property counts of its cases is the same on every machine.
 *
 *   VOUCH_PROPERTY_SEED=7 npx vitest run test/property      with another seed: how a change to a generator is tried
 */
import { createRequire } from 'node:module'
import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    readonly propertySeed: number
  }
}

const { default: fc }: typeof import('fast-check') = createRequire(import.meta.url)('fast-check')
fc.configureGlobal({ seed: inject('propertySeed') })

// biome-ignore lint/style/noDefaultExport: it stands where fast-check's own default export would.
export default fc
