/** The largest time that a Date can show. */
const dateSecondsMax = 8_640_000_000_000

/** Unix seconds as people read them: `2026-11-22T15:15:23Z`. A receipt may claim a time that no calendar has. */
export const describeTime = (seconds: number): string =>
  seconds <= dateSecondsMax
    ? new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
    : `second ${seconds}`
