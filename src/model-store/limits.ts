/** Of one file of a model. Language models of the size that a circuit takes are far below. */
export const fileBytesMax: number = 512 * 1024 * 1024
/** Files of one model. */
export const filesMax = 64
export const manifestBytesMax: number = 256 * 1024
export const indexBytesMax: number = 8 * 1024 * 1024
/** Versions of one model that an index holds. */
export const versionsMax = 1_024
/** An index that is written anew this often while others write it too is given up. */
export const indexAttemptsMax = 100
/** What nothing refers to is kept this long: somebody may be adding the model that will. */
export const garbageAgeMinMs: number = 60 * 60 * 1000
/** A part of a file that is sent to an S3-compatible store; the least that S3 takes for any part but the last is 5 MiB. */
export const partBytes: number = 8 * 1024 * 1024
/** A mirror that sends nothing for this long is given up; what came is kept. */
export const mirrorSilenceMs = 60_000
