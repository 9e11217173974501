/*
 * What the operator changes of the contributors that are kept in the store. An entry is what vouch.yaml would say of it, with
 * the key itself in the place of a file's name. Every function rejects with StoreFailure and with nothing else.
 */
import { contributorTermsBytesMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { ContributorMark, ContributorRecord } from '../domain/contributor-record.ts'
import type { AdminRefusal, GatewayRefusal, RequestRefusal } from '../domain/refusal.ts'
import type { Address } from '../domain/units.ts'
import type { ApiKeySeal } from '../store/api-key-seal.ts'
import { contributorIdOf } from '../store/contributor-store.ts'
import type { ContributorRoster } from './contributor-roster.ts'
import { unmarked } from './mark-forgers.ts'
import { objectionToApiKey, orStoreRefusal } from './order-rules.ts'

/** An `upstreams` entry, or what is changed of one; `apiKey` is the key itself, and null takes a member away. */
export type EntryFields = Readonly<Record<string, unknown>>

export type KeepingFailure = AdminRefusal | RequestRefusal | GatewayRefusal
/** The id of the contributor that was changed. */
type Kept = Promise<Result<string, KeepingFailure>>

export type ContributorKeeper = {
  /** Adds one, or puts it in the place of the one with the same URL and id. */
  readonly add: (entry: EntryFields) => Kept
  readonly change: (contributorId: string, change: EntryFields) => Kept
  /** A lent key may be used. */
  readonly approve: (contributorId: string) => Kept
  /** Says something of a contributor, whether it is kept here or stands in the file. */
  readonly mark: (contributorId: string, change: Partial<ContributorMark>) => Kept
  /** Forgets it, its key too. */
  readonly remove: (contributorId: string) => Kept
}

type EntryMeaning = {
  readonly id: string
  readonly baseUrl: string
  readonly identity?: { readonly operator: Address } | undefined
}

export type KeeperDeps = {
  readonly roster: Pick<ContributorRoster, 'change'>
  readonly seal: ApiKeySeal | undefined
  /** Whether an entry is one that vouch.yaml could hold. The error is one line that names the member at fault. */
  readonly readEntry: (definition: string) => Result<EntryMeaning, string>
  readonly nowMs: () => number
}

export const createContributorKeeper = (deps: KeeperDeps): ContributorKeeper => ({
  add: (entry) => orStoreRefusal(() => add(deps, entry)),
  change: (contributorId, change) => orStoreRefusal(() => changeEntry(deps, contributorId, change)),
  approve: (contributorId) =>
    orStoreRefusal(() =>
      rewrite(deps, contributorId, (record) => ok({ ...record, status: 'live' })),
    ),
  mark: (contributorId, change) =>
    orStoreRefusal(async () => {
      await deps.roster.change(({ marks }) => {
        const mark = { ...(marks.get(contributorId) ?? unmarked(contributorId)), ...change }
        return { outcome: undefined, marks: new Map([[contributorId, mark]]) }
      })
      return ok(contributorId)
    }),
  remove: (contributorId) =>
    orStoreRefusal(async () => {
      const gone = new Map([[contributorId, undefined]])
      await deps.roster.change(() => ({ outcome: undefined, records: gone, marks: gone }))
      return ok(contributorId)
    }),
})

async function add(deps: KeeperDeps, entry: EntryFields): Kept {
  const { apiKey, ...fields } = entry
  const definition = JSON.stringify({ id: 'main', ...withoutNulls(fields) })
  const read = readDefinition(deps, definition)
  if (!read.ok) return read
  const { id: keyId, baseUrl, identity } = read.value
  const contributorId = contributorIdOf(baseUrl, keyId)
  const sealedKey = sealKey(deps, apiKey, { contributorId, baseUrl })
  if (!sealedKey.ok) return sealedKey
  const nowMs = deps.nowMs()
  const refused = await deps.roster.change<KeepingFailure | undefined>(({ records }) => {
    if (identity !== undefined && records.has(identity.operator)) {
      const detail = 'operator: it has joined by itself; remove it first'
      return { outcome: { reason: 'contributor_unacceptable', detail } }
    }
    const record: ContributorRecord = {
      contributorId,
      baseUrl,
      keyId,
      definition,
      sealedKey: sealedKey.value,
      status: 'live',
      lender: undefined,
      createdAtMs: records.get(contributorId)?.createdAtMs ?? nowMs,
      changedAtMs: nowMs,
    }
    return { outcome: undefined, records: new Map([[contributorId, record]]) }
  })
  return refused === undefined ? ok(contributorId) : err(refused)
}

/** URL and id are what a contributor is known by, and stay. */
const fixedMembers = ['id', 'url']

const changeEntry = (deps: KeeperDeps, contributorId: string, change: EntryFields): Kept =>
  rewrite(deps, contributorId, (record) => {
    const unacceptable = (detail: string) =>
      err({ reason: 'contributor_unacceptable', detail } as const)
    if (record.lender !== undefined) return unacceptable('a lent key is changed by its lender')
    if (record.joined !== undefined) return unacceptable('who joined changes its terms by itself')
    const { apiKey, ...fields } = change
    const fixed = fixedMembers.find((member) => Object.hasOwn(fields, member))
    if (fixed !== undefined) return unacceptable(`${fixed}: add another one and remove this`)
    const before = JSON.parse(record.definition) as EntryFields
    const definition = JSON.stringify(withoutNulls({ ...before, ...fields }))
    const read = readDefinition(deps, definition)
    if (!read.ok) return read
    const sealedKey = apiKey === undefined ? ok(record.sealedKey) : sealKey(deps, apiKey, record)
    if (!sealedKey.ok) return sealedKey
    return ok({ ...record, definition, sealedKey: sealedKey.value, changedAtMs: deps.nowMs() })
  })

/** Puts another record in the place of one, decided on what the store has. */
async function rewrite(
  deps: KeeperDeps,
  contributorId: string,
  change: (record: ContributorRecord) => Result<ContributorRecord, KeepingFailure>,
): Kept {
  const refused = await deps.roster.change<KeepingFailure | undefined>(({ records }) => {
    const record = records.get(contributorId)
    if (record === undefined) return { outcome: { reason: 'contributor_not_found' } }
    const changed = change(record)
    if (!changed.ok) return { outcome: changed.error }
    return { outcome: undefined, records: new Map([[contributorId, changed.value]]) }
  })
  return refused === undefined ? ok(contributorId) : err(refused)
}

function readDefinition(
  deps: KeeperDeps,
  definition: string,
): Result<EntryMeaning, KeepingFailure> {
  if (Buffer.byteLength(definition) > contributorTermsBytesMax) {
    return err({ reason: 'request_too_large', bytesMax: contributorTermsBytesMax })
  }
  const read = deps.readEntry(definition)
  return read.ok ? read : err({ reason: 'contributor_unacceptable', detail: read.error })
}

function sealKey(
  { seal }: KeeperDeps,
  apiKey: unknown,
  place: { readonly contributorId: string; readonly baseUrl: string },
): Result<string, KeepingFailure> {
  if (apiKey === undefined || apiKey === null) return ok('')
  const objection = objectionToApiKey(apiKey)
  if (objection !== undefined) return err(objection)
  if (seal === undefined) return err({ reason: 'key_secret_missing' })
  return ok(seal.seal(String(apiKey), place))
}

const withoutNulls = (fields: EntryFields): EntryFields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
