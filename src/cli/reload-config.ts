import type { GatewayLog } from '../base/log.ts'
import { type ConfigReading, type GatewayConfig, readConfigFile } from '../config.ts'
import { ConfigFault } from '../config-source.ts'
import { CommandFailure } from './command.ts'
import { judgeReload } from './judge-reload.ts'
import { watchFiles } from './watch-files.ts'

export type ConfigReloading = { readonly stop: () => void }

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
  let current = Promise.resolve()

  const refuse = (fault: string, isAsked: boolean): void => {
    // Who asked is answered; the same fault found once more says nothing new.
    if (isAsked || told !== fault) log.error('config_refused', { fault })
    told = fault
  }
  const reload = async (isAsked: boolean): Promise<void> => {
    const named = new Set<string>()
    const reading = readOrFault(path, named)
    // A file that is missing may be what is mended next.
    watching.files([...new Set([...inUse.files, ...named])])
    if (typeof reading === 'string') return refuse(reading, isAsked)
    const verdict = judgeReload(inUse, reading)
    if (verdict.kind === 'unchanged') {
      if (isAsked || told !== undefined) log.info('config_unchanged')
      told = undefined
      return
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
    })
  }
  // One after the other, so that the last file that was written is the last that is taken over.
  const enqueue = (isAsked: boolean): void => {
    current = current
      .then(() => reload(isAsked))
      .catch((error: unknown) => {
        // A mistake of ours must not end a gateway that runs well on what it has.
        refuse(`unexpected: ${error instanceof Error ? error.message : String(error)}`, isAsked)
      })
  }
  const watching = watchFiles(inUse.files, {
    onChange: () => enqueue(false),
    onFailure: (folder) => log.error('config_not_watched', { folder }),
  })
  const onHangUp = (): void => enqueue(true)
  process.on('SIGHUP', onHangUp)
  return {
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
