import { readFileSync } from 'node:fs'
import { readKeyOption } from './admin-access.ts'
import { needed, readWhole } from './channel-options.ts'
import { CommandFailure } from './command.ts'

/** The options of `vouch contributors add`. */
type EntryOptions = {
  readonly [name in
    | 'url'
    | 'id'
    | 'model'
    | 'upstream-model'
    | 'context'
    | 'prompt-price'
    | 'completion-price'
    | 'region'
    | 'entry'
    | 'key-file'
    | 'key-env']?: string | undefined
}

/** An entry for the admin API: from a file, or of one model from options. What is wrong in it the gateway tells. */
export async function readEntryOptions(options: EntryOptions): Promise<object> {
  const apiKey = readKeyOption(options)
  const entry = options.entry === undefined ? entryOfOne(options) : entryIn(options.entry)
  return { ...entry, ...(apiKey !== undefined && { apiKey }) }
}

function entryOfOne(options: EntryOptions): object {
  const { id, region, 'upstream-model': upstreamId } = options
  const model = {
    id: needed('--model', options.model),
    ...(upstreamId !== undefined && { upstreamId }),
    contextTokensMax: needed('--context', readWhole('--context', options.context)),
    price: {
      promptPerMtok: needed('--prompt-price', options['prompt-price']),
      completionPerMtok: needed('--completion-price', options['completion-price']),
    },
  }
  return {
    ...(id !== undefined && { id }),
    url: needed('--url', options.url),
    ...(region !== undefined && { region }),
    models: [model],
  }
}

function entryIn(path: string): object {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CommandFailure(
      code === undefined ? `${path} is no JSON` : `${path} cannot be read (${code})`,
    )
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CommandFailure(`${path} is no entry: expected one JSON object`)
  }
  if (Object.hasOwn(value, 'apiKey')) {
    throw new CommandFailure(`${path} holds the key itself: give it by --key-file or --key-env`)
  }
  return value
}
