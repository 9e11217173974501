import type { Usage } from '../domain/usage.ts'
import { asFields, count, isFields, parseWhole } from './answer-json.ts'
import type { AskedOf, WholeUnits } from './whole-units.ts'

/** Undefined unless there are images, and no more than asked for. Source: OpenAI API reference, "Create image". */
export function readImages(body: Buffer, asked: AskedOf): WholeUnits | undefined {
  const json = parseWhole(body)
  const data = json?.['data']
  if (json === undefined || !Array.isArray(data)) return undefined
  if (data.length === 0 || data.length > asked.choiceCount) return undefined
  const delivered: Buffer[] = []
  for (const entry of data) {
    const image = readImage(entry)
    if (image === undefined) return undefined
    delivered.push(image)
  }
  const images = { bytes: Buffer.from(JSON.stringify(json)), delivered }
  const reported = readUsage(json['usage'])
  if (asked.unit !== 'token') {
    const units = data.length
    return {
      ...images,
      usage: reported && { ...reported, completionTokens: units },
      units,
      source: 'reported',
    }
  }
  // Who sells tokens and does not say how many is paid one for each image.
  const units = reported?.completionTokens ?? data.length
  const source = reported === undefined ? 'counted' : 'reported'
  return { ...images, usage: reported, units, source }
}

const base64Pattern = /^[A-Za-z0-9+/]+={0,2}$/

/** The bytes of an image, or those of the URL where it lies. */
function readImage(entry: unknown): Buffer | undefined {
  if (!isFields(entry)) return undefined
  const { b64_json: encoded, url } = entry as {
    readonly b64_json?: unknown
    readonly url?: unknown
  }
  if (typeof encoded === 'string') {
    return encoded.length % 4 === 0 && base64Pattern.test(encoded)
      ? Buffer.from(encoded, 'base64')
      : undefined
  }
  return typeof url === 'string' && url !== '' ? Buffer.from(url) : undefined
}

function readUsage(value: unknown): Usage | undefined {
  const usage = asFields(value)
  const promptTokens = count(usage['input_tokens'])
  const completionTokens = count(usage['output_tokens'])
  if (promptTokens === undefined || completionTokens === undefined) return undefined
  return { promptTokens, cachedPromptTokens: 0, completionTokens, reasoningTokens: 0 }
}
