import { err, ok, type Result } from '../base/result.ts'
import type { RequestRefusal } from '../domain/refusal.ts'
import { measureRecording } from './measure-recording.ts'
import type { OpenedForm } from './open-form.ts'
import { inOnePiece } from './open-json-body.ts'
import { formSurface } from './opened-surface.ts'
import type { Asked, Surface } from './surface.ts'

/** `POST /v1/audio/transcriptions`: what was said in a recording. docs/endpoints.md. */
export const transcriptions: Surface = transcriptSurface('audio/transcriptions')

/** `POST /v1/audio/translations`: the same in English. */
export const translations: Surface = transcriptSurface('audio/translations')

function transcriptSurface(endpoint: 'audio/transcriptions' | 'audio/translations'): Surface {
  return formSurface(`/v1/${endpoint}`, (opened) => {
    const request = readTranscriptRequest(opened)
    return request.ok ? ok({ ...request.value, endpoint }) : request
  })
}

/** Answers that are text alone; all others are JSON. */
const textFormats: ReadonlySet<string> = new Set(['text', 'srt', 'vtt'])

/** Source: OpenAI API reference, "Create transcription". */
function readTranscriptRequest({
  reader,
  verdict,
  common,
  files,
}: OpenedForm): Result<Omit<Asked['request'], 'endpoint'>, RequestRefusal> {
  const [recording, ...others] = files('file')
  if (recording === undefined) reader.missing('file')
  if (others.length > 0) reader.unfit('file', 'one file')
  const prompt = reader.text('prompt') ?? ''
  const format = reader.text('response_format') ?? 'json'
  if (reader.flag('stream') === true)
    reader.unsupported('stream', 'a transcript comes in one piece')
  if (verdict.refusal !== undefined) return err(verdict.refusal)
  if (recording === undefined) return err({ reason: 'missing_required_parameter', param: 'file' })
  const length = measureRecording(recording)
  return ok({
    ...inOnePiece,
    ...common,
    choiceCount: 1,
    messageCount: 1,
    promptBytes: Buffer.byteLength(prompt),
    // Of those that are counted in tokens, a recording is most of the prompt.
    promptHasMedia: true,
    expected: {
      perChoiceMax: length.secondsMax,
      perChoiceLikely: length.secondsLikely,
      form: textFormats.has(format) ? 'text' : 'json',
    },
  })
}
