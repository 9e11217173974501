import { inject } from 'vitest'

declare module 'vitest' {
  export interface ProvidedContext {
    readonly chaosRounds: number
    readonly chaosSeed: number
  }
}

/** How often a gateway is killed; vitest.config.ts reads VOUCH_CHAOS_ROUNDS. */
export const chaosRounds: number = inject('chaosRounds')
/** Decides when; VOUCH_CHAOS_SEED. */
export const chaosSeed: number = inject('chaosSeed')
