import { type GatewayConfig, loadConfig } from '../config.ts'
import { ConfigFault } from '../config-source.ts'
import { CommandFailure } from './command.ts'

/** A configuration file as commands read it: throws CommandFailure, whose one line says what to mend. */
export function readConfig(path: string): GatewayConfig {
  try {
    return loadConfig(path)
  } catch (error) {
    if (error instanceof ConfigFault) throw new CommandFailure(error.message)
    throw error
  }
}
