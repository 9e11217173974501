/** Where provable models are asked: the path names the model, since the body is a tensor's bytes. */
export const inferencePrefix = '/v1/inference/'

/** The name behind `inferencePrefix`; nothing of any other path. */
export function modelOfPath(path: string): string {
  const [bare = ''] = path.split('?', 1)
  if (!bare.startsWith(inferencePrefix)) return ''
  const name = bare.slice(inferencePrefix.length)
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
