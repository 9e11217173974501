import { messageOf } from '../base/message-of.ts'

/** Why the store, or a mirror of it, did not do what it was asked, in words for a person. */
export type StoreFault = {
  readonly kind: /** There is no such model, version or file. */
    | 'missing'
    /** What is there is not what its name says it is. */
    | 'altered'
    /** It stands against something that is there already. */
    | 'conflict'
    /** It is nothing that a store takes. */
    | 'invalid'
    /** The disk or the mirror failed. */
    | 'unavailable'
  readonly detail: string
}

/** For what file systems and mirrors throw. */
export const unavailable = (place: string, thrown: unknown): StoreFault => ({
  kind: 'unavailable',
  detail: `${place}: ${messageOf(thrown)}`,
})
