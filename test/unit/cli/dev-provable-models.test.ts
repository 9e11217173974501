import { join } from 'node:path'
import { expect, test } from 'vitest'
import { devProvableModels } from '../../../src/cli/dev-provable-models.ts'
import { loadProvableModel } from '../../../src/engine/provable-model.ts'
import { tinyFolder, tinyTensors } from '../../support/tensor-upstream.ts'

test('a folder with a graph and a manifest is offered for inference, as the engine knows it', async () => {
  const [tiny = expect.fail('no model'), ...others] = await devProvableModels(
    join(tinyFolder, '..'),
  )
  expect(others).toEqual([])
  expect(tiny).toMatchObject({
    folder: tinyFolder,
    served: {
      id: 'tiny',
      contextTokensMax: 3,
      completionTokensMax: 2,
      tensors: tinyTensors,
      servings: [{ endpoints: ['inference'], unit: 'value' }],
    },
  })
  const loaded = await loadProvableModel(tinyFolder)
  expect(loaded.ok && loaded.value.modelId).toBe(tiny.served.modelId)
})

test('a folder without a graph, such as of a language model, is not', async () => {
  const folder = join(import.meta.dirname, '../../../models')
  const names = (await devProvableModels(folder)).map(({ served }) => served.id)
  expect(names).not.toContain('vouch-mini')
})
