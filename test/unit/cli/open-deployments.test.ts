import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { openDeployments } from '../../../src/cli/open-deployments.ts'
import type { GatewayConfig } from '../../../src/config.ts'
import type { ModelDeployments } from '../../../src/gateway/model-deployments.ts'

const upload = {
  name: 'hostile',
  version: undefined,
  prove: 'auto',
  onnx: Buffer.from('no model'),
  sample: Buffer.from('[[1]]'),
}

function opened(): ModelDeployments {
  const config = {
    chain: { rpcUrl: 'http://127.0.0.1:1' },
    deployments: {
      storeFolder: join(folder, 'store'),
      keyFile: join(folder, 'key'),
      modelProofs: `0x${'11'.repeat(20)}`,
      timeoutMs: 60_000,
      memoryMebibytesMax: 256,
    },
  } as unknown as GatewayConfig
  const deployments = openDeployments(config, () => 1_000)
  if (deployments === undefined) throw new Error('deployments are configured')
  return deployments
}

async function endOf(deployments: ModelDeployments, id: string) {
  await vi.waitFor(() => expect(deployments.find(id)).not.toMatchObject(running), waited)
  return deployments.find(id)
}

const running = { value: { status: 'running' } }
const waited = { timeout: 30_000, interval: 50 }

function begun(deployments: ModelDeployments): string {
  const deployment = deployments.begin(upload)
  if (!deployment.ok) throw new Error(deployment.error.reason)
  return deployment.value.id
}

const folder = mkdtempSync(join(tmpdir(), 'vouch-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('a deployment in a process of its own', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('says why a file is refused, and takes the next', async () => {
    const deployments = opened()
    expect(await endOf(deployments, begun(deployments))).toMatchObject({
      value: { status: 'failed', error: expect.stringContaining('model.onnx') },
    })
    expect(deployments.begin(upload).ok).toBe(true)
    await deployments.stop()
  })

  it('ends the process where the gateway stops before it has started', async () => {
    const deployments = opened()
    const id = begun(deployments)
    await deployments.stop()
    expect(deployments.find(id)).toMatchObject({
      value: { status: 'failed', error: 'the gateway was stopped', progress: [] },
    })
  })

  it('fails where there is no room for the files, and takes the next', async () => {
    const deployments = opened()
    vi.stubEnv('TMPDIR', join(folder, 'gone'))
    expect(await endOf(deployments, begun(deployments))).toMatchObject({
      value: { status: 'failed', error: expect.stringContaining('ENOENT') },
    })
    expect(deployments.begin(upload).ok).toBe(true)
    await deployments.stop()
  })
})
