import { type ConfigReading, type GatewayConfig, readConfigFile } from '../config.ts'
import { ConfigFault } from '../config-source.ts'
import { CommandFailure } from './command.ts'

/** A configuration file as commands read it: throws CommandFailure, whose one line says what to mend. */
export const readConfig = (path: string): GatewayConfig => readConfigReading(path).config

/** The same, with what it was made of. */
export function readConfigReading(path: string): ConfigReading {
  try {
    return readConfigFile(path)
  } catch (error) {
    if (error instanceof ConfigFault) throw new CommandFailure(error.message)
    throw error
  }
}
