import { t as assert } from "./assert.node.js";
import { hash } from "node:crypto";

// src/base/result.ts
const ok = (value) => ({
	ok: true,
	value
});
const err = (error) => ({
	ok: false,
	error
});

// src/domain/units.ts
const amountMax = 2n ** 128n - 1n;
function atomic(value) {
	assert(value >= 0n && value <= amountMax, "an amount fits uint128");
	return value;
}
function unixSeconds(value) {
	assert(Number.isSafeInteger(value) && value >= 0, "a time is a whole number of seconds");
	return value;
}
const unixSecondsOf = (ms) => unixSeconds(Math.floor(ms / 1e3));
const bytes32Pattern = /^0x[0-9a-fA-F]{64}$/;
const addressPattern = /^0x[0-9a-fA-F]{40}$/;
/** Whole bytes are counted beside it: a group that repeats takes stack for each, and some texts have ten million. */
const hexPattern = /^0x[0-9a-fA-F]*$/;
const isBytes32 = (text) => typeof text === "string" && bytes32Pattern.test(text);
const isAddress = (text) => typeof text === "string" && addressPattern.test(text);
const isHex = (text) => typeof text === "string" && text.length % 2 === 0 && hexPattern.test(text);
function bytes32(hex) {
	assert(isBytes32(hex), "a bytes32 is 64 hex digits");
	return hex.toLowerCase();
}
function address(hex) {
	assert(isAddress(hex), "an address is 40 hex digits");
	return hex.toLowerCase();
}
function signature(hex) {
	assert(isHex(hex), "a signature is whole bytes of hex");
	return hex.toLowerCase();
}
const zeroBytes32 = bytes32(`0x${"0".repeat(64)}`);
const zeroAddress = address(`0x${"0".repeat(40)}`);
const noSignature = signature("0x");

// src/base/hex.ts
/**
* `0x` before digits, as one piece. A template would keep both parts, and V8 writes JSON with such a text three times as
* slowly: a receipt has a dozen of them.
*/
const hexOf = (digits) => ["0x", digits].join("");
/** Lower-case digits without a prefix. */
const hexDigits = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
const toHex = (bytes) => hexOf(hexDigits(bytes));
/** Callers pass hex that was checked on entry: an odd or non-hex tail would be dropped silently. */
const fromHex = (hex) => Buffer.from(hex.slice(2), "hex");

// src/chain/keccak.ts
/** Long enough for a Receipt (16 words) and a batch of 100 claims; what is longer gets its own memory. */
const scratch = Buffer.allocUnsafe(4096);
/** keccak-256 as Ethereum has it: OpenSSL's, an eighth of the time of a JavaScript one. */
const keccak256 = (bytes) => hexOf(hash("keccak-256", bytes, "hex"));
/** keccak-256 of the UTF-8 bytes of `text`. */
const keccak256Utf8 = (text) => hexOf(hash("keccak-256", text, "hex"));
/**
* keccak-256 of bytes given as hex digits without `0x`. Joining strings and decoding them once is as fast as writing each
* word to memory, and reads like the specification. Anything but whole bytes of hex is a bug, not another hash.
*/
function keccak256Hex(digits) {
	const length = digits.length / 2;
	const memory = length <= scratch.length ? scratch : Buffer.allocUnsafe(length);
	assert(memory.write(digits, "hex") === length, "the preimage of a hash is whole bytes of hex");
	return keccak256(memory.subarray(0, length));
}

// src/proofs/field.ts
/** Order of the group: circuits compute modulo this prime. */
const scalarModulus = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
/** Coordinates of points are below this prime. */
const coordinateModulus = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
const wordBytes = 32;
const scalarOf = (word) => {
	const value = BigInt(word);
	return value < 21888242871839275222246405745257275088548364400416034343698204186575808495617n ? value : void 0;
};
function scalarWord(value) {
	assert(value >= 0n && value < 21888242871839275222246405745257275088548364400416034343698204186575808495617n, "a field element is below the modulus");
	return bytes32(hexOf(value.toString(16).padStart(64, "0")));
}
/** Whole words only: callers check the length. */
function wordsOf(bytes) {
	assert(bytes.length % 32 === 0, "words are 32 bytes each");
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	return Array.from({ length: bytes.length / 32 }, (_, word) => {
		const at = word * 32;
		return view.getBigUint64(at) << 192n | view.getBigUint64(at + 8) << 128n | view.getBigUint64(at + 16) << 64n | view.getBigUint64(at + 24);
	});
}

// src/proofs/proof.ts
const proofSystems = [
	"groth16",
	"ultrahonk",
	"ezkl"
];
/** Made with keys from a tau that everybody knows: whoever likes can prove anything. Good on a development chain alone. */
const devInsecure = "dev-insecure";
/** ezkl has one for each value of input and output; the others pack or hash theirs. */
const publicInputsMax = 4096;
/** UltraHonk's longest is below 12 KiB, ezkl's grows with the circuit. */
const proofBytesMax = 65536;
/** Groth16 has 64 bytes for each public input; ezkl's keys are the longest. */
const verificationKeyBytesMax = 524288;
const circuitPattern = /^[a-z0-9][a-z0-9.-]{0,99}$/;
const isHexOfAtMost = (bytesMax) => (value) => typeof value === "string" && value.length <= 2 + 2 * bytesMax && isHex(value);
const rules = {
	object: {
		expected: "\"vouch.proof\"",
		holds: (value) => value === "vouch.proof"
	},
	system: {
		expected: proofSystems.map((name) => `"${name}"`).join(", "),
		holds: (value) => proofSystems.some((name) => name === value)
	},
	circuit: {
		expected: "up to 100 lower-case letters, digits, hyphens and dots",
		holds: (value) => typeof value === "string" && circuitPattern.test(value)
	},
	vkHash: {
		expected: "32 bytes as 0x and 64 hex digits",
		holds: isBytes32
	},
	setup: {
		expected: "\"dev-insecure\", or the sha256 of the ceremony file as 0x and 64 hex digits",
		holds: (value) => value === "dev-insecure" || isBytes32(value)
	},
	publicInputs: {
		expected: `a list of at most ${publicInputsMax} words of 32 bytes below the field's modulus`,
		holds: (value) => Array.isArray(value) && value.length <= publicInputsMax && value.every(isFieldElement)
	},
	proof: {
		expected: `at most ${proofBytesMax} bytes as 0x and hex digits`,
		holds: isHexOfAtMost(proofBytesMax)
	},
	verificationKey: {
		expected: `at most ${verificationKeyBytesMax} bytes as 0x and hex digits`,
		holds: (value) => value === void 0 || isHexOfAtMost(524288)(value)
	}
};
const isFieldElement = (value) => isBytes32(value) && scalarOf(bytes32(value)) !== void 0;
/** The document with its hex in lower case, or every fault in it. Members that it does not have are refused. */
function readProof(value) {
	if (typeof value !== "object" || value === null || Array.isArray(value)) return err([{
		path: "",
		expected: "an object",
		found: shortened(value)
	}]);
	const members = value;
	const faults = Object.entries(rules).flatMap(([path, { expected, holds }]) => {
		const member = Object.hasOwn(members, path) ? members[path] : void 0;
		return holds(member) ? [] : [{
			path,
			expected,
			found: shortened(member)
		}];
	});
	for (const path of Object.keys(members)) if (!Object.hasOwn(rules, path)) faults.push({
		path,
		expected: "no such field",
		found: "one"
	});
	return faults.length === 0 ? ok(inLowerCase(members)) : err(faults);
}
function inLowerCase(proof) {
	const lower = (text) => text.toLowerCase();
	const { verificationKey } = proof;
	return {
		object: "vouch.proof",
		system: proof.system,
		circuit: proof.circuit,
		vkHash: lower(proof.vkHash),
		setup: lower(proof.setup),
		publicInputs: proof.publicInputs.map(lower),
		proof: lower(proof.proof),
		...verificationKey === void 0 ? {} : { verificationKey: lower(verificationKey) }
	};
}
const foundLengthMax = 40;
function shortened(value) {
	if (value === void 0) return "nothing";
	const text = Array.isArray(value) ? `a list of ${value.length}` : JSON.stringify(value);
	return text.length <= foundLengthMax ? text : `${text.slice(0, foundLengthMax)}…`;
}

export { zeroAddress as C, ok as E, unixSecondsOf as S, err as T, isAddress as _, scalarOf as a, signature as b, keccak256 as c, fromHex as d, hexOf as f, bytes32 as g, atomic as h, scalarModulus as i, keccak256Hex as l, address as m, readProof as n, scalarWord as o, toHex as p, coordinateModulus as r, wordsOf as s, devInsecure as t, keccak256Utf8 as u, isBytes32 as v, zeroBytes32 as w, unixSeconds as x, isHex as y };