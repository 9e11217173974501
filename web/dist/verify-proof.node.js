import { E as ok, T as err, a as scalarOf, c as keccak256, d as fromHex, i as scalarModulus, l as keccak256Hex, r as coordinateModulus, s as wordsOf, t as devInsecure } from "./proof.node.js";
import { t as assert } from "./assert.node.js";
import { bn254 } from "@noble/curves/bn254.js";
import { pippenger } from "@noble/curves/abstract/curve.js";

// src/proofs/proof-refusal.ts
const refuse = (reason, detail) => err({
	reason,
	detail
});

// src/proofs/curve-points.ts
/** Undefined for what is no point other than that at infinity. Four words, imaginary parts first. */
function g2PointOf(words) {
	const [xImaginary, xReal, yImaginary, yReal, more] = words;
	if (xImaginary === void 0 || xReal === void 0 || more !== void 0) return void 0;
	if (yImaginary === void 0 || yReal === void 0) return void 0;
	if (!words.every(isCoordinate) || words.every(isZero)) return void 0;
	const { Fp2 } = bn254.fields;
	return validated(() => bn254.G2.Point.fromAffine({
		x: Fp2.create({
			c0: xReal,
			c1: xImaginary
		}),
		y: Fp2.create({
			c0: yReal,
			c1: yImaginary
		})
	}));
}
/** The same of G1: two words. Its curve has prime order, so that every point of it is in the group. */
function g1PointOf(words) {
	const [x, y, more] = words;
	if (x === void 0 || y === void 0 || more !== void 0) return void 0;
	if (!words.every(isCoordinate) || words.every(isZero)) return void 0;
	return validated(() => bn254.G1.Point.fromAffine({
		x,
		y
	}));
}
/** The same where two zeros, the point at infinity, commit to a polynomial that is zero. */
const g1PointOrZero = (words) => words.length === 2 && words.every(isZero) ? zeroPoint : g1PointOf(words);
const zeroPoint = bn254.G1.Point.ZERO;
const isCoordinate = (word) => word < coordinateModulus;
const isZero = (word) => word === 0n;
function validated(pointOf) {
	try {
		const point = pointOf();
		point.assertValidity();
		return point;
	} catch {
		return;
	}
}
/** Whether ∏ e(g1, g2) is one. A term with the point at infinity is one by itself, and noble takes none. */
function pairingIsOne(terms) {
	const { Fp12 } = bn254.fields;
	const present = terms.filter(({ g1 }) => !g1.is0());
	return Fp12.eql(bn254.pairingBatch([...present]), Fp12.ONE);
}

// src/proofs/setup-point.ts
/** Of Aztec's Ignition ceremony (2019, 176 people), as barretenberg and the contracts that it writes have it. */
const ignition = [
	17212635814319756364507010169094758005397460366678210664966334781961899574209n,
	496075682290949347282619629729389528669750910289829251317610107342504362928n,
	2255182984359105691812395885056400739448730162863181907784180250290003009508n,
	15828724851114720558251891430452666121603726704878231219287131634746610441813n
];
/** Of the τ that everybody knows (prover/tau/dev-tau.ts). */
const development = [
	21208932709848763120105802652212817109019027098798724639591912366885436194064n,
	9951156152620103205220906054995420951630496910260527062805655086910958752337n,
	10626553238627425675883225301697041175814019174775759118663269145125675717542n,
	13407816386180795800958246508231877841485307251177642051419233288049799024806n
];
function pointOf(words) {
	const point = g2PointOf(words);
	assert(point !== void 0, "a setup has a point");
	return point;
}
/** Of a proof that says that it is of another ceremony than Ignition, none: it is refused as false. */
const setupPointOf = (setup) => pointOf(setup === "dev-insecure" ? development : ignition);

// src/proofs/ultrahonk-entities.ts
/** Committed to in the key. A row's wires obey `gate` where that gate's selector is not zero; the other selectors tune it. */
const precomputed = [
	"copy1",
	"copy2",
	"copy3",
	"copy4",
	"place1",
	"place2",
	"place3",
	"place4",
	"firstRow",
	"lastRow",
	"lookupGate",
	"table1",
	"table2",
	"table3",
	"table4",
	"byProduct",
	"byRight",
	"byOutput",
	"constant",
	"byLeft",
	"byFourth",
	"arithmeticGate",
	"rangeGate",
	"ellipticGate",
	"memoryGate",
	"foreignFieldGate",
	"externalRoundGate",
	"internalRoundGate"
];
/** Committed to in the proof. The first five are opened in the next row too. */
const witnesses = [
	"left",
	"right",
	"output",
	"fourth",
	"copyProduct",
	"lookupInverse",
	"lookupCount",
	"lookupTag"
];
const shifted = [
	"leftNext",
	"rightNext",
	"outputNext",
	"fourthNext",
	"copyProductNext"
];
const precomputedCount = precomputed.length;
const shiftedCount = shifted.length;
const entities = [
	...precomputed,
	...witnesses,
	...shifted
];
const entityCount = entities.length;
/** Of those that have a commitment: the shifted ones share that of what they shift. */
const committedCount = precomputed.length + witnesses.length;
/** `values` in the protocol's order. */
const rowOf = (values) => Object.fromEntries(entities.map((name, at) => [name, values[at] ?? 0n]));
const inOrder = (commitments) => witnesses.map((name) => commitments[name]);

// src/proofs/ultrahonk-key.ts
/** Words of a proof that are public inputs of every circuit: two points that a recursion left to be paired. */
const pairingPointWords = 8;
const keyBytes = (3 + 2 * precomputedCount) * 32;
/** No proof of more rounds has a size that the verifier's contract takes. */
const roundsMax = 25;
/** The Libra argument hides the univariates of at least two rounds. */
const roundsMin = 2;
/** The row of the first public input, behind the rows that blind the witness and one of zeros. */
const publicInputsRow = 5;
/** Words: rounds, public inputs with pairing points, their first row, then x and y of each commitment. */
function readUltraHonkKey(bytes) {
	const malformed = (detail) => refuse("verification_key_malformed", detail);
	if (bytes.length !== keyBytes) return malformed(`a key has ${keyBytes} bytes, this ${bytes.length}`);
	const [rounds = 0n, allInputs = 0n, firstRow = 0n, ...coordinates] = wordsOf(bytes);
	if (rounds < roundsMin || rounds > roundsMax) return malformed(`${rounds} rounds are not possible`);
	if (allInputs < 8 || allInputs > 2n ** rounds) return malformed(`${allInputs} public inputs are not possible`);
	if (firstRow !== BigInt(5)) return malformed("its public inputs are not where this version of the protocol has them");
	const commitments = Array.from({ length: precomputedCount }, (_, at) => g1PointOrZero(coordinates.slice(2 * at, 2 * at + 2)));
	if (!commitments.every((point) => point !== void 0)) return malformed("a commitment is no point");
	return ok({
		rounds: Number(rounds),
		publicInputs: Number(allInputs) - 8,
		commitments,
		transcriptHash: BigInt(keccak256(bytes)) % scalarModulus
	});
}

// src/proofs/verify-groth16.ts
const proofBytes = 8 * 32;
const fixedKeyBytes = 14 * 32;
const inputPointBytes = 2 * 32;
/**
* α (2 words) β (4) γ (4) δ (4) IC₀ … ICₙ (2 each), in EIP-197's order. A key whose γ is δ is refused as well as what is no key:
* it is what a setup without a second phase leaves behind, and whoever sees it can prove anything. So is a key with the same
* point for two places or none for an input: that input would not be bound.
*/
function readGroth16Key(bytes) {
	const malformed = (detail) => refuse("verification_key_malformed", detail);
	const inputs = (bytes.length - fixedKeyBytes) / inputPointBytes;
	if (!Number.isInteger(inputs) || inputs < 1) return malformed("its length is that of no key");
	const words = wordsOf(bytes);
	const alpha = g1PointOf(words.slice(0, 2));
	const beta = g2PointOf(words.slice(2, 6));
	const gamma = g2PointOf(words.slice(6, 10));
	const delta = g2PointOf(words.slice(10, 14));
	if (!alpha || !beta || !gamma || !delta) return malformed("α, β, γ or δ is no point");
	const inputPoints = Array.from({ length: inputs }, (_, input) => g1PointOf(words.slice(14 + 2 * input, 16 + 2 * input)));
	if (!inputPoints.every((point) => point !== void 0)) return malformed("a point of a public input is none");
	if (gamma.equals(delta)) return refuse("verification_key_forgeable", "γ is δ: nobody made the second phase of its setup");
	if (beta.equals(gamma) || beta.equals(delta) || haveSameX(inputPoints)) return refuse("verification_key_forgeable", "a point of it stands in two places");
	return ok({
		alpha,
		beta,
		gamma,
		delta,
		inputPoints
	});
}
/** A point and its negation can be traded for each other as well as a point for itself. */
const haveSameX = (points) => new Set(points.map((point) => point.x)).size < points.length;
/** Whether the key is of the τ, α and β that everybody knows (prover/tau/dev-tau.ts): every circuit's has the same α. */
const isDevelopmentKey = ({ alpha }) => alpha.x === developmentAlphaX;
/** As DevelopmentSetup.sol has it. */
const developmentAlphaX = 10520061439735874485735741268733461193802793330323883647377656878774331068264n;
/** `publicInputs` are below the field's modulus: what is not is refused where words are read. */
function verifyGroth16(key, publicInputs, proof) {
	const [constant, ...inputPoints] = key.inputPoints;
	if (constant === void 0 || inputPoints.length !== publicInputs.length) return refuse("public_inputs_malformed", `the key takes ${inputPoints.length} public inputs, there are ${publicInputs.length}`);
	if (proof.length !== proofBytes) return refuse("proof_malformed", `a proof has ${proofBytes} bytes, this ${proof.length}`);
	const words = wordsOf(proof);
	const a = g1PointOf(words.slice(0, 2));
	const b = g2PointOf(words.slice(2, 6));
	const c = g1PointOf(words.slice(6, 8));
	if (!a || !b || !c) return refuse("proof_malformed", "A, B or C is no point");
	const inputs = inputPoints.reduce((sum, point, at) => sum.add(point.multiplyUnsafe(publicInputs[at] ?? 0n)), constant);
	const terms = [
		{
			g1: a.negate(),
			g2: b
		},
		{
			g1: key.alpha,
			g2: key.beta
		},
		{
			g1: inputs,
			g2: key.gamma
		},
		{
			g1: c,
			g2: key.delta
		}
	];
	return pairingIsOne(terms) ? ok(void 0) : refuse("proof_false", "the pairing does not hold: not a proof of these public inputs");
}

// src/proofs/ultrahonk-challenges.ts
const lowerBits = 127n;
const lowerMask = (1n << lowerBits) - 1n;
const lower = (link) => link & lowerMask;
function challengesOf(key, publicInputs, proof) {
	const { witnesses, libra } = proof;
	const first = [
		key.transcriptHash,
		...publicInputs,
		...proof.pairingPoints
	];
	const { left, right, output } = witnesses;
	const etaLink = hashOf([...first, ...wordsIn([
		proof.masking,
		left,
		right,
		output
	])]);
	const { lookupCount, lookupTag, fourth } = witnesses;
	const betaLink = hashOf([etaLink, ...wordsIn([
		lookupCount,
		lookupTag,
		fourth
	])]);
	const { lookupInverse, copyProduct } = witnesses;
	const alphaLink = hashOf([betaLink, ...wordsIn([lookupInverse, copyProduct])]);
	const gateLink = hashOf([alphaLink]);
	const libraLink = hashOf([
		gateLink,
		...libra.mask.words,
		libra.total
	]);
	const pointLinks = linksOf(libraLink, proof.univariates);
	const { runningSum, quotient } = libra;
	const rhoLink = hashOf([
		pointLinks.at(-1) ?? libraLink,
		...proof.openings,
		libra.claimed,
		...wordsIn([runningSum, quotient])
	]);
	const rLink = hashOf([rhoLink, ...wordsIn(proof.folds)]);
	const nuLink = hashOf([
		rLink,
		...proof.foldOpenings,
		...libra.openings
	]);
	const zLink = hashOf([nuLink, ...proof.shplonkQuotient.words]);
	return {
		eta: lower(etaLink),
		beta: lower(betaLink),
		gamma: betaLink >> lowerBits,
		alpha: lower(alphaLink),
		gate: lower(gateLink),
		libra: lower(libraLink),
		point: pointLinks.map(lower),
		rho: lower(rhoLink),
		r: lower(rLink),
		nu: lower(nuLink),
		z: lower(zLink)
	};
}
const wordsIn = (commitments) => commitments.flatMap(({ words }) => words);
function linksOf(start, messages) {
	let link = start;
	return messages.map((message) => {
		link = hashOf([link, ...message]);
		return link;
	});
}
const hashOf = (words) => BigInt(keccak256Hex(words.map(wordDigits).join(""))) % scalarModulus;
const wordDigits = (word) => word.toString(16).padStart(64, "0");

// src/proofs/ultrahonk-proof.ts
/** Each univariate is sent by its values at 0 … 8: one more than the degree of the relations, masked. */
const univariateLength = 9;
const fixedWords = 8 + 24 + 2 + (entityCount + 1) + 4 + 4 - 2;
const wordsInRound = 12;
const ultraHonkProofBytes = (rounds) => (fixedWords + rounds * wordsInRound) * 32;
function readUltraHonkProof(bytes, rounds) {
	const expected = ultraHonkProofBytes(rounds);
	if (bytes.length !== expected) return refuse("proof_malformed", `a proof has ${expected} bytes, this ${bytes.length}`);
	const reader = wordReader(wordsOf(bytes));
	const proof = readInOrder(reader, rounds);
	const fault = reader.fault();
	return fault === void 0 ? ok(proof) : refuse("proof_malformed", fault);
}
function readInOrder({ scalar, scalars, commitment, limbs }, rounds) {
	const pairingPoints = limbs();
	const masking = commitment();
	const [left, right, output] = [
		commitment(),
		commitment(),
		commitment()
	];
	const [lookupCount, lookupTag, fourth] = [
		commitment(),
		commitment(),
		commitment()
	];
	const [lookupInverse, copyProduct] = [commitment(), commitment()];
	const [mask, total] = [commitment(), scalar()];
	const univariates = Array.from({ length: rounds }, () => scalars(9));
	const openings = scalars(1 + entityCount);
	const claimed = scalar();
	const [runningSum, quotient] = [commitment(), commitment()];
	const folds = Array.from({ length: rounds - 1 }, commitment);
	const foldOpenings = scalars(rounds);
	const libraOpenings = [
		scalar(),
		scalar(),
		scalar(),
		scalar()
	];
	return {
		pairingPoints,
		masking,
		witnesses: {
			left,
			right,
			output,
			fourth,
			copyProduct,
			lookupInverse,
			lookupCount,
			lookupTag
		},
		libra: {
			mask,
			runningSum,
			quotient,
			total,
			claimed,
			openings: libraOpenings
		},
		univariates,
		openings,
		folds,
		foldOpenings,
		shplonkQuotient: commitment(),
		kzgQuotient: commitment()
	};
}
const lowLimbBits = 136n;
const highLimbBits = 120n;
/** Goes on after a fault with values that mean nothing; the caller asks for the first one at the end. */
function wordReader(words) {
	let at = 0;
	let fault;
	const next = () => {
		const word = words[at] ?? 0n;
		at += 1;
		return word;
	};
	const note = (isFine, what) => {
		if (!isFine) fault ??= `word ${at - 1} is ${what}`;
	};
	const scalar = () => {
		const word = next();
		note(word < scalarModulus, "no element of the field");
		return word;
	};
	const scalars = (count) => Array.from({ length: count }, scalar);
	return {
		scalar,
		scalars,
		commitment: () => {
			const pair = [next(), next()];
			const point = g1PointOrZero(pair);
			note(point !== void 0, "of no point");
			return {
				words: pair,
				point: point ?? zeroPoint
			};
		},
		limbs: () => Array.from({ length: 8 }, (_, limb) => {
			const word = next();
			note(word < 1n << (limb % 2 === 0 ? lowLimbBits : highLimbBits), "no limb");
			return word;
		}),
		fault: () => fault
	};
}
/** A point for a pairing point's limbs: low and high of x, then of y. */
function pairingPointOf(limbs) {
	const [xLow = 0n, xHigh = 0n, yLow = 0n, yHigh = 0n] = limbs;
	const words = [xLow | xHigh << lowLimbBits, yLow | yHigh << lowLimbBits];
	const point = g1PointOf(words);
	return point === void 0 ? void 0 : {
		words,
		point
	};
}

// src/proofs/ultrahonk-libra.ts
const { Fr: Fr$2 } = bn254.fields;
const subgroupSize = 256;
const subgroupBits = 8;
/** Of order 256: 5 generates the field's units, and 28 is how often 2 divides their number. */
const subgroupGenerator = Fr$2.pow(5n, Fr$2.ORDER - 1n >> BigInt(subgroupBits));
const generatorInverse = Fr$2.inv(subgroupGenerator);
/** Whether openings at r agree with the claimed value. False also where r is in the subgroup, which no honest proof meets. */
function libraHolds(proof, { r, point }) {
	const vanishing = Fr$2.sub(Fr$2.pow(r, BigInt(subgroupSize)), 1n);
	if (vanishing === 0n) return false;
	const weights = lagrangeAt(r, vanishing);
	const factorAtR = coefficientFactors(point).reduce((sum, factor, at) => Fr$2.add(sum, Fr$2.mul(factor, weights[at] ?? 0n)), 0n);
	const [maskAtR, sumAtNext, sumAtR, quotientAtR] = proof.libra.openings;
	const starts = Fr$2.mul(weights[0] ?? 0n, sumAtR);
	const step = Fr$2.sub(Fr$2.sub(sumAtNext, sumAtR), Fr$2.mul(maskAtR, factorAtR));
	const steps = Fr$2.mul(Fr$2.sub(r, generatorInverse), step);
	const ends = Fr$2.mul(weights[255] ?? 0n, Fr$2.sub(sumAtR, proof.libra.claimed));
	return Fr$2.add(Fr$2.add(starts, steps), ends) === Fr$2.mul(vanishing, quotientAtR);
}
/** The constant term, then for each round the powers of its challenge. What is left of the subgroup is zero. */
function coefficientFactors(point) {
	const factors = [1n];
	for (const coordinate of point) {
		let power = 1n;
		for (let degree = 0; degree < 9; degree += 1) {
			factors.push(power);
			power = Fr$2.mul(power, coordinate);
		}
	}
	return factors;
}
/** Lᵢ(r) = (r^256 − 1) / (256·(r·g⁻ⁱ − 1)) for every element of the subgroup. */
function lagrangeAt(r, vanishing) {
	const scale = Fr$2.div(vanishing, BigInt(subgroupSize));
	let scaled = r;
	const divisors = Array.from({ length: subgroupSize }, () => {
		const divisor = Fr$2.sub(scaled, 1n);
		scaled = Fr$2.mul(scaled, generatorInverse);
		return divisor;
	});
	return Fr$2.invertBatch(divisors).map((inverse) => Fr$2.mul(inverse, scale));
}

// src/proofs/ultrahonk-opening.ts
const { Fr: Fr$1 } = bn254.fields;
/** Undefined where a challenge hits a point that has no quotient, which no honest proof comes upon. */
function openingPoints(key, proof, challenges) {
	const places = placesOf(challenges);
	const quotients = quotientsOf(challenges, places);
	if (quotients === void 0) return void 0;
	const batch = batchOf(key, proof, {
		challenges,
		quotients
	});
	const folds = foldTermsOf(proof, foldValuesOf(batch.value, proof, {
		challenges,
		places,
		quotients
	}), {
		nu: challenges.nu,
		quotients
	});
	const libra = libraTermsOf(proof, {
		challenges,
		quotients
	});
	const constant = Fr$1.add(folds.constant, libra.constant);
	return {
		first: sumOf([
			{
				point: proof.shplonkQuotient.point,
				scalar: 1n
			},
			...batch.terms,
			...folds.terms,
			...libra.terms,
			{
				point: bn254.G1.Point.BASE,
				scalar: constant
			},
			{
				point: proof.kzgQuotient.point,
				scalar: challenges.z
			}
		]),
		second: proof.kzgQuotient.point.negate()
	};
}
const sumOf = (terms) => pippenger(bn254.G1.Point, terms.map(({ point }) => point), terms.map(({ scalar }) => scalar));
/** r, r², r⁴, …: the i-th fold is opened at plus and minus the i-th. */
function placesOf({ r, point }) {
	let place = r;
	return point.map(() => {
		const current = place;
		place = Fr$1.sqr(place);
		return current;
	});
}
function quotientsOf({ point, r, z }, places) {
	const count = places.length;
	const divisors = [
		...places.map((place) => Fr$1.sub(z, place)),
		...places.map((place) => Fr$1.add(z, place)),
		...places.map((place, at) => foldingDivisor(place, point[at] ?? 0n)),
		r,
		Fr$1.sub(z, Fr$1.mul(subgroupGenerator, r)),
		Fr$1.sub(z, 1n)
	];
	if (divisors.includes(0n)) return void 0;
	const inverses = Fr$1.invertBatch(divisors);
	const [ofR = 0n, shifted = 0n, one = 0n] = inverses.slice(3 * count);
	return {
		plus: inverses.slice(0, count),
		minus: inverses.slice(count, 2 * count),
		folding: inverses.slice(2 * count, 3 * count),
		r: ofR,
		shifted,
		one
	};
}
const foldingDivisor = (place, coordinate) => Fr$1.add(Fr$1.mul(place, Fr$1.sub(1n, coordinate)), coordinate);
/** All polynomials with powers of ρ, and the value of that sum; what is opened in the next row too counts twice. */
function batchOf(key, proof, { challenges, quotients }) {
	const { rho, nu } = challenges;
	const plus = quotients.plus[0] ?? 0n;
	const minus = Fr$1.mul(nu, quotients.minus[0] ?? 0n);
	const inRow = Fr$1.neg(Fr$1.add(plus, minus));
	const inNextRow = Fr$1.neg(Fr$1.mul(quotients.r, Fr$1.sub(plus, minus)));
	const commitments = [
		proof.masking.point,
		...key.commitments,
		...inOrder(proof.witnesses).map(({ point }) => point)
	];
	const powers = powersOf(rho, proof.openings.length);
	const value = proof.openings.reduce((sum, opening, at) => Fr$1.add(sum, Fr$1.mul(opening, powers[at] ?? 0n)), 0n);
	const shiftedFrom = 1 + precomputedCount;
	return {
		value,
		terms: commitments.map((point, at) => {
			const own = Fr$1.mul(inRow, powers[at] ?? 0n);
			const shift = at - shiftedFrom;
			if (shift < 0 || shift >= shiftedCount) return {
				point,
				scalar: own
			};
			const next = Fr$1.mul(inNextRow, powers[1 + committedCount + shift] ?? 0n);
			return {
				point,
				scalar: Fr$1.add(own, next)
			};
		})
	};
}
function powersOf(base, count) {
	let power = 1n;
	return Array.from({ length: count }, () => {
		const current = power;
		power = Fr$1.mul(power, base);
		return current;
	});
}
/** The value of each fold at plus its place, from the last one, which is the batch's value, backwards. */
function foldValuesOf(batchValue, proof, { challenges, places, quotients }) {
	const values = [];
	let value = batchValue;
	for (let at = places.length - 1; at >= 0; at -= 1) {
		const place = places[at] ?? 0n;
		const coordinate = challenges.point[at] ?? 0n;
		const atMinus = proof.foldOpenings[at] ?? 0n;
		const weight = Fr$1.sub(Fr$1.mul(place, Fr$1.sub(1n, coordinate)), coordinate);
		const numerator = Fr$1.sub(Fr$1.mul(Fr$1.mul(place, value), 2n), Fr$1.mul(atMinus, weight));
		value = Fr$1.mul(numerator, quotients.folding[at] ?? 0n);
		values.unshift(value);
	}
	return values;
}
/** Of the first fold only its values: its commitment is the batch itself. */
function foldTermsOf(proof, values, { nu, quotients }) {
	const weights = powersOf(nu, 2 * values.length);
	const terms = [];
	let constant = 0n;
	for (const [at, value] of values.entries()) {
		const plus = Fr$1.mul(weights[2 * at] ?? 0n, quotients.plus[at] ?? 0n);
		const minus = Fr$1.mul(weights[2 * at + 1] ?? 0n, quotients.minus[at] ?? 0n);
		constant = Fr$1.add(constant, Fr$1.mul(plus, value));
		constant = Fr$1.add(constant, Fr$1.mul(minus, proof.foldOpenings[at] ?? 0n));
		const fold = proof.folds[at - 1];
		if (fold !== void 0) terms.push({
			point: fold.point,
			scalar: Fr$1.neg(Fr$1.add(plus, minus))
		});
	}
	return {
		terms,
		constant
	};
}
/** Mask at r; running sum at g·r, r and, where it must be zero, at 1; quotient at r. */
function libraTermsOf(proof, { challenges, quotients }) {
	const { mask, runningSum, quotient, openings } = proof.libra;
	const [maskAtR, sumAtNext, sumAtR, quotientAtR] = openings;
	const atR = quotients.plus[0] ?? 0n;
	const claims = [
		{
			point: mask.point,
			divided: atR,
			value: maskAtR
		},
		{
			point: runningSum.point,
			divided: quotients.shifted,
			value: sumAtNext
		},
		{
			point: runningSum.point,
			divided: atR,
			value: sumAtR
		},
		{
			point: runningSum.point,
			divided: quotients.one,
			value: 0n
		},
		{
			point: quotient.point,
			divided: atR,
			value: quotientAtR
		}
	];
	const weights = powersOf(challenges.nu, 2 * challenges.point.length + claims.length);
	const offset = 2 * challenges.point.length;
	let constant = 0n;
	return {
		terms: claims.map(({ point, divided, value }, at) => {
			const weight = Fr$1.mul(weights[offset + at] ?? 0n, divided);
			constant = Fr$1.add(constant, Fr$1.mul(weight, value));
			return {
				point,
				scalar: Fr$1.neg(weight)
			};
		}),
		constant
	};
}

// src/proofs/ultrahonk-gates.ts
/** Points (right, output) and (leftNext, fourthNext) give (rightNext, outputNext): their sum or difference, or the first doubled. */
function ellipticRelations(row) {
	const { right: x1, output: y1, leftNext: x2, fourthNext: y2, rightNext: x3, outputNext: y3 } = row;
	const { ellipticGate: gate, byLeft: sign, byProduct: isDoubling } = row;
	const run = x2 - x1;
	const sumX = (x1 + x2 + x3) * run * run - y1 * y1 - y2 * y2 + 2n * sign * y1 * y2;
	const sumY = (y1 + y3) * run + (x3 - x1) * (sign * y2 - y1);
	const doubleX = 4n * y1 * y1 * (2n * x1 + x3) - 9n * x1 * (y1 * y1 + 17n);
	const doubleY = 3n * x1 * x1 * (x1 - x3) - 2n * y1 * (y1 + y3);
	const either = (sum, double) => (1n - isDoubling) * sum + isDoubling * double;
	return [gate * either(sumX, doubleX), gate * either(sumY, doubleY)];
}
/**
* A record of memory is index (left), time or second value (right) and value (output) folded by `eta`, and for what can be
* written whether it was. Records are sorted by index and time: of one index, what is read is what was written last.
*/
function memoryRelations(row, eta) {
	const gate = row.memoryGate;
	const folded = (index, time, value) => eta * (index + eta * (time + eta * value));
	const record = folded(row.left, row.right, row.output) + row.constant;
	const recordFault = record - row.fourth;
	const isSortedTable = row.byLeft * row.byRight;
	const isSortedMemory = row.byOutput;
	const indexStep = row.leftNext - row.left;
	const isSameIndex = 1n - indexStep;
	const indexFault = indexStep * (indexStep - 1n);
	const access = row.fourth - record;
	const accessNext = row.fourthNext - folded(row.leftNext, row.rightNext, row.outputNext);
	const timeFault = isSameIndex * (row.rightNext - row.right) - row.output;
	return [
		gate * (isSortedTable * recordFault + row.byLeft * row.byFourth * timeFault + row.byLeft * row.byProduct * recordFault + isSortedMemory * access * (access - 1n)),
		gate * isSortedTable * isSameIndex * (row.fourthNext - row.fourth),
		gate * isSortedTable * indexFault,
		gate * isSortedMemory * isSameIndex * (row.outputNext - row.output) * (1n - accessNext),
		gate * isSortedMemory * indexFault,
		gate * isSortedMemory * accessNext * (accessNext - 1n)
	];
}
const limb = 1n << 68n;
const smallLimb = 1n << 14n;
/** Limbs of a product of two numbers beyond the field, and limbs put together of pieces of 14 bits. */
function foreignFieldRelations(row) {
	const { left, right, output, fourth, leftNext, rightNext, outputNext, fourthNext } = row;
	const crossed = left * rightNext + leftNext * right;
	const low = crossed * limb + leftNext * rightNext;
	const products = row.byOutput * (low - output - fourth) + row.byFourth * ((left * fourth + right * output - outputNext) * limb + crossed - fourthNext) + row.byProduct * (low + fourth - outputNext - fourthNext);
	const joined = (pieces) => pieces.reduceRight((sum, piece) => sum * smallLimb + piece, 0n);
	const sums = row.byFourth * (joined([
		left,
		right,
		output,
		leftNext,
		rightNext
	]) - fourth) + row.byProduct * (joined([
		output,
		fourth,
		leftNext,
		rightNext,
		outputNext
	]) - fourthNext);
	return [row.foreignFieldGate * (row.byRight * products + row.byOutput * sums)];
}
const externalMatrix = [
	[
		5n,
		7n,
		1n,
		3n
	],
	[
		4n,
		6n,
		1n,
		1n
	],
	[
		1n,
		3n,
		5n,
		7n
	],
	[
		1n,
		1n,
		4n,
		6n
	]
];
const nextWires = (row) => [
	row.leftNext,
	row.rightNext,
	row.outputNext,
	row.fourthNext
];
/** A full round of Poseidon2: its constants are the selectors of the wires. */
function externalRoundRelations(row) {
	const states = [
		(row.left + row.byLeft) ** 5n,
		(row.right + row.byRight) ** 5n,
		(row.output + row.byOutput) ** 5n,
		(row.fourth + row.byFourth) ** 5n
	];
	const next = nextWires(row);
	return externalMatrix.map((factors, at) => {
		const mixed = factors.reduce((sum, factor, from) => sum + factor * (states[from] ?? 0n), 0n);
		return row.externalRoundGate * (mixed - (next[at] ?? 0n));
	});
}
/** The diagonal, less one, of the matrix of the partial rounds over BN254: a parameter of Poseidon2 for four words. */
const internalDiagonal = [
	7626475329478847982857743246276194948757851985510858890691733676098590062311n,
	5498568565063849786384470689962419967523752476452646391422913716315471115275n,
	148936322117705719734052984176402258788283488576388928671173547788498414613n,
	15456385653678559339152734484033356164266089951521103188900320352052358038155n
];
function internalRoundRelations(row) {
	const states = [
		(row.left + row.byLeft) ** 5n,
		row.right,
		row.output,
		row.fourth
	];
	const total = states.reduce((sum, state) => sum + state, 0n);
	const next = nextWires(row);
	return internalDiagonal.map((factor, at) => {
		const mixed = factor * (states[at] ?? 0n) + total;
		return row.internalRoundGate * (mixed - (next[at] ?? 0n));
	});
}

// src/proofs/ultrahonk-relations.ts
/**
* The sum of all relations in `row`, each with its power of `alpha`. `rowWeight` is the weight of the row among all rows; the
* relation that sums over all rows has none, because only its total must be zero.
*/
function sumOfRelations(row, challenges, weights) {
	const relations = [
		...copyRelations(row, challenges),
		...lookupRelations(row, challenges),
		...arithmeticRelations(row),
		...rangeRelations(row),
		...ellipticRelations(row),
		...memoryRelations(row, challenges.eta),
		...foreignFieldRelations(row),
		...externalRoundRelations(row),
		...internalRoundRelations(row)
	];
	let power = 1n;
	let sum = 0n;
	for (const [at, relation] of relations.entries()) {
		const weight = at === lookupTotalAt ? 1n : weights.rowWeight;
		sum = (sum + relation % scalarModulus * (weight * power % scalarModulus)) % scalarModulus;
		power = power * weights.alpha % scalarModulus;
	}
	return (sum + scalarModulus) % scalarModulus;
}
/** Position of the relation that adds up over all rows. */
const lookupTotalAt = 4;
function copyRelations(row, challenges) {
	const { beta, gamma, publicInputsQuotient } = challenges;
	const factor = (wire, place) => (wire + place * beta + gamma) % scalarModulus;
	const before = factor(row.left, row.place1) * factor(row.right, row.place2) * factor(row.output, row.place3) * factor(row.fourth, row.place4);
	const after = factor(row.left, row.copy1) * factor(row.right, row.copy2) * factor(row.output, row.copy3) * factor(row.fourth, row.copy4);
	return [
		(row.copyProduct + row.firstRow) * before - (row.copyProductNext + row.lastRow * publicInputsQuotient) * after,
		row.lastRow * row.copyProductNext,
		row.firstRow * row.copyProduct
	];
}
/** A step of a longer lookup is the difference of two rows, weighed by the selectors that the lookup does not need. */
function lookupRelations(row, { beta, gamma }) {
	const folded = (columns) => (columns[0] + gamma + beta * (columns[1] + beta * (columns[2] + beta * columns[3]))) % scalarModulus;
	const written = folded([
		row.table1,
		row.table2,
		row.table3,
		row.table4
	]);
	const read = folded([
		row.left + row.byRight * row.leftNext,
		row.right + row.byProduct * row.rightNext,
		row.output + row.constant * row.outputNext,
		row.byOutput
	]);
	const isEither = row.lookupTag + row.lookupGate - row.lookupTag * row.lookupGate;
	return [
		read * written * row.lookupInverse - isEither,
		row.lookupGate * row.lookupInverse * written - row.lookupCount * row.lookupInverse * read,
		row.lookupTag * (row.lookupTag - 1n)
	];
}
const minusHalf = (scalarModulus - 1n) / 2n;
/**
* The gate's selector is 1 for a product and a sum of all four wires, 2 for the same with the next row's fourth wire (of the
* product a half), 3 for a sum without product, and beside it a second one.
*/
function arithmeticRelations(row) {
	const gate = row.arithmeticGate;
	const sum = (gate - 3n) * row.byProduct * row.left * row.right * minusHalf + row.byLeft * row.left + row.byRight * row.right + row.byOutput * row.output + row.byFourth * row.fourth + row.constant + (gate - 1n) * row.fourthNext;
	const second = row.left + row.fourth - row.leftNext + row.byProduct;
	return [gate * sum, gate * (gate - 1n) * (gate - 2n) * second];
}
/** Neighbours differ by 0, 1, 2 or 3. */
function rangeRelations(row) {
	return [
		row.right - row.left,
		row.output - row.right,
		row.fourth - row.output,
		row.leftNext - row.fourth
	].map((step) => row.rangeGate * step * (step - 1n) * (step - 2n) * (step - 3n));
}

// src/proofs/ultrahonk-sumcheck.ts
const { Fr } = bn254.fields;
/** Whether the openings in the last row are what the rounds claim. That they are true openings is checked apart. */
function sumcheckHolds(publicInputs, proof, challenges) {
	const { point, libra } = challenges;
	let claim = Fr.mul(libra, proof.libra.total);
	let rowWeight = 1n;
	let gate = challenges.gate;
	for (const [round, univariate] of proof.univariates.entries()) {
		const [atZero = 0n, atOne = 0n] = univariate;
		if (Fr.add(atZero, atOne) !== claim) return false;
		const coordinate = point[round] ?? 0n;
		claim = valueAt(univariate, coordinate);
		rowWeight = Fr.mul(rowWeight, Fr.add(1n, Fr.mul(coordinate, Fr.sub(gate, 1n))));
		gate = Fr.sqr(gate);
	}
	const publicInputsQuotient = quotientOf([...publicInputs, ...proof.pairingPoints], challenges);
	if (publicInputsQuotient === void 0) return false;
	const relations = sumOfRelations(rowOf(proof.openings.slice(1)), {
		...challenges,
		publicInputsQuotient
	}, {
		alpha: challenges.alpha,
		rowWeight
	});
	return Fr.add(Fr.mul(relations, enabledWeight(point)), Fr.mul(proof.libra.claimed, libra)) === claim;
}
/** The first rows blind the witness and obey nothing: four of them, which are those with all coordinates zero but the first two. */
const blindedCoordinates = 2;
const enabledWeight = (point) => Fr.sub(1n, point.slice(blindedCoordinates).reduce((product, coordinate) => Fr.mul(product, Fr.sub(1n, coordinate)), 1n));
/** What makes the place of a wire unlike every other: rows go up to 2^28. */
const wirePlaces = 1n << 28n;
/**
* Public inputs are copied to places that no row has, so that the product of all copies is not one but this quotient, which
* only these inputs give.
*/
function quotientOf(inputs, { beta, gamma }) {
	const start = BigInt(5);
	let numerator = 1n;
	let denominator = 1n;
	for (const [at, input] of inputs.entries()) {
		const row = start + BigInt(at);
		const own = Fr.create(gamma + input);
		numerator = Fr.mul(numerator, Fr.add(own, Fr.mul(beta, wirePlaces + row)));
		denominator = Fr.mul(denominator, Fr.sub(own, Fr.mul(beta, row + 1n)));
	}
	return denominator === 0n ? void 0 : Fr.div(numerator, denominator);
}
/** 1 / ∏ (i − j) over all other j: the constant part of the Lagrange polynomial that is one at i. */
const lagrangeFactors = Array.from({ length: 9 }, (_, i) => Fr.inv(Array.from({ length: 9 }, (_, j) => Fr.create(BigInt(i - j))).filter((difference) => difference !== 0n).reduce((product, difference) => Fr.mul(product, difference), 1n)));
/** The univariate of these values at 0, 1, 2, … at `point`, by products from both sides instead of quotients. */
function valueAt(values, point) {
	const distances = values.map((_, at) => Fr.sub(point, BigInt(at)));
	let before = 1n;
	const products = distances.map((distance) => {
		const product = before;
		before = Fr.mul(before, distance);
		return product;
	});
	let behind = 1n;
	let sum = 0n;
	for (let at = values.length - 1; at >= 0; at -= 1) {
		const basis = Fr.mul(Fr.mul(products[at] ?? 0n, behind), lagrangeFactors[at] ?? 0n);
		sum = Fr.add(sum, Fr.mul(values[at] ?? 0n, basis));
		behind = Fr.mul(behind, distances[at] ?? 0n);
	}
	return sum;
}

// src/proofs/verify-ultrahonk.ts
function verifyUltraHonk({ key, publicInputs, setupPoint }, proofBytes) {
	if (publicInputs.length !== key.publicInputs) return refuse("public_inputs_malformed", `the key takes ${key.publicInputs} public inputs, there are ${publicInputs.length}`);
	const read = readUltraHonkProof(proofBytes, key.rounds);
	if (!read.ok) return read;
	const proof = read.value;
	const challenges = challengesOf(key, publicInputs, proof);
	if (!sumcheckHolds(publicInputs, proof, challenges)) return refuse("proof_false", "sumcheck does not hold: not a proof of these public inputs");
	if (!libraHolds(proof, challenges)) return refuse("proof_false", "the mask of sumcheck is not what it is said to be");
	const opened = openingPoints(key, proof, challenges);
	if (opened === void 0) return refuse("proof_false", "a challenge has no quotient");
	const points = withPairingPoints(opened, proof);
	if (points === void 0) return refuse("proof_malformed", "its pairing points are none");
	return pairingIsOne([{
		g1: points.first,
		g2: bn254.G2.Point.BASE
	}, {
		g1: points.second,
		g2: setupPoint
	}]) ? ok(void 0) : refuse("proof_false", "the openings are not those of what was committed to");
}
/** What a recursion within the circuit left to be paired is paired here, at a random distance of what this proof leaves. */
function withPairingPoints(opened, { pairingPoints }) {
	if (pairingPoints.every((limb) => limb === 0n)) return opened;
	const first = pairingPointOf(pairingPoints.slice(0, 4));
	const second = pairingPointOf(pairingPoints.slice(4));
	if (first === void 0 || second === void 0) return void 0;
	const words = [opened.first, opened.second].flatMap((point) => {
		const { x, y } = point.toAffine();
		return [x, y];
	});
	const distance = hashOf([
		...first.words,
		...second.words,
		...words
	]);
	return {
		first: opened.first.multiplyUnsafe(distance).add(first.point),
		second: opened.second.multiplyUnsafe(distance).add(second.point)
	};
}

// src/proofs/verify-proof.ts
/**
* Whether the proof holds for its public inputs under the key that it names. Which key the statement needs, and what its public
* inputs must be, is the caller's to know: a true proof of something else is true too.
*/
function verifyProof(proof, surroundings = {}) {
	const key = surroundings.verificationKey ?? keyWithin(proof);
	if (key === void 0) return refuse("verification_key_missing", `the bytes of the key ${proof.vkHash} are needed`);
	const keyHash = keccak256(key);
	if (keyHash !== proof.vkHash) return refuse("verification_key_mismatch", `the key has the hash ${keyHash}, not ${proof.vkHash}`);
	const publicInputs = proof.publicInputs.map(scalarOf);
	if (!publicInputs.every((input) => input !== void 0)) return refuse("public_inputs_malformed", "a public input is not below the field’s modulus");
	switch (proof.system) {
		case "groth16": {
			const read = readGroth16Key(key);
			if (!read.ok) return read;
			if (proof.setup !== "dev-insecure" && isDevelopmentKey(read.value)) return refuse("verification_key_forgeable", `the key is dev-insecure, and the proof says that it is of ${proof.setup}`);
			return verifyGroth16(read.value, publicInputs, fromHex(proof.proof));
		}
		case "ultrahonk": {
			const read = readUltraHonkKey(key);
			if (!read.ok) return read;
			const setupPoint = setupPointOf(proof.setup);
			return verifyUltraHonk({
				key: read.value,
				publicInputs,
				setupPoint
			}, fromHex(proof.proof));
		}
		case "ezkl": return refuse("system_not_verifiable_here", "an ezkl proof is judged by the contract that ezkl writes, or by its engine: neither is here");
	}
}
const keyWithin = ({ verificationKey }) => verificationKey === void 0 ? void 0 : fromHex(verificationKey);

export { verifyProof };