/*
 * One job through an agent, as a gateway would send it and judge it: the very checks that decide whether a contributor is paid,
 * made by the contributor itself before it is asked by anybody.
 */
import { sha256Bytes32 } from '../attestation/answer-transcript.ts'
import { checkWork } from '../attestation/check-work.ts'
import { contentHash } from '../attestation/content-hash.ts'
import { randomHex } from '../base/random-ids.ts'
import { err, ok, type Result } from '../base/result.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { type Bytes32, bytes32, zeroBytes32 } from '../domain/units.ts'
import type { AgentReply, Answerer } from './agent-request.ts'
import type { AgentModel, AgentSigner, AgentTerms } from './agent-terms.ts'
import { listOf, memberOf, textOf } from './ask-engine.ts'

export type TestedJob = {
  readonly jobId: Bytes32
  readonly promptTokens: number
  readonly completionTokens: number
  readonly durationMs: number
}

/** Of an agent without credit: nobody owes anything for it. Errors are one line for a person. */
export async function testAgent(
  agent: Answerer,
  terms: {
    readonly model: AgentModel
    readonly signer: AgentSigner
    readonly gateway: AgentTerms['gateway']
    readonly nowMs: () => number
  },
): Promise<Result<TestedJob, string>> {
  const { model, signer, gateway, nowMs } = terms
  const jobId = bytes32(`0x${randomHex(32)}`)
  const body = Buffer.from(
    JSON.stringify({
      model: model.id,
      messages: [{ role: 'user', content: 'Say a word.' }],
      max_tokens: 16,
    }),
  )
  const startedAtMs = nowMs()
  const answer = await answerOf(agent, body, {
    'content-type': 'application/json',
    'x-vouch-job': jobId,
    'x-vouch-gateway': gateway,
    'x-vouch-model': model.modelId,
  })
  if (answer === undefined) return err('the engine broke off its answer')
  const json = parsed(answer.body)
  if (answer.status !== 200) {
    return err(textOf(memberOf(json, 'error', 'message')) ?? `it answered ${answer.status}`)
  }
  const message = memberOf(json, 'choices', 0, 'message')
  const checked = checkWork(signer.domain, answer.headers['x-vouch-work'], {
    jobId,
    gateway,
    contributor: signer.contributor,
    modelId: model.modelId,
    inputHash: sha256Bytes32(body),
    outputHash: sha256Bytes32(answer.body),
    contentHash: contentHash([
      {
        text: textOf(memberOf(message, 'content')) ?? '',
        toolCalls: listOf(memberOf(message, 'tool_calls')) as [],
      },
    ]),
    streamRoot: zeroBytes32,
    signingAddresses: [addressOfPrivateKey(signer.privateKey)],
    nowS: Math.floor(nowMs() / 1000),
  })
  if (!checked.ok) return err(`what it signed does not hold (${checked.error.fault})`)
  const { promptTokens, completionTokens } = checked.value.work
  return ok({ jobId, promptTokens, completionTokens, durationMs: nowMs() - startedAtMs })
}

type WholeAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Undefined where it was not whole. */
function answerOf(
  agent: Answerer,
  body: Buffer,
  headers: Readonly<Record<string, string>>,
): Promise<WholeAnswer | undefined> {
  return new Promise((resolve) => {
    let head: Omit<WholeAnswer, 'body'> = { status: 0, headers: {} }
    const chunks: Buffer[] = []
    const reply: AgentReply = {
      head: (status, answered) => {
        head = { status, headers: answered }
      },
      write: (bytes) => {
        chunks.push(bytes)
        return true
      },
      end: () => resolve({ ...head, body: Buffer.concat(chunks) }),
      fail: () => resolve(undefined),
      onDrain: () => {},
      onGone: () => {},
    }
    agent.answer({ method: 'POST', path: '/v1/chat/completions', headers, body }, reply)
  })
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}
