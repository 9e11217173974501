/*
 * A float model as onnxruntime computes it: what the integers of a provable model are compared with. Only files that our own reader took
 * (src/provable/read-onnx.ts) are for the runtime, whose reader is native code.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { err, ok, type Result } from '../base/result.ts'

export type FloatModel = {
  /** The named outputs behind each other, for the values of all inputs behind each other. */
  readonly answer: (row: readonly number[]) => Promise<readonly number[]>
  readonly release: () => Promise<void>
}

type Input = {
  readonly name: string
  readonly type: Tensor.Type
  readonly shape: readonly number[]
  readonly elements: number
}

/** Sizes that are open are 1. */
export async function openFloatModel(
  onnx: Uint8Array,
  { outputs }: { readonly outputs: readonly string[] },
): Promise<Result<FloatModel, string>> {
  let session: InferenceSession
  try {
    session = await InferenceSession.create(onnx, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
    })
  } catch (error) {
    return err(`onnxruntime does not take it: ${error instanceof Error ? error.message : error}`)
  }
  const inputs = session.inputMetadata.map(inputOf)
  const answer: FloatModel['answer'] = async (row) => {
    const results = await session.run(feedsOf(inputs, row), [...outputs])
    return outputs.flatMap((name) =>
      Array.from((results[name]?.data ?? []) as ArrayLike<number | bigint>, Number),
    )
  }
  return ok({ answer, release: () => session.release() })
}

function inputOf(metadata: InferenceSession.ValueMetadata): Input {
  const { name } = metadata
  if (!metadata.isTensor) return { name, type: 'float32', shape: [], elements: 1 }
  const shape = metadata.shape.map((size) => (typeof size === 'number' && size > 0 ? size : 1))
  const elements = shape.reduce((product, size) => product * size, 1)
  return { name, type: metadata.type, shape, elements }
}

function feedsOf(inputs: readonly Input[], row: readonly number[]): Record<string, Tensor> {
  let at = 0
  const feeds = inputs.map(({ name, type, shape, elements }) => {
    const values = row.slice(at, at + elements)
    at += elements
    return [name, tensorOf(type, values, shape)] as const
  })
  return Object.fromEntries(feeds)
}

function tensorOf(type: Tensor.Type, values: readonly number[], shape: readonly number[]): Tensor {
  switch (type) {
    case 'float64':
      return new Tensor('float64', values, shape)
    case 'int64':
      return new Tensor('int64', BigInt64Array.from(values, BigInt), shape)
    case 'int32':
      return new Tensor('int32', Int32Array.from(values), shape)
    default:
      return new Tensor('float32', Float32Array.from(values), shape)
  }
}
