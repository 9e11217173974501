import { type Key, type Meaning, ofDefaults, section } from './config-fields.ts'
import { flag } from './config-values.ts'

export type RoutingConfig = {
  /** A second contributor is asked where the first is slow, for every request that does not say otherwise. */
  readonly hedging: boolean
}

export const routingSection: Key<Meaning<void, RoutingConfig>> = ofDefaults(
  section({
    says: 'How contributors are asked; docs/routing.md tells the whole.',
    keys: {
      hedging: flag({
        says: 'Whether a second contributor is asked where the first has not begun to answer for longer than nineteen in twenty take: for every request that does not say otherwise, at most one in twenty. Who answers later has worked for nothing.',
        default: false,
      }),
    },
    read: ({ values }) => ({ hedging: values.hedging }),
  }),
)
