/*
 * The engine that comes with the project, for a machine that has no other: a child without a key.
 */
import { join } from 'node:path'
import { type EngineChild, startEngineChild } from '../dev/engine-child.ts'
import { CommandFailure } from './command.ts'

const program = join(import.meta.dirname, '../main.ts')

/** Throws CommandFailure where it does not start; why is on standard error then. */
export async function startBuiltInEngine(terms: {
  readonly model: string
  /** Told when it ended by itself and is started again. */
  readonly onRestart: () => void
}): Promise<EngineChild> {
  const { model, onRestart } = terms
  const engine = await startEngineChild({ program, options: { model }, onRestart })
  if (engine !== undefined) return engine
  throw new CommandFailure(
    `the built-in engine did not start: 'vouch engine --model ${model}' says why`,
  )
}
