/*
 * Which models a store has: by name their versions, and aliases of versions. A version never changes what it names; an alias
 * may. Pure: whoever keeps it writes what comes out.
 */
import { err, ok, type Result } from '../base/result.ts'
import { isModelName, isVersion } from '../domain/model-name.ts'
import { type Bytes32, isBytes32 } from '../domain/units.ts'
import { isSha256, type Sha256 } from './content-id.ts'
import { versionsMax } from './limits.ts'
import { latest, type ModelReference } from './model-reference.ts'
import type { StoreFault } from './store-fault.ts'

export type ModelIndex = {
  readonly object: 'vouch.model-index'
  readonly models: Readonly<Record<string, NamedModel>>
}

type NamedModel = {
  /** In the order in which they were added. */
  readonly versions: readonly ModelVersion[]
  /** `latest` among them: the version that was added last, or what it was set to since. */
  readonly aliases: Readonly<Record<string, string>>
}

export type ModelVersion = {
  readonly version: string
  readonly modelId: Bytes32
  /** sha256 of the canonical manifest, whose keccak256 is the modelId. */
  readonly manifest: Sha256
  /** RFC 3339, UTC. */
  readonly addedAt: string
}

export const emptyIndex: ModelIndex = { object: 'vouch.model-index', models: {} }

/** The same version of the same model again changes nothing. */
export function withVersion(
  index: ModelIndex,
  name: string,
  added: ModelVersion,
): Result<ModelIndex, StoreFault> {
  const model = own(index.models, name) ?? { versions: [], aliases: {} }
  const known = model.versions.find(({ version }) => version === added.version)
  if (known?.modelId === added.modelId) return ok(index)
  if (known !== undefined || own(model.aliases, added.version) !== undefined) {
    const detail = `${name}@${added.version} is another model already; a version never changes`
    return err({ kind: 'conflict', detail })
  }
  if (model.versions.length >= versionsMax) {
    return err({ kind: 'conflict', detail: `${name} has ${versionsMax} versions: remove some` })
  }
  const versions = [...model.versions, added]
  return ok(
    withModel(index, name, { versions, aliases: { ...model.aliases, [latest]: added.version } }),
  )
}

/** One more than the greatest whole number among the versions. */
export function nextVersion(index: ModelIndex, name: string): string {
  const numbers = (own(index.models, name)?.versions ?? []).map(({ version }) => Number(version))
  return String(Math.max(0, ...numbers.filter(Number.isSafeInteger)) + 1)
}

export function withAlias(
  index: ModelIndex,
  name: string,
  { alias, version }: { readonly alias: string; readonly version: string },
): Result<ModelIndex, StoreFault> {
  const found = resolve(index, { kind: 'name', name, version })
  if (!found.ok) return found
  const model = own(index.models, name)
  if (model === undefined || model.versions.some((other) => other.version === alias)) {
    return err({
      kind: 'conflict',
      detail: `${name}@${alias} is a version, which no alias may hide`,
    })
  }
  const aliases = { ...model.aliases, [alias]: found.value.version }
  return ok(withModel(index, name, { ...model, aliases }))
}

/** Aliases of it go too; `latest` falls back to the version that was added before. */
export function withoutVersion(
  index: ModelIndex,
  name: string,
  version: string,
): Result<ModelIndex, StoreFault> {
  const found = resolve(index, { kind: 'name', name, version })
  if (!found.ok) return found
  const model = own(index.models, name)
  const versions = model?.versions.filter((other) => other.version !== found.value.version) ?? []
  const newest = versions.at(-1)
  if (model === undefined || newest === undefined) {
    const { [name]: _removed, ...models } = index.models
    return ok({ ...index, models })
  }
  const kept = Object.entries(model.aliases).filter(([, of]) => of !== found.value.version)
  const aliases = { [latest]: newest.version, ...Object.fromEntries(kept) }
  return ok(withModel(index, name, { versions, aliases }))
}

export function resolve(
  { models }: ModelIndex,
  reference: ModelReference,
): Result<ModelVersion & { readonly name: string }, StoreFault> {
  if (reference.kind === 'id') {
    for (const [name, { versions }] of Object.entries(models)) {
      const found = versions.find(({ modelId }) => modelId === reference.modelId)
      if (found !== undefined) return ok({ name, ...found })
    }
    return err({ kind: 'missing', detail: `the store has no model ${reference.modelId}` })
  }
  const { name, version } = reference
  const model = own(models, name)
  if (model === undefined) return err({ kind: 'missing', detail: `the store has no model ${name}` })
  const wanted = own(model.aliases, version) ?? version
  const found = model.versions.find((other) => other.version === wanted)
  if (found !== undefined) return ok({ name, ...found })
  const all = [...model.versions.map((other) => other.version), ...Object.keys(model.aliases)]
  const detail = `the store has no ${name}@${version}; it has ${all.join(', ')}`
  return err({ kind: 'missing', detail })
}

/** A name may be that of a member that every object has. */
const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined

const withModel = (index: ModelIndex, name: string, model: NamedModel): ModelIndex => ({
  ...index,
  models: { ...index.models, [name]: model },
})

/** Of a mirror, which anybody may have written. */
export function readModelIndex(text: string): Result<ModelIndex, StoreFault> {
  const refuse = (detail: string) => err({ kind: 'invalid', detail } as const)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refuse('the index is not JSON')
  }
  const { object, models } = fieldsOf(value)
  if (object !== 'vouch.model-index') return refuse('there is no index of models')
  const entries = Object.entries(fieldsOf(models))
  const wrong = entries.find(([name, model]) => !isModelName(name) || !isNamedModel(model))
  if (wrong !== undefined)
    return refuse(`the index says nothing sound of '${wrong[0].slice(0, 80)}'`)
  return ok({ object, models: Object.fromEntries(entries) as Record<string, NamedModel> })
}

function isNamedModel(value: unknown): boolean {
  const { versions, aliases } = fieldsOf(value)
  if (!Array.isArray(versions) || versions.length === 0 || versions.length > versionsMax)
    return false
  if (!versions.every(isModelVersion)) return false
  const known = new Set(versions.map(({ version }) => version))
  if (known.size < versions.length) return false
  return Object.entries(fieldsOf(aliases)).every(
    ([alias, version]) => isVersion(alias) && !known.has(alias) && known.has(version as string),
  )
}

function isModelVersion(value: unknown): value is ModelVersion {
  const { version, modelId, manifest, addedAt } = fieldsOf(value)
  return (
    typeof version === 'string' &&
    isVersion(version) &&
    typeof modelId === 'string' &&
    isBytes32(modelId) &&
    typeof manifest === 'string' &&
    isSha256(manifest) &&
    typeof addedAt === 'string'
  )
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
