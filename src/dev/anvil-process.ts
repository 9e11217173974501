import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { closeSync, constants, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { processPollMs } from '../base/limits.ts'

/*
 * anvil must end when its parent does, also by kill -9, and it must have time to write its state. Nothing in Node can ask
 * for that, so a shell stands in between. It holds the other end of the parent's pipe: end of file means that the parent is
 * gone or wants anvil gone.
 *
 * File 3 is a named pipe that the shell and anvil keep open for reading. A writer can open it only while one of them lives,
 * so the next start knows when the folder is free, without process ids that others may have inherited. HOME keeps what
 * anvil caches in the folder.
 */
const watcherScript = `
alive=$1; shift
[ -p "$alive" ] || { rm -f "$alive"; mkfifo "$alive"; } || exit 1
exec 3<>"$alive" 4<&0
HOME=$PWD "$@" </dev/null 4<&- &
anvil=$!
(cat <&4 >/dev/null; kill -TERM $anvil) 2>/dev/null 3<&- &
watcher=$!
wait $anvil
status=$?
kill $watcher 2>/dev/null
exit $status
`

const alivePath = (folder: string): string => join(folder, 'alive')

/** Its own process group: Ctrl-C in the parent's terminal reaches the parent only, which stops the chain last. */
export function spawnAnvil(
  folder: string,
  command: { readonly program: string; readonly args: readonly string[] },
): ChildProcessWithoutNullStreams {
  const child = spawn(
    '/bin/sh',
    ['-c', watcherScript, 'anvil', alivePath(folder), command.program, ...command.args],
    { cwd: folder, detached: true, stdio: 'pipe' },
  )
  // Ending the pipe of a child that is gone already is no news: its exit is.
  child.stdin.on('error', () => undefined)
  return child
}

/** Resolves with true once no anvil of an earlier process uses the folder, with false when one still does. */
export async function waitUntilUnused(folder: string, timeoutMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs <= timeoutMs; waitedMs += processPollMs) {
    if (!isInUse(folder)) return true
    await wait(processPollMs)
  }
  return false
}

function isInUse(folder: string): boolean {
  const path = alivePath(folder)
  try {
    if (!statSync(path).isFIFO()) return false
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK))
    return true
  } catch {
    // ENXIO: nobody reads. ENOENT: nobody ever did.
    return false
  }
}
