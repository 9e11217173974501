/**
 * A span of time as OpenAI's `x-ratelimit-reset-*` headers and messages write it: `120ms`, `8.64s`, `6m0s`, `1h0m0s`.
 * Source: OpenAI's rate limit guide; the form is that of Go's `time.Duration`.
 */
export function durationText(ms: number): string {
  const whole = Math.ceil(ms)
  if (whole < 1_000) return `${whole}ms`
  const hours = Math.floor(whole / 3_600_000)
  const minutes = Math.floor(whole / 60_000) % 60
  const seconds = `${(whole % 60_000) / 1_000}s`
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}
