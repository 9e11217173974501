import { t as assert } from "./assert.node.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";

// src/chain/curve-noble.ts
/** The same in JavaScript, for machines that the native binding does not know. */
const nobleCurve = {
	name: "noble",
	sign(digest, privateKey) {
		const bytes = secp256k1.sign(digest, privateKey, {
			prehash: false,
			lowS: true,
			format: "recovered"
		});
		const yParity = bytes[0];
		assert(yParity === 0 || yParity === 1, "R is below the order of the curve");
		return {
			rs: bytes.subarray(1),
			yParity
		};
	},
	recover(digest, { rs, yParity }) {
		const bytes = /* @__PURE__ */ new Uint8Array(65);
		bytes[0] = yParity;
		bytes.set(rs, 1);
		try {
			return secp256k1.Signature.fromBytes(bytes, "recovered").recoverPublicKey(digest).toBytes(false).subarray(1);
		} catch {
			return;
		}
	},
	publicKey: (privateKey) => secp256k1.getPublicKey(privateKey, false).subarray(1)
};

export { nobleCurve };