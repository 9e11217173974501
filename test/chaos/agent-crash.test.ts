/*
 * The law that a contributor's stake hangs on: whatever is asked, however often, and whenever the agent is killed, it never
 * signs two different things of one job. A gateway that means ill asks for the same jobs again and again; the engine never
 * answers the same twice; the agent is ended by SIGKILL in the middle of it and started again over the same book.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { randomHex } from '../../src/base/random-ids.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import type { SignedCheckpoint } from '../../src/domain/checkpoint.ts'
import { chaosRounds, chaosSeed } from '../support/chaos-terms.ts'
import { testModelId } from '../support/gateway-on-ledger.ts'
import { seededRandom } from '../support/seeded-random.ts'

/** Each takes seconds, most of them to start the agent. */
const rounds = Math.ceil(chaosRounds / 3)
const random = seededRandom(chaosSeed)
const gateway = `0x${'6a'.repeat(20)}`

type Signatures = Map<string, Set<string>>

const note = (signatures: Signatures, name: string, signature: string): void => {
  const known = signatures.get(name) ?? new Set()
  signatures.set(name, known.add(signature))
}

const decoded = (encoded: string): unknown =>
  JSON.parse(Buffer.from(encoded, 'base64url').toString())

/** Everything that a part of an answer has of signatures. */
function noteSignatures(signatures: Signatures, text: string): void {
  for (const [, encoded] of text.matchAll(/^: vouch-work (\S+)\n/gm)) noteWork(signatures, encoded)
  for (const [, encoded = ''] of text.matchAll(/^: vouch-checkpoint (\S+)\n/gm)) {
    const { checkpoint, signature } = decoded(encoded) as SignedCheckpoint
    note(signatures, `checkpoint ${checkpoint.index} of ${checkpoint.jobId}`, signature)
  }
}

function noteWork(signatures: Signatures, encoded = ''): void {
  const { work, signature } = decoded(encoded) as { work: { jobId: string }; signature: string }
  note(signatures, `work of ${work.jobId}`, signature)
}

async function startAgent(
  path: string,
  key: string,
): Promise<{ child: ChildProcess; url: string }> {
  const program = join(import.meta.dirname, '../support/agent-child.ts')
  const child = spawn(process.execPath, [program, path, key, gateway], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const url of createInterface({ input: child.stdout })) return { child, url }
  throw new Error('the agent did not start')
}

/** One job; what came of it until the agent died, if it did. */
async function askJob(url: string, jobId: string, signatures: Signatures): Promise<number> {
  const headers = {
    'content-type': 'application/json',
    'x-vouch-job': jobId,
    'x-vouch-gateway': gateway,
    'x-vouch-model': testModelId,
  }
  const messages = [{ role: 'user', content: randomHex(8) }]
  const body = JSON.stringify({ model: 'm', messages, stream: random(4) > 0 })
  let text = ''
  try {
    const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })
    const whole = response.headers.get('x-vouch-work')
    if (whole !== null) noteWork(signatures, whole)
    const decoder = new TextDecoder()
    for await (const piece of response.body ?? []) text += decoder.decode(piece, { stream: true })
    return response.status
  } catch {
    return 0
  } finally {
    noteSignatures(signatures, text)
  }
}

test(
  'no job has two signatures of one kind, whenever the agent is killed',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vouch-agent-crash-'))
    const key = randomPrivateKey()
    const signatures: Signatures = new Map()
    const statuses = new Map<number, number>()
    const jobs: string[] = []
    for (let round = 0; round < rounds; round += 1) {
      const { child, url } = await startAgent(join(folder, 'jobs'), key)
      const ended = new Promise((resolve) => child.once('exit', resolve))
      const killAt = 10 + random(60)
      let answered = 0
      const asker = async (): Promise<void> => {
        while (child.exitCode === null && child.signalCode === null) {
          // A job that was asked for before, or a new one.
          const jobId = random(3) === 0 ? jobs[random(jobs.length)] : undefined
          const asked = jobId ?? `0x${randomHex(32)}`
          jobs.push(asked)
          const status = await askJob(url, asked, signatures)
          statuses.set(status, (statuses.get(status) ?? 0) + 1)
          answered += 1
          if (answered === killAt) child.kill('SIGKILL')
        }
      }
      await Promise.all(Array.from({ length: 12 }, asker))
      await ended
    }
    rmSync(folder, { recursive: true })
    const twice = [...signatures].filter(([, different]) => different.size > 1)
    expect(twice).toEqual([])
    // It did not keep the law by doing nothing: works and checkpoints were signed, jobs refused, answers cut.
    const names = [...signatures.keys()]
    expect(names.filter((name) => name.startsWith('work')).length).toBeGreaterThan(rounds)
    expect(names.filter((name) => name.startsWith('checkpoint')).length).toBeGreaterThan(rounds)
    expect(statuses.get(409) ?? 0).toBeGreaterThan(0)
    expect(statuses.get(0) ?? 0).toBeGreaterThan(0)
  },
  60_000 + rounds * 30_000,
)
