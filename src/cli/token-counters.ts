import { statSync } from 'node:fs'
import { messageOf } from '../base/message-of.ts'
import type { GatewayConfig } from '../config.ts'
import { loadTokenCounter, type TokenCounter } from '../metering/token-counter.ts'
import { CommandFailure } from './command.ts'

type Loaded = { readonly stamp: string; readonly counter: TokenCounter }

/** By public model name, as a configuration says; throws CommandFailure naming the file that cannot be read. */
export type TokenCountersOf = (
  config: Pick<GatewayConfig, 'upstreams' | 'lending' | 'joining'>,
) => ReadonlyMap<string, TokenCounter>

/** Remembers what it loaded: a tokenizer of some megabytes holds the event loop while it is parsed, and seldom changes. */
export function createTokenCounters(): TokenCountersOf {
  let loaded = new Map<string, Loaded>()
  return ({ upstreams, lending, joining }) => {
    const next = new Map<string, Loaded>()
    const counters = new Map<string, TokenCounter>()
    const models = [
      ...(lending?.models ?? []),
      ...(joining?.models ?? []),
      ...upstreams.flatMap((upstream) => upstream.models),
    ]
    for (const { id, tokenizer } of models) {
      if (tokenizer === undefined) continue
      const current = next.get(tokenizer) ?? load(tokenizer, loaded.get(tokenizer))
      next.set(tokenizer, current)
      counters.set(id, current.counter)
    }
    loaded = next
    return counters
  }
}

function load(path: string, before: Loaded | undefined): Loaded {
  try {
    const { ino, size, mtimeNs } = statSync(path, { bigint: true })
    const stamp = `${ino} ${size} ${mtimeNs}`
    return before?.stamp === stamp ? before : { stamp, counter: loadTokenCounter(path) }
  } catch (error) {
    throw new CommandFailure(messageOf(error))
  }
}
