import type { GatewayLog } from '../base/log.ts'
import { messageOf } from '../base/message-of.ts'
import { err, ok, type Result } from '../base/result.ts'
import { type ConfigReading, type GatewayConfig, readConfigFile } from '../config.ts'
import { ConfigFault } from '../config-source.ts'
import { CommandFailure } from './command.ts'
import { judgeReload } from './judge-reload.ts'
import { watchFiles } from './watch-files.ts'

export type ConfigReloading = {
  /** As on SIGHUP, with an answer: what changed, or in one line why nothing did. */
  readonly reloadNow: () => Promise<Result<ReloadOutcome, string>>
  readonly stop: () => void
}

/** Ids of upstreams. */
type ReloadOutcome = {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

const unchanged: Result<ReloadOutcome, string> = ok({ added: [], removed: [], changed: [] })

/**
 * Keeps a running gateway to its file: reads it again when it or a file that it names changes, and on SIGHUP. What is read is
 * taken over as a whole or not at all; whatever is wrong with it is one line of the log, and the gateway stays as it is.
 */
export function reloadConfig(terms: {
  readonly path: string
  /** What the gateway was started with. */
  readonly reading: ConfigReading
  /** Takes it over, or throws CommandFailure and changes nothing. */
  readonly reconfigure: (config: GatewayConfig) => Promise<void>
  readonly log: GatewayLog
}): ConfigReloading {
  const { path, reconfigure, log } = terms
  let inUse = terms.reading
  let told: string | undefined
  let current: Promise<unknown> = Promise.resolve()

  const refuse = (fault: string, isAsked: boolean): Result<ReloadOutcome, string> => {
    // Who asked is answered; the same fault found once more says nothing new.
    if (isAsked || told !== fault) log.error('config_refused', { fault })
    told = fault
    return err(fault)
  }
  const reload = async (isAsked: boolean): Promise<Result<ReloadOutcome, string>> => {
    const named = new Set<string>()
    const reading = readOrFault(path, named)
    // A file that is missing may be what is mended next.
    watching.files([...new Set([...inUse.files, ...named])])
    if (typeof reading === 'string') return refuse(reading, isAsked)
    const verdict = judgeReload(inUse, reading)
    if (verdict.kind === 'unchanged') {
      if (isAsked || told !== undefined) log.info('config_unchanged')
      told = undefined
      return unchanged
    }
    if (verdict.kind === 'needs_restart') {
      return refuse(`only a restart can change ${verdict.keys.join(', ')}`, isAsked)
    }
    try {
      await reconfigure(reading.config)
    } catch (error) {
      if (error instanceof CommandFailure) return refuse(error.message, isAsked)
      throw error
    }
    inUse = reading
    told = undefined
    watching.files(reading.files)
    log.info('config_reloaded', {
      added: verdict.added.join(' '),
      removed: verdict.removed.join(' '),
      changed: verdict.changed.join(' '),
      limits: verdict.limits,
      joining: verdict.joining,
    })
    const { added, removed, changed } = verdict
    return ok({ added, removed, changed })
  }
  // One after the other, so that the last file that was written is the last that is taken over.
  const enqueue = (isAsked: boolean): Promise<Result<ReloadOutcome, string>> => {
    const reloaded = current
      .then(() => reload(isAsked))
      // A mistake of ours must not end a gateway that runs well on what it has.
      .catch((error: unknown) => refuse(`unexpected: ${messageOf(error)}`, isAsked))
    current = reloaded
    return reloaded
  }
  const watching = watchFiles(inUse.files, {
    onChange: () => void enqueue(false),
    onFailure: (folder) => log.error('config_not_watched', { folder }),
  })
  const onHangUp = (): void => void enqueue(true)
  process.on('SIGHUP', onHangUp)
  return {
    reloadNow: () => enqueue(true),
    stop: () => {
      process.off('SIGHUP', onHangUp)
      watching.stop()
    },
  }
}

function readOrFault(path: string, named: Set<string>): ConfigReading | string {
  try {
    return readConfigFile(path, named)
  } catch (error) {
    if (error instanceof ConfigFault) return error.message
    throw error
  }
}
