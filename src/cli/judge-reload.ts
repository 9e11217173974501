import { isDeepStrictEqual } from 'node:util'
import type { ConfigReading } from '../config.ts'

/** What a second reading of the configuration comes to for a gateway that runs on the first. */
export type ReloadVerdict =
  | { readonly kind: 'unchanged' }
  /** Keys that only a restart can change, as they are written in the file. */
  | { readonly kind: 'needs_restart'; readonly keys: readonly string[] }
  /** Ids of upstreams. */
  | {
      readonly kind: 'changed'
      readonly added: readonly string[]
      readonly removed: readonly string[]
      readonly changed: readonly string[]
      /** Of callers. */
      readonly limits: 'same' | 'changed'
      /** Who may join, with what. */
      readonly joining: 'same' | 'changed'
    }

/** Settings under these keys are taken over while requests are under way; those of an upstream have its place and a rest. */
const livePattern = /^(?:upstreams\[(\d+)\]\.(.*)|(?:limits|joining)(?:\..*)?)$/

export function judgeReload(before: ConfigReading, after: ConfigReading): ReloadVerdict {
  if (isDeepStrictEqual(before.settings, after.settings)) return { kind: 'unchanged' }
  const keys = [...changedElsewhere(before, after), ...payeesOf(before, after)]
  if (keys.length > 0) return { kind: 'needs_restart', keys }
  const [was, is] = [upstreamsOf(before), upstreamsOf(after)]
  const changeOf = (key: 'limits' | 'joining') =>
    isDeepStrictEqual(before.config[key], after.config[key]) ? 'same' : 'changed'
  return {
    kind: 'changed',
    limits: changeOf('limits'),
    joining: changeOf('joining'),
    added: [...is.keys()].filter((id) => !was.has(id)),
    removed: [...was.keys()].filter((id) => !is.has(id)),
    changed: [...is].flatMap(([id, settings]) => {
      const settingsBefore = was.get(id)
      const isSame = settingsBefore === undefined || isDeepStrictEqual(settingsBefore, settings)
      return isSame ? [] : [id]
    }),
  }
}

function changedElsewhere(before: ConfigReading, after: ConfigReading): readonly string[] {
  const keys = new Set([...before.settings.keys(), ...after.settings.keys()])
  return [...keys].filter(
    (key) => !livePattern.test(key) && before.settings.get(key) !== after.settings.get(key),
  )
}

/** Who is paid by channel is settled at the start: a payee that joins or changes its account waits for the next one. */
function payeesOf(before: ConfigReading, after: ConfigReading): readonly string[] {
  if (after.config.payouts === undefined) return []
  const identities = new Map(before.config.upstreams.map(({ id, identity }) => [id, identity]))
  return after.config.upstreams.flatMap(({ id, identity }, index) =>
    identity === undefined || isDeepStrictEqual(identities.get(id), identity)
      ? []
      : [`upstreams[${index}].operator`],
  )
}

/** The settings of each upstream, by its id. */
function upstreamsOf({ config, settings }: ConfigReading): ReadonlyMap<string, object> {
  const all = config.upstreams.map(({ id }) => ({ id, own: new Map<string, string>() }))
  for (const [key, value] of settings) {
    const [, index, rest] = livePattern.exec(key) ?? []
    if (rest !== undefined) all[Number(index)]?.own.set(rest, value)
  }
  return new Map(all.map(({ id, own }) => [id, own]))
}
