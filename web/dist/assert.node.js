// src/base/assert.ts
/** Thrown only for programmer errors. Never caught except at the request boundary, which answers 500. */
var InvariantViolation = class extends Error {
	name = "InvariantViolation";
};
function assert(condition, invariant) {
	if (!condition) throw new InvariantViolation(invariant);
}

export { assert as t };