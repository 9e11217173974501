import type { FoundEngine } from '../contributor/find-engines.ts'
import { grouped, inColumns } from './contribute-screen.ts'

/** What an engine is and where, as a sentence can begin. */
export const engineAt = ({ name, version, baseUrl }: FoundEngine): string =>
  `${version === undefined ? name : `${name} ${version}`} at ${baseUrl}`

/** What an engine is, where, and how much it does, in one line. */
export const engineTitle = (found: FoundEngine): string => {
  const { slots } = found
  return `${engineAt(found)}${slots === undefined ? '' : `, ${grouped(slots)} requests at once`}`
}

/** A line for each of its models. */
export const engineModels = ({ models, isLocked }: FoundEngine): readonly string[] =>
  isLocked
    ? ['it wants a key: --engine-key-file FILE']
    : inColumns(
        models.map(({ id, contextTokensMax, details, writesText }) => [
          id,
          contextTokensMax === undefined ? 'context ?' : `context ${grouped(contextTokensMax)}`,
          [details ?? '', writesText ? '' : 'makes vectors, not text'].filter(Boolean).join(', '),
        ]),
      )
