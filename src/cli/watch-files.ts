/*
 * Tells when one of some files may be another one. Folders are watched, not files: an editor puts a new file in the place of
 * the old one, and a mounted secret is a link whose target changes somewhere else.
 */
import { type FSWatcher, statSync, watch } from 'node:fs'
import { dirname } from 'node:path'

export type FileWatch = {
  /** Takes the place of the files that were watched. */
  readonly files: (paths: readonly string[]) => void
  readonly stop: () => void
}

/** A file is often written in several steps; so long after the first of them it is looked at, and once more afterwards. */
const settleMs = 100
/** Two writes within one tick of the file system's clock look the same; so much later the second one is found as well. */
const secondLookMs = 1_000

/**
 * `onChange` is called when a file came, went or changed. A folder in which much happens costs a few calls of `stat` each
 * `settleMs`, and nothing else. `onFailure`: a folder that cannot be watched.
 */
export function watchFiles(
  paths: readonly string[],
  tell: { readonly onChange: () => void; readonly onFailure: (folder: string) => void },
): FileWatch {
  const watchers = new Map<string, FSWatcher>()
  let stamps = new Map(paths.map((path) => [path, stampOf(path)]))
  let timer: NodeJS.Timeout | undefined
  let secondLook: NodeJS.Timeout | undefined
  let isStopped = false

  const look = (): void => {
    timer = undefined
    watchFolders()
    let isChanged = false
    for (const [path, before] of stamps) {
      const stamp = stampOf(path)
      stamps.set(path, stamp)
      isChanged ||= stamp !== before
    }
    if (!isChanged) return
    clearTimeout(secondLook)
    secondLook = setTimeout(tell.onChange, secondLookMs).unref()
    tell.onChange()
  }
  // Not put off by further events: where they never end, it is still looked at.
  const lookSoon = (): void => {
    timer ??= setTimeout(look, settleMs).unref()
  }
  const forget = (folder: string): void => {
    watchers.get(folder)?.close()
    watchers.delete(folder)
  }
  const watchFolders = (): void => {
    if (isStopped) return
    const folders = new Set([...stamps.keys()].map((path) => dirname(path)))
    for (const folder of watchers.keys()) if (!folders.has(folder)) forget(folder)
    for (const folder of folders) {
      if (watchers.has(folder)) continue
      try {
        const watcher = watch(folder, { persistent: false }, lookSoon)
        watcher.on('error', () => {
          forget(folder)
          tell.onFailure(folder)
        })
        watchers.set(folder, watcher)
      } catch {
        tell.onFailure(folder)
      }
    }
  }
  watchFolders()
  return {
    files: (next) => {
      // One that was not watched when it was read may have changed since: it is looked at as if it had.
      const isWatched = next.every((path) => stamps.has(path))
      stamps = new Map(next.map((path) => [path, stamps.get(path) ?? '']))
      watchFolders()
      if (!isWatched) lookSoon()
    },
    stop: () => {
      isStopped = true
      clearTimeout(timer)
      clearTimeout(secondLook)
      for (const folder of [...watchers.keys()]) forget(folder)
    },
  }
}

function stampOf(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats === undefined
    ? 'none'
    : `${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`
}
