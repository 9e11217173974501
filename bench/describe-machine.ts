import { statfsSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'

const gibibyte = 1024 ** 3
/** Source: statfs(2). */
const fileSystems: Readonly<Record<number, string>> = {
  61267: 'ext2/3/4',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  2035054128: 'overlay',
  16914836: 'tmpfs (nothing is durable here)',
}

/** One line that a figure is worth nothing without. */
export function describeMachine(run: {
  readonly contender: number
  readonly load: number
  readonly dataFolder: string
}): string {
  const type = statfsSync(run.dataFolder).type
  return (
    `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores, ` +
    `${Math.round(totalmem() / gibibyte)} GB, Linux ${release()}, Node ${process.version}; ` +
    `contender on core ${run.contender}, upstream and load on core ${run.load}; ` +
    `ledger on ${fileSystems[type] ?? `a file system of type ${type}`}`
  )
}
