import { type Key, type Meaning, ofDefaults, section } from './config-fields.ts'
import { flag } from './config-values.ts'

export type RoutingConfig = {
  /** A second contributor is asked where the first is slow, for every request that does not say otherwise. */
  readonly hedging: boolean
  /** Streams that have not begun are told so in comments. */
  readonly keepAliveComments: boolean
}

export const routingSection: Key<Meaning<void, RoutingConfig>> = ofDefaults(
  section({
    says: 'How contributors are asked; docs/routing.md tells the whole.',
    keys: {
      hedging: flag({
        says: 'Whether a second contributor is asked where the first has not begun to answer for longer than nineteen in twenty take: for every request that does not say otherwise, at most one in twenty. Who answers later has worked for nothing.',
        default: false,
      }),
      keepAliveComments: flag({
        says: 'Whether a stream that has not begun after ten seconds is told so in a comment, `: keep-alive`, every ten seconds until it begins. Whatever goes wrong later is then told in the stream instead of by a status.',
        default: false,
      }),
    },
    read: ({ values }) => values,
  }),
)
