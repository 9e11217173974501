/*
 * An app as somebody would write it for a browser: the openai client, given a fetch that verifies. The spec beside this file
 * bundles it and calls what it leaves on `globalThis`.
 */
import OpenAI from 'openai'
import { createVerifiedFetch, VerificationError } from '../../web/dist/verified-fetch.js'

globalThis.ask = async ({ origin, apiKey, policy, stream }) => {
  const reports = []
  const tell = ({ verified, lines }) =>
    void reports.push({ verified, held: lines.filter(({ verdict }) => verdict === 'holds').length })
  const client = new OpenAI({
    apiKey,
    baseURL: `${origin}/v1`,
    maxRetries: 0,
    dangerouslyAllowBrowser: true,
    fetch: createVerifiedFetch({ policy, onReceipt: tell }),
  })
  const messages = [{ role: 'user', content: 'What is a receipt? Grüße 🙂' }]
  let text = ''
  try {
    const answer = await client.chat.completions.create({ model: 'vouch-mini', messages, stream })
    if (stream) for await (const chunk of answer) text += chunk.choices[0]?.delta.content ?? ''
    else text = answer.choices[0].message.content
    return { text, reports }
  } catch (error) {
    const against =
      error instanceof VerificationError ? error.report.against.map(({ check }) => check) : []
    return { text, reports, error: error.name, message: error.message, against }
  }
}
