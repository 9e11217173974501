import { err, ok, type Result } from '../../base/result.ts'

/** What of ezkl's `settings.json` is needed here. */
export type EzklSettings = {
  /** The table has 2^logrows rows. */
  readonly logrows: number
  /** Values of all public tensors. */
  readonly publicInputs: number
}

/** The engine's parameters are of at most so many rows; above, a proof takes more memory than WebAssembly has. */
const logrowsMax = 22

export function readEzklSettings(text: string): Result<EzklSettings, string> {
  try {
    const { run_args, model_instance_shapes: shapes } = JSON.parse(text) as {
      readonly run_args: { readonly logrows: number; readonly commitment: string }
      readonly model_instance_shapes: readonly (readonly number[])[]
    }
    const { logrows, commitment } = run_args
    if (!Number.isInteger(logrows) || logrows < 1 || logrows > logrowsMax) {
      return err(`settings.json has ${logrows} logrows`)
    }
    if (commitment !== 'KZG') return err('settings.json has another commitment than KZG')
    const values = (shape: readonly number[]) => shape.reduce((product, each) => product * each, 1)
    return ok({ logrows, publicInputs: shapes.reduce((sum, shape) => sum + values(shape), 0) })
  } catch {
    return err('settings.json is none of ezkl')
  }
}
