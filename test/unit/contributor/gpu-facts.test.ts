import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { openGpuFacts, readGpuList } from '../../../src/contributor/gpu-facts.ts'

const folder = mkdtempSync(join(tmpdir(), 'vouch-gpu-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A tool that says what its file says, in the words of nvidia-smi's documentation of `--format=csv,noheader,nounits`. */
function tool(says: string): { readonly command: string; readonly become: (says: string) => void } {
  const command = join(folder, 'nvidia-smi')
  const answer = join(folder, 'answer')
  writeFileSync(command, `#!/bin/sh\ncat ${answer}\n`)
  chmodSync(command, 0o700)
  const become = (text: string): void => writeFileSync(answer, text)
  become(says)
  return { command, become }
}

test('each card is a line', () => {
  expect(
    readGpuList('NVIDIA GeForce RTX 4090, 24564, 18211, 97\nNVIDIA H200, 143771, 0, 0\n'),
  ).toEqual([
    { name: 'NVIDIA GeForce RTX 4090', memoryMb: 24_564, memoryUsedMb: 18_211, utilization: 0.97 },
    { name: 'NVIDIA H200', memoryMb: 143_771, memoryUsedMb: 0, utilization: 0 },
  ])
})

test('what a card does not tell is zero, and a line of something else is no card', () => {
  expect(readGpuList('NVIDIA A100, MIG 1g, 40960, [N/A], [N/A]\nNo devices were found\n')).toEqual([
    { name: 'NVIDIA A100, MIG 1g', memoryMb: 40_960, memoryUsedMb: 0, utilization: 0 },
  ])
})

test('a machine without the tool has none', async () => {
  const read = openGpuFacts({ nowMs: () => 0, command: join(folder, 'no such tool') })
  expect(await read()).toEqual([])
})

test('it is asked again when what it said is old, and nobody waits for that', async () => {
  const { command, become } = tool('one, 1, 1, 1\n')
  let nowMs = 0
  const read = openGpuFacts({ nowMs: () => nowMs, command })
  expect(await read()).toMatchObject([{ name: 'one' }])
  become('two, 1, 1, 1\n')
  nowMs = 4_000
  expect(await read()).toMatchObject([{ name: 'one' }])
  nowMs = 4_001
  expect(await read()).toMatchObject([{ name: 'one' }])
  await vi.waitFor(async () => expect(await read()).toMatchObject([{ name: 'two' }]), 5_000)
})
