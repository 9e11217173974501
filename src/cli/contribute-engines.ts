import type { FoundEngine } from '../contributor/find-engines.ts'
import { grouped, inColumns } from './contribute-screen.ts'

/** What an engine is and where, in one line. */
export const engineTitle = ({ name, version, baseUrl, slots }: FoundEngine): string => {
  const versioned = version === undefined ? name : `${name} ${version}`
  const atOnce = slots === undefined ? '' : `, ${grouped(slots)} requests at once`
  return `${versioned} at ${baseUrl}${atOnce}`
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
