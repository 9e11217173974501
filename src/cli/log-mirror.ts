import { judgeBatch } from '../client/audit-log-batch.ts'
import { gatewayLog } from '../client/log-source.ts'
import type { LogHead } from '../domain/log-head.ts'
import { CommandFailure } from './command.ts'
import type { LogSurroundings } from './log-audit.ts'
import { mirrorFolder } from './log-mirror-folder.ts'
import { type LogOptions, needed } from './log-options.ts'

/** Copies what is missing in the folder, judged offline, and says where it differs from what is there. */
export async function mirrorLog(
  options: LogOptions,
  { terminal }: LogSurroundings,
): Promise<number> {
  const gateway = gatewayLog(needed('--gateway', options.gateway))
  const copy = mirrorFolder(needed('a folder', options.operands[0]))
  const log = await gateway.log()
  if (!log.ok) throw new CommandFailure(log.error)
  let before: LogHead | 'first' = 'first'
  let copied = 0
  for (let batch = 0; batch < log.value.batches; batch += 1) {
    const kept = orThrow(await copy.batch(batch))
    const served = orThrow(await gateway.batch(batch))
    if (served === undefined) throw new CommandFailure(`batch ${batch} is not served`)
    if (kept !== undefined && JSON.stringify(kept.head) !== JSON.stringify(served.head)) {
      throw new CommandFailure(`batch ${batch} is another one than the copy has: vouch log audit`)
    }
    if (kept === undefined) {
      const entries = orThrow(await gateway.entries(batch))
      if (entries === undefined) throw new CommandFailure(`batch ${batch} has no entries`)
      const [found] = judgeBatch(served, entries, before).findings
      if (found !== undefined) throw new CommandFailure(`batch ${batch}: ${found.detail}`)
      await copy.keep(served, entries)
      copied += 1
    }
    before = served.head
  }
  terminal.print(`${copied} batches copied, ${log.value.batches} in ${copy.name}`)
  return 0
}

function orThrow<T>(read: { ok: true; value: T } | { ok: false; error: string }): T {
  if (read.ok) return read.value
  throw new CommandFailure(read.error)
}
