/* What a model and its versions may be called, in a store, on a chain and in a form. */

const namePattern = /^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/
const versionPattern = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,30}[A-Za-z0-9])?$/

export const isModelName = (text: string): boolean => namePattern.test(text)
/** Of a version and of an alias. */
export const isVersion = (text: string): boolean => versionPattern.test(text)
