/*
 * The index of a store as files `index/<number>.json`, of which the greatest number counts: each is written once, by whoever
 * creates it first, so two processes that change a store at once lose nothing of each other's.
 */
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { err, ok, type Result } from '../base/result.ts'
import { indexAttemptsMax } from './limits.ts'
import { emptyIndex, type ModelIndex, readModelIndex } from './model-index.ts'
import { type StoreFault, unavailable } from './store-fault.ts'
import { writeNew } from './write-whole.ts'

export type IndexFiles = {
  readonly read: () => Promise<Result<ModelIndex, StoreFault>>
  /** `change` is asked again, on what is there then, where somebody else was faster. */
  readonly update: (change: IndexChange) => Promise<Result<ModelIndex, StoreFault>>
}

type IndexChange = (index: ModelIndex) => Result<ModelIndex, StoreFault>

/** Kept behind the newest, for whoever is reading one of them. */
const olderKept = 2

export function openIndexFiles(folder: string): IndexFiles {
  const pathOf = (number: number): string => join(folder, `${number}.json`)

  async function newest(): Promise<Result<{ number: number; index: ModelIndex }, StoreFault>> {
    const numbers = (await readdir(folder).catch(() => []))
      .map((name) => Number(/^([0-9]{1,15})\.json$/.exec(name)?.[1] ?? 0))
      .filter((number) => number > 0)
    const number = Math.max(0, ...numbers)
    if (number === 0) return ok({ number, index: emptyIndex })
    for (const old of numbers) {
      if (old < number - olderKept) await rm(pathOf(old), { force: true })
    }
    const index = readModelIndex(await readFile(pathOf(number), 'utf8'))
    return index.ok ? ok({ number, index: index.value }) : index
  }

  /** Undefined where somebody else was faster. */
  async function updateOnce(
    change: IndexChange,
  ): Promise<Result<ModelIndex, StoreFault> | undefined> {
    const found = await newest()
    if (!found.ok) return found
    const { number, index } = found.value
    const changed = change(index)
    if (!changed.ok || changed.value === index) return changed
    const text = `${JSON.stringify(changed.value, undefined, 2)}\n`
    return (await writeNew(pathOf(number + 1), text)) ? changed : undefined
  }

  const guarded = async <T>(work: () => Promise<Result<T, StoreFault>>) =>
    work().catch((thrown: unknown) => err(unavailable(folder, thrown)))

  return {
    read: () =>
      guarded(async () => {
        const found = await newest()
        return found.ok ? ok(found.value.index) : found
      }),
    update: (change) =>
      guarded(async () => {
        for (let attempt = 0; attempt < indexAttemptsMax; attempt += 1) {
          const done = await updateOnce(change)
          if (done !== undefined) return done
        }
        return err({ kind: 'unavailable', detail: `${folder} is changed by others all the time` })
      }),
  }
}
