import { C as zeroAddress, E as ok, S as unixSecondsOf, T as err, _ as isAddress, b as signature, c as keccak256, d as fromHex, f as hexOf, g as bytes32, h as atomic, i as scalarModulus, l as keccak256Hex, m as address, n as readProof, o as scalarWord, p as toHex, t as devInsecure, u as keccak256Utf8, v as isBytes32, w as zeroBytes32, x as unixSeconds, y as isHex } from "./proof.node.js";
import { t as assert } from "./assert.node.js";
import { createRequire } from "node:module";
import { hash } from "node:crypto";

// src/client/verification-error.ts
/**
* An answer that was not verified. It comes where the reader would have seen the answer's end, not from the call of fetch:
* clients ask again, and pay again, when fetch itself rejects.
*/
var VerificationError = class extends Error {
	name = "VerificationError";
	/** Every line that was looked at, and the receipt as far as there is one. */
	report;
	constructor(report) {
		const against = report.against.map(({ check, detail }) => `${check}: ${detail}`);
		super(`the answer is not verified: ${against.join("; ")}`);
		this.report = report;
	}
};

// src/chain/chain-failure.ts
/** The node answered, but not with what the method answers. */
const badAnswer = (call) => ({
	reason: "chain_bad_answer",
	...call
});
/** One line for a person, saying what to do where that is known. */
function describeChainFailure(failure) {
	switch (failure.reason) {
		case "chain_unreachable": return `cannot reach the chain at ${failure.origin} (${failure.detail}): check the RPC URL and that the node runs`;
		case "chain_timeout": return `the chain at ${failure.origin} did not answer ${failure.method} within ${failure.timeoutMs} ms`;
		case "chain_bad_answer": return `${failure.origin} does not answer ${failure.method} as a JSON-RPC node does (${failure.detail}): check the RPC URL`;
		case "chain_error": return `the chain refused ${failure.method}: ${failure.message} (code ${failure.code})`;
		case "chain_id_mismatch": return `the chain at ${failure.origin} has id ${failure.actual}, but ${failure.expected} is configured: one of the two is wrong`;
		case "contract_missing": return failure.address === zeroAddress ? `no ${failure.name} was appointed or named: there is no contract at ${failure.address}` : `there is no contract at ${failure.address} where ${failure.name} should be: check the address and the chain`;
		case "reverted": return `${failure.call} reverted: ${failure.error}`;
		case "transaction_unconfirmed": return `transaction ${failure.transactionHash ?? "(not yet signed)"} is not in a block after ${failure.waitedMs} ms`;
	}
}

// src/chain/load-interface.ts
/**
* ethers loads in 100 to 150 ms and is needed only to talk to contracts, so whoever starts without a chain does not pay
* for it.
*/
const loadInterface = async () => (await import("ethers")).Interface;

// src/chain/contracts.ts
const interfaces = /* @__PURE__ */ new WeakMap();
/** An ABI is parsed once. */
async function interfaceOf(abi) {
	assert(typeof abi === "object", "an ABI is one of chain/generated");
	const known = interfaces.get(abi);
	if (known !== void 0) return known;
	const parsed = new (await (loadInterface()))(abi);
	interfaces.set(abi, parsed);
	return parsed;
}
async function encodeCall(call) {
	return (await interfaceOf(call.contract.abi)).encodeFunctionData(call.functionName, [...call.args]);
}
/** Constructor arguments as they are appended to a contract's creation code. */
async function encodeConstructor(abi, args) {
	return (await interfaceOf(abi)).encodeDeploy([...args]);
}
/** Calls without a transaction, at the latest block. Answers what the function returns, one element for each value. */
async function readContract(rpc, call) {
	const { contract, functionName } = call;
	const [abi, data] = await Promise.all([interfaceOf(contract.abi), encodeCall(call)]);
	const sender = call.from === void 0 ? {} : { from: call.from };
	const answer = await rpc.call("eth_call", [{
		to: contract.address,
		data,
		...sender
	}, "latest"]);
	if (!answer.ok) return err(await explainRevert(answer.error, call));
	if (answer.value === "0x") return err(missing$1(contract));
	try {
		return ok(abi.decodeFunctionResult(functionName, String(answer.value)).toArray());
	} catch {
		const method = `${contract.name}.${functionName}`;
		return err(badAnswer({
			origin: rpc.origin,
			method,
			detail: "the answer does not decode"
		}));
	}
}
/** Replaces a node's "execution reverted" by the contract's own error. Other failures pass unchanged. */
async function explainRevert(failure, call) {
	if (failure.reason !== "chain_error") return failure;
	if (!(failure.data !== void 0 || failure.message.includes("revert"))) return failure;
	return {
		reason: "reverted",
		call: `${call.contract.name}.${call.functionName}`,
		error: await describeRevert(call.contract.abi, failure)
	};
}
async function describeRevert(abi, failure) {
	const { data } = failure;
	if (data === void 0 || data === "0x") return failure.message;
	const parsed = (await interfaceOf(abi)).parseError(data);
	if (parsed === null) return `unknown error ${data.slice(0, 10)}`;
	const args = parsed.fragment.inputs.map((input, i) => `${input.name} ${String(parsed.args[i])}`);
	return `${parsed.name}(${args.join(", ")})`;
}
/** Says so in one failure when the node serves another chain than the one that is configured. */
async function checkChainId(rpc, expected) {
	const answer = await rpc.call("eth_chainId", []);
	if (!answer.ok) return answer;
	const actual = Number(answer.value);
	if (!Number.isSafeInteger(actual)) return err(badAnswer({
		origin: rpc.origin,
		method: "eth_chainId",
		detail: "no number"
	}));
	if (actual === expected) return ok(void 0);
	return err({
		reason: "chain_id_mismatch",
		origin: rpc.origin,
		expected,
		actual
	});
}
/** Runtime code; `0x` where there is none. */
async function codeAt(rpc, address) {
	const answer = await rpc.call("eth_getCode", [address, "latest"]);
	if (!answer.ok) return answer;
	if (isHex(answer.value)) return ok(answer.value);
	return err(badAnswer({
		origin: rpc.origin,
		method: "eth_getCode",
		detail: "no code"
	}));
}
const missing$1 = ({ name, address }) => ({
	reason: "contract_missing",
	name,
	address
});

// src/chain/generated/channel-settlement.ts
const channelSettlementAbi = [
	{
		"type": "function",
		"name": "CHANNEL_CONFIG_TYPEHASH",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "MAX_WITHDRAW_DELAY",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint40",
			"internalType": "uint40"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "MIN_WITHDRAW_DELAY",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint40",
			"internalType": "uint40"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "channels",
		"inputs": [{
			"name": "channelId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [{
			"name": "balance",
			"type": "uint128",
			"internalType": "uint128"
		}, {
			"name": "totalClaimed",
			"type": "uint128",
			"internalType": "uint128"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "claim",
		"inputs": [{
			"name": "voucherClaims",
			"type": "tuple[]",
			"internalType": "struct VoucherClaim[]",
			"components": [
				{
					"name": "voucher",
					"type": "tuple",
					"internalType": "struct Voucher",
					"components": [{
						"name": "channel",
						"type": "tuple",
						"internalType": "struct ChannelConfig",
						"components": [
							{
								"name": "payer",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "payerAuthorizer",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "receiver",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "receiverAuthorizer",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "token",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "withdrawDelay",
								"type": "uint40",
								"internalType": "uint40"
							},
							{
								"name": "salt",
								"type": "bytes32",
								"internalType": "bytes32"
							}
						]
					}, {
						"name": "maxClaimableAmount",
						"type": "uint128",
						"internalType": "uint128"
					}]
				},
				{
					"name": "signature",
					"type": "bytes",
					"internalType": "bytes"
				},
				{
					"name": "totalClaimed",
					"type": "uint128",
					"internalType": "uint128"
				}
			]
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "claimBestEffort",
		"inputs": [{
			"name": "voucherClaims",
			"type": "tuple[]",
			"internalType": "struct VoucherClaim[]",
			"components": [
				{
					"name": "voucher",
					"type": "tuple",
					"internalType": "struct Voucher",
					"components": [{
						"name": "channel",
						"type": "tuple",
						"internalType": "struct ChannelConfig",
						"components": [
							{
								"name": "payer",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "payerAuthorizer",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "receiver",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "receiverAuthorizer",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "token",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "withdrawDelay",
								"type": "uint40",
								"internalType": "uint40"
							},
							{
								"name": "salt",
								"type": "bytes32",
								"internalType": "bytes32"
							}
						]
					}, {
						"name": "maxClaimableAmount",
						"type": "uint128",
						"internalType": "uint128"
					}]
				},
				{
					"name": "signature",
					"type": "bytes",
					"internalType": "bytes"
				},
				{
					"name": "totalClaimed",
					"type": "uint128",
					"internalType": "uint128"
				}
			]
		}, {
			"name": "authorizerSignature",
			"type": "bytes",
			"internalType": "bytes"
		}],
		"outputs": [{
			"name": "statuses",
			"type": "uint8[]",
			"internalType": "uint8[]"
		}],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "claimWithSignature",
		"inputs": [{
			"name": "voucherClaims",
			"type": "tuple[]",
			"internalType": "struct VoucherClaim[]",
			"components": [
				{
					"name": "voucher",
					"type": "tuple",
					"internalType": "struct Voucher",
					"components": [{
						"name": "channel",
						"type": "tuple",
						"internalType": "struct ChannelConfig",
						"components": [
							{
								"name": "payer",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "payerAuthorizer",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "receiver",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "receiverAuthorizer",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "token",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "withdrawDelay",
								"type": "uint40",
								"internalType": "uint40"
							},
							{
								"name": "salt",
								"type": "bytes32",
								"internalType": "bytes32"
							}
						]
					}, {
						"name": "maxClaimableAmount",
						"type": "uint128",
						"internalType": "uint128"
					}]
				},
				{
					"name": "signature",
					"type": "bytes",
					"internalType": "bytes"
				},
				{
					"name": "totalClaimed",
					"type": "uint128",
					"internalType": "uint128"
				}
			]
		}, {
			"name": "authorizerSignature",
			"type": "bytes",
			"internalType": "bytes"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "deposit",
		"inputs": [
			{
				"name": "config",
				"type": "tuple",
				"internalType": "struct ChannelConfig",
				"components": [
					{
						"name": "payer",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "payerAuthorizer",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "receiver",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "receiverAuthorizer",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "token",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "withdrawDelay",
						"type": "uint40",
						"internalType": "uint40"
					},
					{
						"name": "salt",
						"type": "bytes32",
						"internalType": "bytes32"
					}
				]
			},
			{
				"name": "amount",
				"type": "uint128",
				"internalType": "uint128"
			},
			{
				"name": "collector",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "collectorData",
				"type": "bytes",
				"internalType": "bytes"
			}
		],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "finalizeWithdraw",
		"inputs": [{
			"name": "config",
			"type": "tuple",
			"internalType": "struct ChannelConfig",
			"components": [
				{
					"name": "payer",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "payerAuthorizer",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "receiver",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "receiverAuthorizer",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "token",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "withdrawDelay",
					"type": "uint40",
					"internalType": "uint40"
				},
				{
					"name": "salt",
					"type": "bytes32",
					"internalType": "bytes32"
				}
			]
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "getChannelId",
		"inputs": [{
			"name": "config",
			"type": "tuple",
			"internalType": "struct ChannelConfig",
			"components": [
				{
					"name": "payer",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "payerAuthorizer",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "receiver",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "receiverAuthorizer",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "token",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "withdrawDelay",
					"type": "uint40",
					"internalType": "uint40"
				},
				{
					"name": "salt",
					"type": "bytes32",
					"internalType": "bytes32"
				}
			]
		}],
		"outputs": [{
			"name": "",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "getClaimBatchDigest",
		"inputs": [{
			"name": "voucherClaims",
			"type": "tuple[]",
			"internalType": "struct VoucherClaim[]",
			"components": [
				{
					"name": "voucher",
					"type": "tuple",
					"internalType": "struct Voucher",
					"components": [{
						"name": "channel",
						"type": "tuple",
						"internalType": "struct ChannelConfig",
						"components": [
							{
								"name": "payer",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "payerAuthorizer",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "receiver",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "receiverAuthorizer",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "token",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "withdrawDelay",
								"type": "uint40",
								"internalType": "uint40"
							},
							{
								"name": "salt",
								"type": "bytes32",
								"internalType": "bytes32"
							}
						]
					}, {
						"name": "maxClaimableAmount",
						"type": "uint128",
						"internalType": "uint128"
					}]
				},
				{
					"name": "signature",
					"type": "bytes",
					"internalType": "bytes"
				},
				{
					"name": "totalClaimed",
					"type": "uint128",
					"internalType": "uint128"
				}
			]
		}],
		"outputs": [{
			"name": "",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "getRefundDigest",
		"inputs": [
			{
				"name": "channelId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "nonce",
				"type": "uint256",
				"internalType": "uint256"
			},
			{
				"name": "amount",
				"type": "uint128",
				"internalType": "uint128"
			}
		],
		"outputs": [{
			"name": "",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "getVoucherDigest",
		"inputs": [{
			"name": "channelId",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "maxClaimableAmount",
			"type": "uint128",
			"internalType": "uint128"
		}],
		"outputs": [{
			"name": "",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "initiateWithdraw",
		"inputs": [{
			"name": "config",
			"type": "tuple",
			"internalType": "struct ChannelConfig",
			"components": [
				{
					"name": "payer",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "payerAuthorizer",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "receiver",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "receiverAuthorizer",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "token",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "withdrawDelay",
					"type": "uint40",
					"internalType": "uint40"
				},
				{
					"name": "salt",
					"type": "bytes32",
					"internalType": "bytes32"
				}
			]
		}, {
			"name": "amount",
			"type": "uint128",
			"internalType": "uint128"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "multicall",
		"inputs": [{
			"name": "data",
			"type": "bytes[]",
			"internalType": "bytes[]"
		}],
		"outputs": [{
			"name": "results",
			"type": "bytes[]",
			"internalType": "bytes[]"
		}],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "pendingWithdrawals",
		"inputs": [{
			"name": "channelId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [{
			"name": "amount",
			"type": "uint128",
			"internalType": "uint128"
		}, {
			"name": "initiatedAt",
			"type": "uint40",
			"internalType": "uint40"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "receivers",
		"inputs": [{
			"name": "receiver",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "token",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [{
			"name": "totalClaimed",
			"type": "uint128",
			"internalType": "uint128"
		}, {
			"name": "totalSettled",
			"type": "uint128",
			"internalType": "uint128"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "refund",
		"inputs": [{
			"name": "config",
			"type": "tuple",
			"internalType": "struct ChannelConfig",
			"components": [
				{
					"name": "payer",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "payerAuthorizer",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "receiver",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "receiverAuthorizer",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "token",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "withdrawDelay",
					"type": "uint40",
					"internalType": "uint40"
				},
				{
					"name": "salt",
					"type": "bytes32",
					"internalType": "bytes32"
				}
			]
		}, {
			"name": "amount",
			"type": "uint128",
			"internalType": "uint128"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "refundNonce",
		"inputs": [{
			"name": "channelId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [{
			"name": "",
			"type": "uint256",
			"internalType": "uint256"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "refundWithSignature",
		"inputs": [
			{
				"name": "config",
				"type": "tuple",
				"internalType": "struct ChannelConfig",
				"components": [
					{
						"name": "payer",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "payerAuthorizer",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "receiver",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "receiverAuthorizer",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "token",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "withdrawDelay",
						"type": "uint40",
						"internalType": "uint40"
					},
					{
						"name": "salt",
						"type": "bytes32",
						"internalType": "bytes32"
					}
				]
			},
			{
				"name": "amount",
				"type": "uint128",
				"internalType": "uint128"
			},
			{
				"name": "nonce",
				"type": "uint256",
				"internalType": "uint256"
			},
			{
				"name": "receiverAuthorizerSignature",
				"type": "bytes",
				"internalType": "bytes"
			}
		],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "settle",
		"inputs": [{
			"name": "receiver",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "token",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "event",
		"name": "ChannelClosed",
		"inputs": [{
			"name": "channelId",
			"type": "bytes32",
			"indexed": true,
			"internalType": "bytes32"
		}, {
			"name": "config",
			"type": "tuple",
			"indexed": false,
			"internalType": "struct ChannelConfig",
			"components": [
				{
					"name": "payer",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "payerAuthorizer",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "receiver",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "receiverAuthorizer",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "token",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "withdrawDelay",
					"type": "uint40",
					"internalType": "uint40"
				},
				{
					"name": "salt",
					"type": "bytes32",
					"internalType": "bytes32"
				}
			]
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "ChannelCreated",
		"inputs": [{
			"name": "channelId",
			"type": "bytes32",
			"indexed": true,
			"internalType": "bytes32"
		}, {
			"name": "config",
			"type": "tuple",
			"indexed": false,
			"internalType": "struct ChannelConfig",
			"components": [
				{
					"name": "payer",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "payerAuthorizer",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "receiver",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "receiverAuthorizer",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "token",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "withdrawDelay",
					"type": "uint40",
					"internalType": "uint40"
				},
				{
					"name": "salt",
					"type": "bytes32",
					"internalType": "bytes32"
				}
			]
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "Claimed",
		"inputs": [
			{
				"name": "channelId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "receiver",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "amount",
				"type": "uint128",
				"indexed": false,
				"internalType": "uint128"
			},
			{
				"name": "totalClaimed",
				"type": "uint128",
				"indexed": false,
				"internalType": "uint128"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "Deposited",
		"inputs": [
			{
				"name": "channelId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "payer",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "collector",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "amount",
				"type": "uint128",
				"indexed": false,
				"internalType": "uint128"
			},
			{
				"name": "balance",
				"type": "uint128",
				"indexed": false,
				"internalType": "uint128"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "Refunded",
		"inputs": [
			{
				"name": "channelId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "sender",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "amount",
				"type": "uint128",
				"indexed": false,
				"internalType": "uint128"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "Settled",
		"inputs": [
			{
				"name": "receiver",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "token",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "sender",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "amount",
				"type": "uint128",
				"indexed": false,
				"internalType": "uint128"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "WithdrawFinalized",
		"inputs": [
			{
				"name": "channelId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "sender",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "amount",
				"type": "uint128",
				"indexed": false,
				"internalType": "uint128"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "WithdrawInitiated",
		"inputs": [
			{
				"name": "channelId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "sender",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "amount",
				"type": "uint128",
				"indexed": false,
				"internalType": "uint128"
			},
			{
				"name": "finalizableAt",
				"type": "uint40",
				"indexed": false,
				"internalType": "uint40"
			}
		],
		"anonymous": false
	},
	{
		"type": "error",
		"name": "AmountIsZero",
		"inputs": []
	},
	{
		"type": "error",
		"name": "AuthorizerMismatch",
		"inputs": [{
			"name": "expected",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "actual",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "AuthorizerSignatureInvalid",
		"inputs": [{
			"name": "receiverAuthorizer",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "ClaimExceedsBalance",
		"inputs": [
			{
				"name": "channelId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "totalClaimed",
				"type": "uint128",
				"internalType": "uint128"
			},
			{
				"name": "balance",
				"type": "uint128",
				"internalType": "uint128"
			}
		]
	},
	{
		"type": "error",
		"name": "ClaimExceedsVoucher",
		"inputs": [
			{
				"name": "channelId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "totalClaimed",
				"type": "uint128",
				"internalType": "uint128"
			},
			{
				"name": "maxClaimableAmount",
				"type": "uint128",
				"internalType": "uint128"
			}
		]
	},
	{
		"type": "error",
		"name": "DepositMismatch",
		"inputs": [{
			"name": "expected",
			"type": "uint256",
			"internalType": "uint256"
		}, {
			"name": "received",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "NoClaims",
		"inputs": []
	},
	{
		"type": "error",
		"name": "NoPendingWithdraw",
		"inputs": [{
			"name": "channelId",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "PayerIsZero",
		"inputs": []
	},
	{
		"type": "error",
		"name": "ReceiverAuthorizerIsZero",
		"inputs": []
	},
	{
		"type": "error",
		"name": "ReceiverIsZero",
		"inputs": []
	},
	{
		"type": "error",
		"name": "Reentrancy",
		"inputs": []
	},
	{
		"type": "error",
		"name": "RefundNonceMismatch",
		"inputs": [
			{
				"name": "channelId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "expected",
				"type": "uint256",
				"internalType": "uint256"
			},
			{
				"name": "actual",
				"type": "uint256",
				"internalType": "uint256"
			}
		]
	},
	{
		"type": "error",
		"name": "SenderNotPayerSide",
		"inputs": [
			{
				"name": "sender",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "payer",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "payerAuthorizer",
				"type": "address",
				"internalType": "address"
			}
		]
	},
	{
		"type": "error",
		"name": "SenderNotReceiverSide",
		"inputs": [
			{
				"name": "sender",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "receiver",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "receiverAuthorizer",
				"type": "address",
				"internalType": "address"
			}
		]
	},
	{
		"type": "error",
		"name": "TokenIsZero",
		"inputs": []
	},
	{
		"type": "error",
		"name": "VoucherSignatureInvalid",
		"inputs": [
			{
				"name": "channelId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "signer",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "digest",
				"type": "bytes32",
				"internalType": "bytes32"
			}
		]
	},
	{
		"type": "error",
		"name": "WithdrawAlreadyPending",
		"inputs": [
			{
				"name": "channelId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "amount",
				"type": "uint128",
				"internalType": "uint128"
			},
			{
				"name": "initiatedAt",
				"type": "uint40",
				"internalType": "uint40"
			}
		]
	},
	{
		"type": "error",
		"name": "WithdrawDelayNotOver",
		"inputs": [
			{
				"name": "channelId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "finalizableAt",
				"type": "uint256",
				"internalType": "uint256"
			},
			{
				"name": "nowS",
				"type": "uint256",
				"internalType": "uint256"
			}
		]
	},
	{
		"type": "error",
		"name": "WithdrawDelayOutOfRange",
		"inputs": [
			{
				"name": "withdrawDelay",
				"type": "uint40",
				"internalType": "uint40"
			},
			{
				"name": "minimum",
				"type": "uint40",
				"internalType": "uint40"
			},
			{
				"name": "maximum",
				"type": "uint40",
				"internalType": "uint40"
			}
		]
	},
	{
		"type": "error",
		"name": "WithdrawExceedsAvailable",
		"inputs": [
			{
				"name": "channelId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "amount",
				"type": "uint128",
				"internalType": "uint128"
			},
			{
				"name": "available",
				"type": "uint128",
				"internalType": "uint128"
			}
		]
	}
];

// src/chain/channel-settlement.ts
/** Where x402's batch-settlement contract stands on every chain that has it. */
const canonicalSettlementAddress = "0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003";
const channelSettlementAt = (address) => ({
	name: "ChannelSettlement",
	address,
	abi: channelSettlementAbi
});

// src/client/check-line.ts
/**
* What is looked at, in the order of docs/receipts.md. Names are part of `vouch verify --json` and
* never change.
*/
const checkNames = [
	"receipt",
	"shape",
	"domain",
	"gateway-signature",
	"contributor-signature",
	"gateway-key",
	"contributor-key",
	"tiers",
	"evidence",
	"evidence-hash",
	"token-commitment",
	"audit",
	"tee-key",
	"proof",
	"proof-statement",
	"proof-key",
	"proof-setup",
	"countersignature",
	"checkpoint",
	"checkpoint-key",
	"checkpoint-stream",
	"times",
	"usage",
	"sequence",
	"price-sheet",
	"cost",
	"content",
	"request",
	"response",
	"answer-in-response",
	"stream",
	"rewriting",
	"policy-verifier",
	"policy-gateway",
	"policy-model",
	"policy-tiers",
	"policy-age",
	"policy-channel",
	"policy-price",
	"policy-anchoring",
	"ending",
	"continuity",
	"keyset",
	"inclusion",
	"inclusion-anchored",
	"chain",
	"verifier-contract",
	"verify-call",
	"verify-content-call",
	"gateway-registration",
	"contributor-registration",
	"price-sheet-published",
	"receipt-status",
	"channel"
];
const holds = (check, detail) => ({
	check,
	verdict: "holds",
	detail
});
const fails = (check, detail) => ({
	check,
	verdict: "fails",
	detail
});
const unknown = (check, detail) => ({
	check,
	verdict: "unknown",
	detail
});
/**
* Lines from offline and from a chain as one list with one line for each check, in their order. Of
* two answers a failure counts before anything else, and whatever was found out before `unknown`.
*/
function joinLines(offline, onChain) {
	const joined = /* @__PURE__ */ new Map();
	for (const line of [...offline, ...onChain]) {
		const before = joined.get(line.check);
		if (before === void 0 || weight[line.verdict] >= weight[before.verdict]) joined.set(line.check, line);
	}
	return checkNames.flatMap((check) => joined.get(check) ?? []);
}
const weight = {
	unknown: 0,
	holds: 1,
	fails: 2
};

// src/client/object-reader.ts
/** A reader of one value; `convert` answers undefined for what is not `expected`. */
const valueReader = (expected, convert) => (value, { path, faults }) => {
	const converted = convert(value);
	if (converted === void 0) faults.push({
		path,
		expected,
		found: describe(value)
	});
	return converted;
};
const objectReader = (readers, unknownMembers) => (value, { path, faults }) => {
	if (!isObject$1(value)) {
		faults.push({
			path,
			expected: "an object",
			found: describe(value)
		});
		return;
	}
	const faultsBefore = faults.length;
	const result = {};
	for (const name of Object.keys(readers)) {
		const member = Object.hasOwn(value, name) ? value[name] : void 0;
		const read = readers[name](member, {
			path: join$1(path, name),
			faults
		});
		if (read !== void 0) result[name] = read;
	}
	if (unknownMembers === "refused") refuseOthers(Object.keys(readers), value, {
		path,
		faults
	});
	return faults.length === faultsBefore ? result : void 0;
};
function refuseOthers(known, value, place) {
	for (const name of Object.keys(value)) {
		if (known.includes(name)) continue;
		place.faults.push({
			path: join$1(place.path, name),
			expected: "no such field",
			found: "one"
		});
	}
}
const isObject$1 = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const join$1 = (path, name) => path === "" ? name : `${path}.${name}`;
const foundLengthMax = 40;
function describe(value) {
	if (value === void 0) return "nothing";
	const text = JSON.stringify(value);
	return text.length <= foundLengthMax ? text : `${text.slice(0, foundLengthMax)}…`;
}

// src/client/find-repeated-key.ts
/**
* Strings, a key with its colon, and the signs of nesting; the rest of a valid text is skipped. No
* alternative fails after a long run, so the time is linear in the text.
*/
const markPattern = /"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}[\]]/g;
/**
* The path of the first key that one object has twice, as `receipt.work.status`; undefined when
* there is none. Parsers disagree on which of the two counts, so a signature over one would vouch
* for the other.
*
* `json` is text that JSON.parse accepts: nothing here makes up for a parser.
*/
function findRepeatedKey(json) {
	let level = {
		keys: /* @__PURE__ */ new Set(),
		path: ""
	};
	let path = "";
	const outer = [];
	for (const [mark] of json.matchAll(markPattern)) if (mark.endsWith(":")) {
		const key = JSON.parse(mark.slice(0, -1));
		path = level.path === "" ? key : `${level.path}.${key}`;
		if (level.keys.has(key)) return path;
		level.keys.add(key);
	} else if ("{[".includes(mark)) {
		outer.push(level);
		level = {
			keys: /* @__PURE__ */ new Set(),
			path
		};
	} else if ("}]".includes(mark)) {
		path = level.path;
		level = outer.pop() ?? level;
	}
}

// src/client/value-readers.ts
const amountMax$1 = 2n ** 128n - 1n;
const bytes32Reader = valueReader("32 bytes as 0x and 64 hex digits", (value) => isBytes32(value) ? bytes32(value) : void 0);
const addressReader = valueReader("an address as 0x and 40 hex digits", (value) => isAddress(value) ? address(value) : void 0);
const signatureReader = valueReader("a signature as 0x and hex digits", (value) => isHex(value) ? signature(value) : void 0);
const amountReader = valueReader("a decimal string from 0 to 2^128-1", (value) => {
	if (typeof value !== "string" || !/^(0|[1-9][0-9]{0,38})$/.test(value)) return void 0;
	const amount = BigInt(value);
	return amount <= amountMax$1 ? atomic(amount) : void 0;
});
const wholeNumberReader = (max, range) => valueReader(`a whole number from 0 to ${range}`, (value) => typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= max ? value : void 0);
const uint16Reader = wholeNumberReader(2 ** 16 - 1, "2^16-1");
const uint32Reader = wholeNumberReader(2 ** 32 - 1, "2^32-1");
/** Larger 64-bit numbers do not survive JSON. */
const uint64Reader = wholeNumberReader(Number.MAX_SAFE_INTEGER, "2^53-1");
const secondsReader = valueReader("unix seconds, a whole number from 0 to 2^53-1", (value) => typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? unixSeconds(value) : void 0);
/** What was measured: any number that is not negative. */
const measureReader = valueReader("a number from 0", (value) => typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : void 0);
const textReader = valueReader("a string", (value) => typeof value === "string" ? value : void 0);
const truthReader = valueReader("true or false", (value) => typeof value === "boolean" ? value : void 0);
/** Undefined where there is no such member. */
const ifThere = (reader) => (value, place) => value === void 0 ? void 0 : reader(value, place);
/** Null, or what `reader` reads. */
const orNull = (reader) => (value, place) => value === null ? null : reader(value, place);
const listReader = (reader) => (value, { path, faults }) => {
	if (!Array.isArray(value)) {
		faults.push({
			path,
			expected: "a list",
			found: typeof value
		});
		return;
	}
	const faultsBefore = faults.length;
	const items = value.flatMap((item, index) => {
		const read = reader(item, {
			path: `${path}[${index}]`,
			faults
		});
		return read === void 0 ? [] : [read];
	});
	return faults.length === faultsBefore ? items : void 0;
};

// src/client/parse-receipt-document.ts
/** A receipt has 3 KB; what is many times larger is something else. */
const receiptDocumentBytesMax = 65536;
const statusReader = valueReader("0, 1, 2 or 3", (value) => value === 0 || value === 1 || value === 2 || value === 3 ? value : void 0);
const sourceReader = valueReader("\"reported\", \"counted\" or \"corrected\"", (value) => value === "reported" || value === "counted" || value === "corrected" ? value : void 0);
const workReader = objectReader({
	jobId: bytes32Reader,
	gateway: addressReader,
	contributor: addressReader,
	modelId: bytes32Reader,
	inputHash: bytes32Reader,
	outputHash: bytes32Reader,
	contentHash: bytes32Reader,
	streamRoot: bytes32Reader,
	promptTokens: uint32Reader,
	cachedPromptTokens: uint32Reader,
	completionTokens: uint32Reader,
	commitment: bytes32Reader,
	startedAt: secondsReader,
	finishedAt: secondsReader,
	status: statusReader
}, "refused");
const receiptReader = objectReader({
	work: workReader,
	receiptId: bytes32Reader,
	gatewaySeq: uint64Reader,
	client: addressReader,
	requestHash: bytes32Reader,
	responseHash: bytes32Reader,
	channelId: bytes32Reader,
	channelSeq: uint64Reader,
	cost: amountReader,
	cumulative: amountReader,
	priceHash: bytes32Reader,
	prevReceipt: bytes32Reader,
	tiers: uint16Reader,
	evidenceHash: bytes32Reader,
	anchorBy: secondsReader
}, "refused");
const priceSheetReader = objectReader({
	operator: addressReader,
	modelId: bytes32Reader,
	asset: addressReader,
	promptAtomicPerMtok: amountReader,
	cachedPromptAtomicPerMtok: amountReader,
	completionAtomicPerMtok: amountReader,
	validFrom: secondsReader,
	validUntil: secondsReader
}, "refused");
const checkpointReader = objectReader({
	jobId: bytes32Reader,
	gateway: addressReader,
	contributor: addressReader,
	index: uint32Reader,
	streamHash: bytes32Reader,
	completionTokens: uint32Reader,
	signedAt: secondsReader
}, "refused");
const checkpointsReader = ifThere(listReader(objectReader({
	checkpoint: checkpointReader,
	signature: signatureReader
}, "ignored")));
const evidenceReader = (value, place) => {
	const known = objectReader({ checkpoints: checkpointsReader }, "ignored")(value, place);
	if (known === void 0) return void 0;
	const { checkpoints: _, ...others } = value;
	return {
		checkpoints: known.checkpoints ?? [],
		others
	};
};
const domainReader = objectReader({
	name: textReader,
	version: textReader,
	chainId: uint64Reader,
	verifyingContract: addressReader
}, "refused");
const channelConfigReader = objectReader({
	payer: addressReader,
	payerAuthorizer: addressReader,
	receiver: addressReader,
	receiverAuthorizer: addressReader,
	token: addressReader,
	withdrawDelay: uint32Reader,
	salt: bytes32Reader
}, "refused");
const countersignatureReader = objectReader({
	signer: addressReader,
	signature: signatureReader,
	receivedAt: secondsReader,
	channel: ifThere(objectReader({
		chainId: uint64Reader,
		config: channelConfigReader
	}, "ignored"))
}, "ignored");
/**
* The envelope may grow: later versions add fields beside the receipt, never inside what is signed.
*/
const documentReader$1 = objectReader({
	object: valueReader("\"vouch.receipt\"", (value) => value === "vouch.receipt" ? "vouch.receipt" : void 0),
	receipt: receiptReader,
	contributorSignature: signatureReader,
	gatewaySignature: signatureReader,
	domain: domainReader,
	priceSheet: priceSheetReader,
	evidence: ifThere(evidenceReader),
	usage: objectReader({ source: sourceReader }, "ignored"),
	countersignature: ifThere(countersignatureReader)
}, "ignored");
/** The whole document, or every fault in it. `bytes` is what `GET /v1/receipts/{id}` answered. */
function parseReceiptDocument(bytes) {
	const fault = (expected, found, path = "") => err([{
		path,
		expected,
		found
	}]);
	if (bytes.length > 65536) return fault(`at most ${receiptDocumentBytesMax} bytes`, `${bytes.length} bytes`);
	const text = decodeUtf8(bytes);
	if (text === void 0) return fault("UTF-8", "other bytes");
	let value;
	try {
		value = JSON.parse(text);
	} catch {
		return fault("JSON", "something else");
	}
	const repeated = findRepeatedKey(text);
	if (repeated !== void 0) return fault("the field once", "it twice", repeated);
	return readReceiptDocument(value);
}
/** The same from JSON that was parsed, and looked through for repeated keys, by the caller. */
function readReceiptDocument(value) {
	const faults = [];
	const document = documentReader$1(value, {
		path: "",
		faults
	});
	return document === void 0 ? err(faults) : ok(document);
}
function decodeUtf8(bytes) {
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch {
		return;
	}
}

// src/client/trust-anchors.ts
const noTrustAnchors = {
	receiptVerifier: void 0,
	gatewayKeys: [],
	contributorKeys: [],
	channelSettlement: canonicalSettlementAddress
};
/** Operator → its signing keys, as JSON has it. */
const keysReader = valueReader("an object of operator addresses, each with an array of key addresses", (value) => {
	if (typeof value !== "object" || value === null || Array.isArray(value)) return void 0;
	const known = [];
	for (const [operator, keys] of Object.entries(value)) {
		if (!isAddress(operator) || !Array.isArray(keys) || !keys.every(isAddress)) return void 0;
		for (const key of keys) known.push({
			operator: address(operator),
			key: address(key)
		});
	}
	return known;
});
const chainIdReader = valueReader("a chain id", (value) => typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : void 0);
const trustFileReader$1 = objectReader({
	chainId: chainIdReader,
	receiptVerifier: addressReader,
	gateways: keysReader,
	contributors: keysReader
}, "refused");
/**
* Reads a trust file (docs/receipts.md). Every field is required: a half-filled file would trust by
* omission.
*/
function parseTrustFile(text) {
	let value;
	try {
		value = JSON.parse(text);
	} catch {
		return err([{
			path: "",
			expected: "JSON",
			found: "something else"
		}]);
	}
	const repeated = findRepeatedKey(text);
	if (repeated !== void 0) return err([{
		path: repeated,
		expected: "the field once",
		found: "it twice"
	}]);
	const faults = [];
	const file = trustFileReader$1(value, {
		path: "",
		faults
	});
	if (file === void 0) return err(faults);
	const { chainId, receiptVerifier: verifyingContract } = file;
	return ok({
		...noTrustAnchors,
		receiptVerifier: {
			chainId,
			verifyingContract
		},
		gatewayKeys: file.gateways,
		contributorKeys: file.contributors
	});
}

// src/client/verification-policy.ts
/**
* What cannot be found out about most honest answers, and binds nothing that the client sees: what the gateway rewrote on its
* way to the contributor, and with it the contributor's own chain over bytes that the client does not have; evidence of
* tiers that were not asked for; what is on record about the money.
*/
const defaultTolerated = [
	"evidence",
	"checkpoint-stream",
	"stream",
	"rewriting",
	"price-sheet-published",
	"channel"
];
const oneOf = (...values) => valueReader(values.map((value) => `"${value}"`).join(" or "), (value) => values.find((one) => one === value));
const urlReader = valueReader("the http(s) URL of a node", (value) => {
	const protocol = typeof value === "string" ? URL.parse(value)?.protocol : void 0;
	return protocol === "http:" || protocol === "https:" ? String(value) : void 0;
});
const pricesReader = (value, place) => Array.isArray(value) ? listReader(priceSheetReader)(value, place) : oneOf("as-told", "any")(value, place);
const trustFileReader = valueReader("the text of a trust file", (value) => {
	const anchors = typeof value === "string" ? parseTrustFile(value) : void 0;
	return anchors?.ok === true ? anchors.value : void 0;
});
const keyReader$1 = valueReader("the bytes of a verification key as hex", (value) => isHex(value) ? value : void 0);
const policyReader = objectReader({
	gateway: addressReader,
	rpcUrl: ifThere(urlReader),
	receiptVerifier: ifThere(objectReader({
		chainId: uint64Reader,
		verifyingContract: addressReader
	}, "refused")),
	gatewayKeys: ifThere(listReader(addressReader)),
	contributorKeys: ifThere(listReader(addressReader)),
	trustFile: ifThere(trustFileReader),
	channelSettlement: ifThere(addressReader),
	tiers: ifThere(uint16Reader),
	modelId: ifThere(bytes32Reader),
	modelManifest: ifThere(textReader),
	verificationKey: ifThere(keyReader$1),
	maxAgeS: ifThere(uint64Reader),
	channelId: ifThere(bytes32Reader),
	prices: ifThere(pricesReader),
	continuity: ifThere(oneOf("shared", "exclusive")),
	anchoredWithinS: ifThere(uint64Reader),
	tolerate: ifThere(listReader(oneOf(...checkNames)))
}, "refused");
/** Throws a TypeError that names every fault of the policy. */
function readPolicy(policy) {
	const faults = [];
	const given = policyReader(policy, {
		path: "",
		faults
	});
	if (given === void 0) {
		const words = faults.map(({ path, expected, found }) => `${path || "it"}: expected ${expected}, found ${found}`);
		throw new TypeError(`the verification policy cannot be used: ${words.join("; ")}`);
	}
	const anchors = anchorsOf(given);
	if (given.rpcUrl === void 0 && anchors.gatewayKeys.length === 0) throw new TypeError("the verification policy trusts nothing: give rpcUrl, gatewayKeys or trustFile, because a receipt that only agrees with itself can be made by anyone");
	return {
		gateway: given.gateway,
		rpcUrl: given.rpcUrl,
		anchors,
		tiers: given.tiers ?? 3,
		modelId: given.modelId,
		modelManifest: given.modelManifest,
		verificationKey: given.verificationKey,
		maxAgeS: given.maxAgeS,
		channelId: given.channelId,
		prices: given.prices ?? "as-told",
		continuity: given.continuity ?? "shared",
		anchoredWithinS: given.anchoredWithinS,
		tolerated: new Set(given.tolerate ?? defaultTolerated)
	};
}
function anchorsOf(given) {
	const { gateway, trustFile, receiptVerifier, channelSettlement } = given;
	const keysOf = (keys = [], operator) => keys.map((key) => ({
		operator,
		key
	}));
	return {
		receiptVerifier: receiptVerifier ?? trustFile?.receiptVerifier,
		channelSettlement: channelSettlement ?? trustFile?.channelSettlement ?? "0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003",
		gatewayKeys: [...keysOf(given.gatewayKeys, gateway), ...trustFile?.gatewayKeys ?? []],
		contributorKeys: [...keysOf(given.contributorKeys), ...trustFile?.contributorKeys ?? []]
	};
}

// src/base/limits.ts
/** One JSON-RPC call to a chain. */
const chainCallTimeoutMs = 1e4;

// src/chain/post-json.ts
/**
* What whoever listens at `url` answers to `json`, whatever its status. Throws a DOMException named TimeoutError after
* `timeoutMs`; any other error tells by its `code` what happened to the socket. undici's own call costs a third of a fetch;
* it is loaded when a chain is asked first.
*/
async function postJson(url, json, timeoutMs) {
	const { request } = await import("undici");
	const { body } = await request(url, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: json,
		signal: AbortSignal.timeout(timeoutMs)
	});
	return body.text();
}

// src/chain/json-rpc.ts
function jsonRpc(url, timeoutMs = chainCallTimeoutMs) {
	const { origin } = new URL(url);
	return {
		origin,
		async call(method, params) {
			let body;
			try {
				const call = JSON.stringify({
					jsonrpc: "2.0",
					id: 1,
					method,
					params
				});
				body = await postJson(url, call, timeoutMs);
			} catch (error) {
				return err(transportFailure(error, {
					origin,
					method,
					timeoutMs
				}));
			}
			return readAnswer$1(body, {
				origin,
				method
			});
		}
	};
}
function transportFailure(error, call) {
	if (error instanceof DOMException && error.name === "TimeoutError") return {
		reason: "chain_timeout",
		...call
	};
	const code = error instanceof Error && "code" in error ? error.code : void 0;
	const detail = typeof code === "string" ? code : "connection failed";
	return {
		reason: "chain_unreachable",
		origin: call.origin,
		detail
	};
}
function readAnswer$1(body, call) {
	const bad = (detail) => err(badAnswer({
		...call,
		detail
	}));
	let answer;
	try {
		answer = JSON.parse(body);
	} catch {
		return bad("no JSON");
	}
	if (!isObject(answer)) return bad("no JSON object");
	if (isObject(answer["error"])) return err({
		reason: "chain_error",
		method: call.method,
		...readError(answer["error"])
	});
	return "result" in answer ? ok(answer["result"]) : bad("neither result nor error");
}
function readError(error) {
	const { code, message, data } = error;
	const inner = isObject(data) ? data["data"] : data;
	return {
		code: typeof code === "number" ? code : 0,
		message: typeof message === "string" ? message : "no message",
		data: isHex(inner) ? inner : void 0
	};
}
const isObject = (value) => typeof value === "object" && value !== null;

// src/client/answer-origin.ts
/** As the answer names its receipt, before its first byte. */
function receiptIdOf(response) {
	const receiptId = response.headers.get("x-vouch-receipt");
	return isBytes32(receiptId) ? bytes32(receiptId) : void 0;
}
/** Base URL with `/v1`, of the gateway that a request goes to. */
function apiOf(url) {
	const { origin, pathname } = new URL(url);
	const at = pathname.indexOf("/v1/");
	return at === -1 ? void 0 : `${origin}${pathname.slice(0, at)}/v1`;
}
/** What shows the payer, and nothing else that the request says. */
function keyHeadersOf({ headers }) {
	const shown = new Headers();
	for (const name of ["authorization", "x-api-key"]) {
		const value = headers.get(name);
		if (value !== null) shown.set(name, value);
	}
	return shown;
}

// src/base/bytes.ts
const encoder = new TextEncoder();
/** A byte order mark is part of what was sent, so it stays; what is no UTF-8 becomes U+FFFD, as in Node's own reading. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const utf8Bytes = (text) => encoder.encode(text);
const utf8Text = (bytes) => decoder.decode(bytes);
function joinBytes(pieces) {
	const joined = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
	let at = 0;
	for (const piece of pieces) {
		joined.set(piece, at);
		at += piece.length;
	}
	return joined;
}
const sameBytes = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);

// src/client/ask-gateway.ts
const describeBillingFailure = (failure) => {
	switch (failure.reason) {
		case "gateway_unreachable": return `the gateway cannot be reached (${failure.detail})`;
		case "gateway_refused": return `the gateway refused (${failure.status} ${failure.code}): ${failure.message}`;
		case "gateway_unintelligible": return `${failure.path} was not answered as a Vouch gateway does: ${failure.detail}`;
	}
};
/** A page has a hundred receipts of 3 KB; what is many times larger is no page. */
const answerBytesMax$2 = 4194304;
const answerTimeoutMs$1 = 12e4;
/** `origin`: the gateway's base URL without `/v1`. */
async function askGateway(asked, reader) {
	const { origin, path, init } = asked;
	let status;
	let text;
	try {
		const signal = AbortSignal.timeout(answerTimeoutMs$1);
		const response = await (asked.fetch ?? fetch)(origin + path, {
			...init,
			signal,
			redirect: "error"
		});
		status = response.status;
		text = await readText(response);
	} catch (error) {
		return err({
			reason: "gateway_unreachable",
			detail: wordsOf(error)
		});
	}
	const value = parseJson(text);
	if (value === void 0) return unintelligible(path, "no JSON, or a key twice");
	if (status !== 200) return refused(path, status, value);
	const faults = [];
	const answer = reader(value, {
		path: "",
		faults
	});
	if (answer !== void 0) return ok(answer);
	const [fault] = faults;
	return unintelligible(path, `${fault?.path}: expected ${fault?.expected}, got ${fault?.found}`);
}
const errorReader = objectReader({ error: objectReader({ message: textReader }, "ignored") }, "ignored");
const codeReader = valueReader("an error with a code", (value) => {
	const error = value?.error;
	return typeof error?.code === "string" ? error.code : void 0;
});
function refused(path, status, value) {
	const ignored = {
		path: "",
		faults: []
	};
	const body = errorReader(value, ignored);
	if (body === void 0) return unintelligible(path, `status ${status} without an error`);
	const code = codeReader(value, ignored) ?? "unknown";
	return err({
		reason: "gateway_refused",
		status,
		code,
		message: body.error.message
	});
}
const unintelligible = (path, detail) => err({
	reason: "gateway_unintelligible",
	path,
	detail
});
async function readText(response) {
	const chunks = [];
	let bytes = 0;
	for await (const chunk of response.body ?? []) {
		bytes += chunk.length;
		if (bytes > answerBytesMax$2) throw new Error("the answer is too long");
		chunks.push(chunk);
	}
	return utf8Text(joinBytes(chunks));
}
function parseJson(text) {
	try {
		const value = JSON.parse(text);
		return findRepeatedKey(text) === void 0 ? value : void 0;
	} catch {
		return;
	}
}
/** fetch hides what happened to the socket in `cause`. */
function wordsOf(error) {
	const cause = error instanceof Error ? error.cause : void 0;
	const { code } = Object(cause);
	if (typeof code === "string") return code;
	return error instanceof Error ? error.message : "connection failed";
}

// src/domain/receipt.ts
/** How an answer ended (`Work.status`). */
const workStatus = {
	complete: 0,
	clientDisconnected: 1,
	upstreamFailed: 2,
	truncatedByBudget: 3
};
/** Evidence that a receipt carries, one bit each (`Receipt.tiers`). What each does not prove: docs/receipts.md. */
const tier = {
	gatewaySigned: 1,
	contributorSigned: 2,
	tokenCommitment: 4,
	audited: 8,
	teeBoundKey: 16,
	zkMetered: 32,
	zkInferred: 64,
	clientCountersigned: 128
};

// src/client/describe-status.ts
/** How the answer ended and what of it the receipt covers. */
function describeStatus(status) {
	switch (status) {
		case workStatus.complete: return "complete: the answer reached its end";
		case workStatus.clientDisconnected: return "the client left before the end: the receipt covers what was delivered until then";
		case workStatus.upstreamFailed: return "the contributor failed before the end: nothing may be charged";
		case workStatus.truncatedByBudget: return "cut short where the paid budget ended: the receipt covers what was delivered";
	}
}

// src/client/translated-answer.ts
const asFields$2 = (value) => typeof value === "object" && value !== null ? value : {};
const asList = (value) => Array.isArray(value) ? value.map(asFields$2) : [];
const asText = (value) => typeof value === "string" ? value : "";
/** The calls in the form of `message.tool_calls`. */
const translatedAnswer = (text, calls) => ({
	text,
	toolCalls: Array.from(calls, ({ id, name, arguments: written }) => ({
		id,
		type: "function",
		function: {
			name,
			arguments: written
		}
	})),
	isTranslated: true
});

// src/client/read-message.ts
/**
* `parts` are the one object of a whole answer, or the data of each event. Undefined when they are of another API. A tool's
* input is an object here, so of a whole answer its text is the one that most engines write.
*/
function readMessage(parts) {
	const [first] = parts;
	if (first?.["type"] === "message") return wholeOf$1(first["content"]);
	if (first?.["type"] !== "message_start") return void 0;
	let text = "";
	const calls = /* @__PURE__ */ new Map();
	for (const { type, index, ...event } of parts) {
		const block = asFields$2(event["content_block"]);
		if (type === "content_block_start" && block["type"] === "tool_use") calls.set(index, calledOf$1(block, ""));
		if (type !== "content_block_delta") continue;
		const delta = asFields$2(event["delta"]);
		text += asText(delta["text"]);
		const call = calls.get(index);
		if (call !== void 0) call.arguments += asText(delta["partial_json"]);
	}
	return translatedAnswer(text, calls.values());
}
function wholeOf$1(content) {
	const blocks = asList(content);
	const texts = blocks.map(({ type, text }) => type === "text" ? asText(text) : "");
	const calls = blocks.filter(({ type }) => type === "tool_use").map((block) => calledOf$1(block, JSON.stringify(block["input"])));
	return translatedAnswer(texts.join(""), calls);
}
const calledOf$1 = ({ id, name }, written) => ({
	id,
	name,
	arguments: written
});

// src/client/read-response.ts
/**
* `parts` are the one object of a whole answer, or the data of each event. Undefined when they are of another API. Of a
* stream the deltas are read, which is all there is of one that broke off.
*/
function readResponse(parts) {
	const [first] = parts;
	if (first?.["object"] === "response") return wholeOf(asList(first["output"]));
	if (first?.["type"] !== "response.created") return void 0;
	let text = "";
	const calls = /* @__PURE__ */ new Map();
	for (const event of parts) {
		const { type, delta, output_index: index } = event;
		if (type === "response.output_text.delta") text += asText(delta);
		if (type === "response.output_item.added") addCall(calls, index, asFields$2(event["item"]));
		const call = calls.get(index);
		if (type === "response.function_call_arguments.delta" && call) call.arguments += asText(delta);
	}
	return translatedAnswer(text, calls.values());
}
function addCall(calls, index, item) {
	if (item["type"] === "function_call") calls.set(index, calledOf(item));
}
const calledOf = ({ call_id: id, name, arguments: written }) => ({
	id,
	name,
	arguments: asText(written)
});
function wholeOf(output) {
	const texts = output.flatMap(({ type, content }) => type === "message" ? asList(content) : []).map(({ type, text }) => type === "output_text" ? asText(text) : "");
	const calls = output.filter(({ type }) => type === "function_call").map(calledOf);
	return translatedAnswer(texts.join(""), calls);
}

// src/client/read-answer.ts
const lineFeed$2 = 10;
const dataPrefix = "data: ";
/** Comments of a gateway that was waiting; other APIs name their events, in a line of its own and again in the data. */
const beforeData = /^(?::.*\n)*(?:event: .*\n)?/;
/**
* Server-sent events as the gateway frames them, each with its blank line; a cut event at the end
* counts as one.
*/
function splitEvents(body) {
	const events = [];
	let start = 0;
	while (start < body.length) {
		const end = endOfEvent(body, start);
		events.push(body.subarray(start, end));
		start = end;
	}
	return events;
}
/** Behind the blank line that ends the event which begins at `start`. */
function endOfEvent(body, start) {
	let at = body.indexOf(lineFeed$2, start);
	while (at !== -1 && body[at + 1] !== lineFeed$2) at = body.indexOf(lineFeed$2, at + 1);
	return at === -1 ? body.length : at + 2;
}
/** Whether a body is one JSON object rather than a stream of events. */
const isUnary = (body) => body[0] === "{".charCodeAt(0);
/** Choices by index; undefined when the body is of no API that is read here. */
function readAnswer(body) {
	const parts = (isUnary(body) ? [utf8Text(body)] : eventPayloads(body)).map(parseFields);
	const fields = parts.map(asFields$1);
	const translated = readResponse(fields) ?? readMessage(fields);
	return translated === void 0 ? readCompletion(parts) : [translated];
}
function readCompletion(parts) {
	const growing = [];
	for (const part of parts) {
		const choices = part?.["choices"];
		if (!Array.isArray(choices)) return void 0;
		for (const choice of choices) addPart(growing, asFields$1(choice));
	}
	return Array.from(growing, (choice) => ({
		text: choice?.text ?? "",
		toolCalls: callsInOrder(choice?.toolCalls)
	}));
}
/** By their index, which need not be the order in which their first parts came. */
const callsInOrder = (calls) => [...calls ?? []].sort(([a], [b]) => a - b).map(([, call]) => call);
function eventPayloads(body) {
	return splitEvents(body).map((event) => utf8Text(event).trimEnd().replace(beforeData, "")).filter((event) => event.startsWith(dataPrefix) && event !== "data: [DONE]").map((event) => event.slice(6));
}
function parseFields(text) {
	try {
		return asFields$1(JSON.parse(text));
	} catch {
		return;
	}
}
const asFields$1 = (value) => typeof value === "object" && value !== null ? value : {};
/** Far beyond `n`'s bound; keeps a forged index from growing an array without end. */
const indexMax = 1023;
function addPart(growing, choice) {
	const index = choice["index"];
	const at = typeof index === "number" && index >= 0 && index <= indexMax ? Math.trunc(index) : 0;
	growing[at] ??= {
		text: "",
		toolCalls: /* @__PURE__ */ new Map()
	};
	const said = asFields$1(choice["message"] ?? choice["delta"]);
	const text = said["content"] ?? choice["text"];
	if (typeof text === "string") growing[at].text += text;
	const calls = said["tool_calls"];
	if (!Array.isArray(calls)) return;
	for (const call of calls) addToolCall(growing[at].toolCalls, asFields$1(call));
}
/** A call's first part brings its fields, later ones more of `function.arguments`. */
function addToolCall(calls, part) {
	const { index, ...fields } = part;
	const at = typeof index === "number" ? index : calls.size;
	const known = calls.get(at);
	if (known === void 0) {
		calls.set(at, fields);
		return;
	}
	const before = asFields$1(known["function"]);
	const more = asFields$1(fields["function"])["arguments"];
	const { name, arguments: text } = before;
	known["function"] = {
		name,
		arguments: `${text ?? ""}${more ?? ""}`
	};
}

// src/client/stream-end.ts
const lineFeed$1 = 10;
const carriageReturn = 13;
/**
* Cuts bytes into events as they come. A reader cannot use an event before its blank line, so to keep an unfinished one back
* costs no time.
*/
var EndKeeper = class {
	/** The unfinished event, or all since the end was seen. */
	#kept = [];
	#isEnding = false;
	#lineIsEmpty = true;
	#isBehindReturn = false;
	/** What may be handed on now, in order. Together with `kept` at the end these are exactly the bytes that were added. */
	add(chunk) {
		if (this.#isEnding) {
			this.#kept.push(chunk);
			return [];
		}
		const free = [];
		let start = 0;
		for (let at = 0; at < chunk.length; at += 1) {
			if (!this.#endsEvent(chunk[at])) continue;
			this.#kept.push(chunk.subarray(start, at + 1));
			start = at + 1;
			if (meaningOfEvent(joinBytes(this.#kept)) === "end") {
				this.#isEnding = true;
				break;
			}
			free.push(...this.#kept);
			this.#kept = [];
		}
		if (start < chunk.length) this.#kept.push(chunk.subarray(start));
		return free;
	}
	/** What was not handed on. */
	get kept() {
		return this.#kept;
	}
	/** The line feed of CR LF belongs to the line end before it, wherever the chunks were cut. */
	#endsEvent(byte) {
		const isSecondHalf = byte === lineFeed$1 && this.#isBehindReturn;
		this.#isBehindReturn = byte === carriageReturn;
		if (isSecondHalf) return false;
		if (byte !== lineFeed$1 && byte !== carriageReturn) {
			this.#lineIsEmpty = false;
			return false;
		}
		const wasEmpty = this.#lineIsEmpty;
		this.#lineIsEmpty = true;
		return wasEmpty;
	}
};
const endTypes = /* @__PURE__ */ new Set([
	"vouch.receipt",
	"response.completed",
	"response.incomplete",
	"response.failed",
	"message_stop"
]);
/** JSON is read only where it may name such a type, if need be by escapes. */
const mayNameType = /response\.|message_stop|"error"|\\u/;
/** What one event, with or without its blank line, tells a reader of the stream. */
function meaningOfEvent(event) {
	const { name, data } = readEvent(utf8Text(event));
	if (/^\s*\[DONE\]/.test(data)) return "end";
	if (name === "error") return "error";
	if (endTypes.has(name)) return name === "response.failed" ? "error" : "end";
	if (!mayNameType.test(data)) return "none";
	const { type, error } = parseObject$1(data);
	if (type === "error" || type === "response.failed") return "error";
	if (endTypes.has(type)) return "end";
	return error !== void 0 && error !== null && type === void 0 ? "error" : "none";
}
/** Source: HTML Living Standard, "9.2.6 Interpreting an event stream". */
function readEvent(text) {
	let name = "";
	const data = [];
	for (const line of text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/)) {
		const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
		if (field === "event") name = value.trim();
		if (field === "data") data.push(value);
	}
	return {
		name,
		data: data.join("\n")
	};
}
/** Empty for what is no JSON. */
function parseObject$1(data) {
	try {
		return Object(JSON.parse(data));
	} catch {
		return {};
	}
}

// src/client/check-ending.ts
/** How a stream ended whose every byte is there. */
function endOfStream(body) {
	const events = splitEvents(body);
	const last = events.at(-1);
	if (last !== void 0 && meaningOfEvent(last) === "error") return "told-error";
	return events.some((event) => meaningOfEvent(event) === "end") ? "whole" : "silent";
}
/** What an event that only says that a stream broke off may have. */
const errorMembers = /* @__PURE__ */ new Set([
	"type",
	"error",
	"code",
	"message",
	"param",
	"request_id",
	"sequence_number"
]);
/**
* The bytes before a closing error event, which a receipt does not cover; all of them where that event has anything else
* that a reader might take for a part of the answer.
*/
function beforeErrorEvent(body) {
	const last = splitEvents(body).at(-1);
	return last !== void 0 && saysOnlyError(last) ? body.subarray(0, body.length - last.length) : body;
}
function saysOnlyError(event) {
	const text = utf8Text(event);
	if (text.includes("\r")) return false;
	return Object.keys(parseObject$1(readEvent(text).data)).every((name) => errorMembers.has(name));
}
const whole$2 = /* @__PURE__ */ new Set([workStatus.complete, workStatus.truncatedByBudget]);
function checkEnding(end, status) {
	const check = "ending";
	switch (end) {
		case "whole": return whole$2.has(status) ? holds(check, `the answer came to its end; ${describeStatus(status)}`) : fails(check, `the answer came to its end, but the receipt says: ${describeStatus(status)}`);
		case "told-error": return status === workStatus.complete ? fails(check, "the stream broke off with an error, but the receipt is for a whole answer") : holds(check, `the stream said that it broke off; ${describeStatus(status)}`);
		case "silent": return fails(check, "the stream stopped without its end and without an error");
		case "left": return holds(check, `you left before the end; ${describeStatus(status)}`);
	}
}

// src/client/fetch-receipt.ts
const systemClock = {
	nowMs: Date.now,
	wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
	signalAfter: (ms) => AbortSignal.timeout(ms)
};
const pauseFirstMs = 25;
const pauseLastMs = 1e3;
/** Not there yet, being made, or a gateway that is overloaded or restarting. */
const passingStatuses = /* @__PURE__ */ new Set([
	404,
	409,
	425,
	429,
	500,
	502,
	503,
	504
]);
/** The document's bytes; the error is one sentence for a person. Asks again until `timeoutMs` are over. */
async function fetchReceipt(source, receiptId) {
	const { clock, timeoutMs } = source;
	const untilMs = clock.nowMs() + timeoutMs;
	let pauseMs = pauseFirstMs;
	for (;;) {
		const attempt = await attemptOnce(source, {
			receiptId,
			leftMs: untilMs - clock.nowMs()
		});
		if (attempt.ok || !attempt.error.isPassing) return attempt.ok ? attempt : err(attempt.error.detail);
		if (clock.nowMs() + pauseMs >= untilMs) return err(`${attempt.error.detail}, also after ${timeoutMs} ms`);
		await clock.wait(pauseMs);
		pauseMs = Math.min(2 * pauseMs, pauseLastMs);
	}
}
async function attemptOnce(source, asked) {
	try {
		const { fetch: ask } = source;
		const response = await ask(`${source.api}/receipts/${asked.receiptId}`, {
			headers: await source.headers(),
			signal: source.clock.signalAfter(asked.leftMs),
			redirect: "error",
			cache: "no-store"
		});
		const { status } = response;
		const bytes = await readBounded(response);
		if (status === 200) return ok(bytes);
		const detail = `the gateway answered ${status} for the receipt${codeIn(bytes)}`;
		return err({
			detail,
			isPassing: passingStatuses.has(status)
		});
	} catch (error) {
		const detail = error instanceof Error ? `${error.name}: ${error.message}` : "no connection";
		return err({
			detail: `the receipt could not be fetched (${detail})`,
			isPassing: true
		});
	}
}
async function readBounded(response) {
	const reader = response.body?.getReader();
	const pieces = [];
	let length = 0;
	for (;;) {
		const next = await reader?.read();
		if (next === void 0 || next.done) return joinBytes(pieces);
		length += next.value.length;
		if (length > 65536) {
			await reader?.cancel();
			throw new Error(`it has more than ${receiptDocumentBytesMax} bytes`);
		}
		pieces.push(next.value);
	}
}
/** The gateway's own word for why, where there is one. */
function codeIn(bytes) {
	try {
		const { error } = Object(JSON.parse(utf8Text(bytes)));
		const { code } = Object(error);
		return typeof code === "string" && /^[a-z0-9_]{1,64}$/.test(code) ? ` (${code})` : "";
	} catch {
		return "";
	}
}

// src/client/gateway-answers.ts
const acceptedReader = objectReader({
	chain_id: uint64Reader,
	settlement: addressReader,
	collector: addressReader,
	asset: addressReader,
	decimals: uint64Reader,
	asset_domain: objectReader({
		name: textReader,
		version: textReader
	}, "ignored"),
	receiver: addressReader,
	receiver_authorizer: addressReader,
	withdraw_delay_min: uint64Reader,
	minimum_deposit: amountReader
}, "ignored");
const termsReader$1 = objectReader({
	gateway: addressReader,
	receipt_verifier: addressReader,
	orders_domain: objectReader({
		chainId: uint64Reader,
		verifyingContract: addressReader
	}, "ignored"),
	accepts: listReader(acceptedReader),
	models: listReader(objectReader({
		id: textReader,
		price_hash: bytes32Reader,
		price_sheet: priceSheetReader
	}, "ignored"))
}, "ignored");
const channelReader = objectReader({
	channel_id: bytes32Reader,
	balance: amountReader,
	signed: amountReader,
	charged: amountReader,
	held: amountReader,
	free: amountReader,
	claimed: amountReader,
	closing: truthReader,
	frozen: truthReader,
	withdraw_final_at: orNull(secondsReader),
	receipts: uint64Reader
}, "ignored");
const keyMembers = {
	id: textReader,
	key_hash: bytes32Reader,
	label: textReader,
	cap: orNull(amountReader),
	expires_at: orNull(uint64Reader),
	models: orNull(listReader(textReader)),
	revoked: truthReader
};
const keyReader = objectReader(keyMembers, "ignored");
const listedKeyReader = objectReader({
	...keyMembers,
	spent: amountReader
}, "ignored");
const refundReader = objectReader({
	amount: amountReader,
	transaction_hash: bytes32Reader
}, "ignored");
const dataReader = (data) => objectReader({ data }, "ignored");

// src/client/inline-receipt.ts
/** Asks for it. */
const inlineHeader = "x-receipt-inline";
const documentHeader = "x-vouch-receipt-document";
/**
* Everything from the first byte of the receipt's event on is no part of a stream; but what its reader has already, the first
* `handedOn` bytes, is part of it, whatever it says it is.
*/
function splitStreamReceipt(body, handedOn) {
	let length = 0;
	for (const event of splitEvents(body)) {
		const { name, data } = readEvent(utf8Text(event));
		if (name === "vouch.receipt" && length >= handedOn) return {
			answer: body.subarray(0, length),
			document: utf8Bytes(data)
		};
		length += event.length;
	}
	return {
		answer: body,
		document: void 0
	};
}
/** Of an answer in one piece it stands in a header. */
function receiptInHeader(headers) {
	const text = headers.get(documentHeader);
	if (text === null) return void 0;
	try {
		return Uint8Array.fromBase64(text, { alphabet: "base64url" });
	} catch {
		return /* @__PURE__ */ new Uint8Array();
	}
}

// src/client/judged-body.ts
/**
* Reads from `body` only when its own reader asks for more, and cancels it when its own reader cancels. An error of `body`,
* an abort included, is passed on as it is.
*/
function judgedBody(body, { isEventStream, judge }) {
	const reader = body.getReader();
	const all = [];
	let length = 0;
	const keeper = isEventStream ? new EndKeeper() : void 0;
	const finish = async (controller) => {
		const bytes = joinBytes(all);
		const handedOn = keeper === void 0 ? 0 : bytes.length - lengthOf(keeper.kept);
		const count = await judge.ended(bytes, handedOn);
		const rest = bytes.subarray(handedOn, count);
		if (rest.length > 0) controller.enqueue(rest);
		controller.close();
	};
	/** False when it is the last step. */
	const step = async (controller) => {
		const { done, value } = await readOrLeave(reader, judge);
		if (done) {
			await finish(controller);
			return false;
		}
		all.push(new Uint8Array(value));
		length += value.length;
		if (length > judge.bytesMax) {
			judge.left();
			await reader.cancel();
			throw judge.tooLong();
		}
		const free = keeper?.add(value) ?? [];
		for (const piece of free) controller.enqueue(piece);
		return free.length === 0;
	};
	return new ReadableStream({
		async pull(controller) {
			while (await step(controller));
		},
		async cancel(reason) {
			judge.left();
			await reader.cancel(reason);
		}
	}, { highWaterMark: 0 });
}
const lengthOf = (pieces) => pieces.reduce((sum, { length }) => sum + length, 0);
async function readOrLeave(reader, judge) {
	try {
		return await reader.read();
	} catch (error) {
		judge.left();
		throw error;
	}
}

// src/client/receipt-chain.ts
/** The chain with one more link, or one sentence that says what contradicts it. */
function takeLink(links, link) {
	const at = links.findIndex(({ channelSeq }) => channelSeq >= link.channelSeq);
	const place = at === -1 ? links.length : at;
	const [before, next] = [links[place - 1], links[place]];
	if (next?.channelSeq === link.channelSeq) return err(next.digest === link.digest ? `receipt ${link.channelSeq} of the channel was shown for another answer already` : `there are two receipts with number ${link.channelSeq} on the channel: proof against the gateway`);
	const fault = faultBetween(before, link) ?? faultBetween(link, next);
	if (fault !== void 0) return err(fault);
	return ok([
		...links.slice(0, place),
		link,
		...links.slice(place)
	].slice(-1024));
}
function faultBetween(a, b) {
	if (a === void 0 || b === void 0) return void 0;
	const numbers = `${a.channelSeq} and ${b.channelSeq}`;
	if (b.gatewaySeq <= a.gatewaySeq) return `of the receipts ${numbers} the later one has the lower number of the gateway`;
	const between = b.cumulative - b.cost - a.cumulative;
	if (between < 0n) return `between the receipts ${numbers} the channel's sum grows by less than the later one's cost`;
	if (b.channelSeq !== a.channelSeq + 1) return void 0;
	if (between > 0n) return `between the receipts ${numbers} the channel's sum grows by ${between} more than was charged`;
	return b.prevReceipt === a.digest ? void 0 : `receipt ${b.channelSeq} points back to another one than receipt ${a.channelSeq}`;
}
/** Atomic units that the channel was charged between the links, by receipts that nobody showed. */
function unexplainedAmount(links) {
	let amount = 0n;
	for (const [at, link] of links.entries()) {
		const before = links[at - 1];
		if (before !== void 0) amount += link.cumulative - link.cost - before.cumulative;
	}
	return amount;
}

// src/client/remembering-rpc.ts
/** Questions that are kept; a verifier asks a dozen that return. */
const callsRememberedMax = 256;
/**
* A node whose answers are good for a while: of two receipts that are verified one after the other most questions are the
* same (the code of the contracts, the keys of an operator). Failures are asked again at once. `forMs` is how long a key may
* be taken for registered after it was revoked.
*/
function rememberingRpc(rpc, terms) {
	const remembered = /* @__PURE__ */ new Map();
	const ask = async (key, askedAtMs, call) => {
		const answer = call();
		remembered.set(key, {
			askedAtMs,
			answer
		});
		for (const oldest of remembered.keys()) {
			if (remembered.size <= callsRememberedMax) break;
			remembered.delete(oldest);
		}
		const result = await answer;
		if (!result.ok && remembered.get(key)?.answer === answer) remembered.delete(key);
		return result;
	};
	return {
		origin: rpc.origin,
		call: (method, params) => {
			const nowMs = terms.nowMs();
			const key = JSON.stringify([method, params]);
			const known = remembered.get(key);
			if (known !== void 0 && nowMs - known.askedAtMs < terms.forMs) return known.answer;
			return ask(key, nowMs, () => rpc.call(method, params));
		}
	};
}

// src/client/request-bytes.ts
/** Rejects as fetch would: for a URL that is none, a body that was read before, a stream that fails. */
async function readSentRequest(input, init = {}) {
	const request = new Request(input, {
		...init,
		duplex: "half"
	});
	const bytes = await bytesOf(request, init.body);
	const ofInput = input instanceof Request ? settingsOf(input) : {};
	return {
		url: request.url,
		method: request.method,
		headers: request.headers,
		bytes,
		signal: init.signal ?? (input instanceof Request ? input.signal : null),
		init: {
			...ofInput,
			...init,
			method: request.method,
			headers: request.headers,
			body: bytes ?? null
		}
	};
}
async function bytesOf(request, body) {
	if (typeof body === "string") return new Uint8Array(utf8Bytes(body));
	return request.body === null ? void 0 : new Uint8Array(await request.arrayBuffer());
}
/** What a Request says beside its URL, method, headers and body. */
const settingsOf = ({ cache, credentials, integrity, keepalive, mode, redirect, referrerPolicy, signal }) => ({
	cache,
	credentials,
	integrity,
	keepalive,
	...mode === "navigate" ? {} : { mode },
	redirect,
	referrerPolicy,
	signal
});

// src/base/sha256.ts
/** One call into OpenSSL: half the cost of a Hash object. Lower-case hex without prefix. */
const sha256Hex = (bytes) => hash("sha256", bytes);
/** The same as 32 bytes, for hashes of hashes. */
const sha256Bytes = (bytes) => hash("sha256", bytes, "buffer");

// src/client/describe-time.ts
/** The largest time that a Date can show. */
const dateSecondsMax = 864e10;
/** Unix seconds as people read them: `2026-11-22T15:15:23Z`. A receipt may claim a time that no calendar has. */
const describeTime = (seconds) => seconds <= dateSecondsMax ? (/* @__PURE__ */ new Date(seconds * 1e3)).toISOString().replace(".000Z", "Z") : `second ${seconds}`;

// src/chain/typed-data.ts
const typeHash = (encodedType) => keccak256Utf8(encodedType).slice(2);
const domainTypeHash = typeHash("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
function domainSeparator(domain) {
	const hash = keccak256Hex(domainTypeHash + hashWord(keccak256Utf8(domain.name)) + hashWord(keccak256Utf8(domain.version)) + uintWord(domain.chainId, 256) + addressWord(domain.verifyingContract));
	return `1901${hashWord(hash)}`;
}
/** What a signer signs: EIP-712's hash of a struct under a domain. */
const typedDataDigest = (domain, structHash) => keccak256Hex(domain + hashWord(structHash));
const zeroWord$1 = "0".repeat(64);
const addressPadding = "0".repeat(24);
const hashWord = (value) => value.slice(2);
const addressWord = (value) => addressPadding + value.slice(2);
/** An unsigned integer of `bits` (a multiple of 4). Out of range is a bug of the caller: it would be another value's hash. */
function uintWord(value, bits) {
	assert(value >= 0 && (typeof value === "bigint" || Number.isSafeInteger(value)), "a typed-data integer is whole, exact and not negative");
	const digits = value.toString(16);
	assert(digits.length * 4 <= bits, "a typed-data integer fits its type");
	return zeroWord$1.slice(digits.length) + digits;
}

// src/chain/keyset-typed-data.ts
const keysetTypeHash = typeHash("Keyset(address gateway,bytes32 keysetHash,uint64 validUntil)");
/** What the registered key signs of the keyset that `GET /v1/keyset` serves, in the domain of receipts (`receiptDomain`). */
const keysetDigest = (domain, keyset) => typedDataDigest(domain, keccak256Hex(keysetTypeHash + addressWord(keyset.gateway) + hashWord(keyset.keysetHash) + uintWord(keyset.validUntil, 64)));

// src/chain/receipt-typed-data.ts
const workType = "Work(bytes32 jobId,address gateway,address contributor,bytes32 modelId,bytes32 inputHash,bytes32 outputHash,bytes32 contentHash,bytes32 streamRoot,uint32 promptTokens,uint32 cachedPromptTokens,uint32 completionTokens,bytes32 commitment,uint64 startedAt,uint64 finishedAt,uint8 status)";
const receiptType = "Receipt(Work work,bytes32 receiptId,uint64 gatewaySeq,address client,bytes32 requestHash,bytes32 responseHash,bytes32 channelId,uint64 channelSeq,uint128 cost,uint128 cumulative,bytes32 priceHash,bytes32 prevReceipt,uint16 tiers,bytes32 evidenceHash,uint64 anchorBy)";
const priceSheetType = "PriceSheet(address operator,bytes32 modelId,address asset,uint128 promptAtomicPerMtok,uint128 cachedPromptAtomicPerMtok,uint128 completionAtomicPerMtok,uint64 validFrom,uint64 validUntil)";
const workTypeHash = typeHash(workType);
const receiptTypeHash = typeHash(receiptType + workType);
const priceSheetTypeHash = typeHash(priceSheetType);
/** The domain of Work and Receipt. `verifyingContract` is the ReceiptVerifier. */
const receiptDomain = (place) => domainSeparator({
	name: "Vouch Receipts",
	version: "1",
	...place
});
/** What the contributor signs. */
const workDigest = (domain, work) => typedDataDigest(domain, hashWork(work));
/** What the gateway signs; also the receipt's identity (`prevReceipt`, anchoring). */
const receiptDigest = (domain, receipt) => typedDataDigest(domain, hashReceipt(receipt));
/** The value of `Receipt.priceHash`: a struct hash without a domain, as the sheet itself is not signed. */
const hashPriceSheet = (sheet) => keccak256Hex(priceSheetTypeHash + addressWord(sheet.operator) + hashWord(sheet.modelId) + addressWord(sheet.asset) + uintWord(sheet.promptAtomicPerMtok, 128) + uintWord(sheet.cachedPromptAtomicPerMtok, 128) + uintWord(sheet.completionAtomicPerMtok, 128) + uintWord(sheet.validFrom, 64) + uintWord(sheet.validUntil, 64));
const hashWork = (work) => keccak256Hex(workTypeHash + workWords(work));
const hashReceipt = (receipt) => keccak256Hex(receiptTypeHash + hashWord(hashWork(receipt.work)) + ownWords(receipt));
/** The words of a Work as hex digits. */
const workWords = (work) => hashWord(work.jobId) + addressWord(work.gateway) + addressWord(work.contributor) + hashWord(work.modelId) + hashWord(work.inputHash) + hashWord(work.outputHash) + hashWord(work.contentHash) + hashWord(work.streamRoot) + uintWord(work.promptTokens, 32) + uintWord(work.cachedPromptTokens, 32) + uintWord(work.completionTokens, 32) + hashWord(work.commitment) + uintWord(work.startedAt, 64) + uintWord(work.finishedAt, 64) + uintWord(work.status, 8);
/** The words of a Receipt behind the hash of its Work, as hex digits. */
const ownWords = (receipt) => hashWord(receipt.receiptId) + uintWord(receipt.gatewaySeq, 64) + addressWord(receipt.client) + hashWord(receipt.requestHash) + hashWord(receipt.responseHash) + hashWord(receipt.channelId) + uintWord(receipt.channelSeq, 64) + uintWord(receipt.cost, 128) + uintWord(receipt.cumulative, 128) + hashWord(receipt.priceHash) + hashWord(receipt.prevReceipt) + uintWord(receipt.tiers, 16) + hashWord(receipt.evidenceHash) + uintWord(receipt.anchorBy, 64);

// src/client/answer-hash.ts
/** keccak256 of the text's bytes. */
const textHash = (bytes) => keccak256(bytes);
/** keccak256 of a `tool_calls` array in canonical JSON (RFC 8785). */
const toolCallsHash = (toolCalls) => keccak256Utf8(canonicalText(toolCalls));
/**
* The hash of a whole answer from those of its choices, in the order of their index; at least one.
*/
function answerHash(choices) {
	const [first, ...rest] = choices;
	if (rest.length === 0) return first;
	const leafOf = (hash, index) => {
		const index32 = index.toString(16).padStart(64, "0");
		return keccak256(fromHex(keccak256Hex(index32 + hash.slice(2))));
	};
	return sortedRoot([leafOf(first, 0), ...rest.map((hash, before) => leafOf(hash, before + 1))]);
}
/** Of a Merkle tree as OpenZeppelin's MerkleProof reads it: pairs are sorted, a lone node moves up. */
function sortedRoot(leaves) {
	let level = leaves;
	while (level.length > 1) level = pairUp(level);
	return level[0] ?? leaves[0];
}
function pairUp(level) {
	const above = [];
	for (let index = 0; index < level.length; index += 2) {
		const [low, high] = level.slice(index, index + 2).sort();
		if (low === void 0) continue;
		above.push(high === void 0 ? low : keccak256Hex(low.slice(2) + high.slice(2)));
	}
	return above;
}
/**
* RFC 8785 for what JSON.parse gave: keys in the order of their UTF-16 code units, ECMAScript's
* numbers and strings.
*/
function canonicalText(value) {
	if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
	if (typeof value !== "object" || value === null) return JSON.stringify(value);
	return `{${Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([key, member]) => `${JSON.stringify(key)}:${canonicalText(member)}`).join(",")}}`;
}

// src/chain/curve-native.ts
/**
* libsecp256k1, twenty times as fast as JavaScript. Undefined where the package has no binary for this machine: its main
* module would then fall back to `elliptic` in silence, so the binding itself is loaded.
*/
function loadNativeCurve() {
	let secp256k1;
	try {
		secp256k1 = createRequire(import.meta.url)("secp256k1/bindings.js");
	} catch {
		return;
	}
	const recovered = /* @__PURE__ */ new Uint8Array(65);
	const publicKey = recovered.subarray(1);
	return {
		name: "native",
		sign(digest, privateKey) {
			const { signature, recid } = secp256k1.ecdsaSign(digest, privateKey);
			assert(recid === 0 || recid === 1, "R is below the order of the curve");
			return {
				rs: signature,
				yParity: recid
			};
		},
		recover(digest, { rs, yParity }) {
			try {
				secp256k1.ecdsaRecover(rs, yParity, digest, false, recovered);
				return publicKey;
			} catch {
				return;
			}
		},
		publicKey: (privateKey) => secp256k1.publicKeyCreate(privateKey, false).subarray(1)
	};
}

// src/chain/curve-in-use.ts
/** The native one where this machine has it. The other loads in tens of milliseconds, so only where it is needed. */
const curve = loadNativeCurve() ?? (await import("./curve-noble.node.js")).nobleCurve;

// src/chain/private-key.ts
/** Order of secp256k1's group. */
const curveOrder = 115792089237316195423570985008687907852837564279074904382605163141518161494337n;

// src/chain/signatures.ts
const wordDigits = (value) => value.toString(16).padStart(64, "0");
const zeroWord = wordDigits(0n);
const orderWord = wordDigits(curveOrder);
const lowerHalfWord = wordDigits(curveOrder / 2n);
/** Which implementation signs and recovers in this process: the start-up log says so, as one costs twenty times the other. */
const curveInUse = curve.name;
/**
* The canonical form of a signature from outside: a high `s` is replaced by its twin and `v` 0/1 by 27/28, because
* wallets produce both and the contract accepts neither. Store and claim with this form only.
*/
function parseSignature(text) {
	if (!isHex(text)) return err("signature_not_hex");
	if (text.length !== 132) return err("signature_not_65_bytes");
	const digits = text.toLowerCase();
	const r = digits.slice(2, 66);
	const s = digits.slice(66, 130);
	const v = Number.parseInt(digits.slice(130), 16);
	if (!isScalar(r)) return err("signature_r_out_of_range");
	if (!isScalar(s)) return err("signature_s_out_of_range");
	const yParity = v >= 27 ? v - 27 : v;
	if (yParity !== 0 && yParity !== 1) return err("signature_v_unknown");
	if (s <= lowerHalfWord && v >= 27) return ok(digits);
	return s <= lowerHalfWord ? ok(join({
		r,
		s,
		yParity
	})) : ok(join({
		r,
		s: wordDigits(curveOrder - BigInt(`0x${s}`)),
		yParity: yParity === 0 ? 1 : 0
	}));
}
/** The account that signed `digest`; undefined for whatever StrictSignature.sol would not accept. */
function recoverSigner(digest, signature) {
	const publicKey = recoverKey(digest, signature);
	return publicKey === void 0 ? void 0 : accountOf(publicKey);
}
function recoverKey(digest, signature) {
	if (signature.length !== 132) return void 0;
	const s = signature.slice(66, 130);
	const v = signature.slice(130);
	if (v !== "1b" && v !== "1c") return void 0;
	if (s > lowerHalfWord || s === zeroWord || !isScalar(signature.slice(2, 66))) return void 0;
	return curve.recover(fromHex(digest), {
		rs: fromHex(signature).subarray(0, 64),
		yParity: v === "1b" ? 0 : 1
	});
}
const accountOf = (publicKey) => `0x${keccak256(publicKey).slice(26)}`;
const isScalar = (word) => word > zeroWord && word < orderWord;
const join = (parts) => `0x${parts.r}${parts.s}${parts.yParity === 0 ? "1b" : "1c"}`;

// src/chain/sorted-merkle-tree.ts
/** At least one leaf. */
function merkleTree(leaves) {
	assert(leaves.length > 0, "a tree has a leaf");
	const levels = [leaves];
	for (let level = leaves; level.length > 1;) {
		level = levelAbove(level);
		levels.push(level);
	}
	return levels;
}
function rootOf(tree) {
	const root = tree.at(-1)?.[0];
	assert(root !== void 0, "a tree has a root");
	return root;
}
/** The root that a leaf and its siblings lead to. */
const rootFrom = (leaf, siblings) => siblings.reduce(pairHash, leaf);
/** Lower-case digits of one length sort like the bytes that they spell. */
const pairHash = (a, b) => keccak256Hex(a <= b ? hashWord(a) + hashWord(b) : hashWord(b) + hashWord(a));
function levelAbove(level) {
	const above = [];
	for (let index = 0; index < level.length; index += 2) {
		const left = level[index];
		const right = level[index + 1];
		assert(left !== void 0, "the loop stays within the level");
		above.push(right === void 0 ? left : pairHash(left, right));
	}
	return above;
}

// src/chain/batch-signature.ts
const batchTypeHash = typeHash("Batch(bytes32 root)");
const batchDomain = `1901${hashWord(keccak256Hex(typeHash("EIP712Domain(string name,string version)") + hashWord(keccak256Utf8("Vouch Batches")) + hashWord(keccak256Utf8("1"))))}`;
const ecdsaBytes = 65;
const siblingBytes = 32;
/** OperatorSignature.sol has the same: a batch of no more than 65,536 statements. */
const siblingsMax$1 = 16;
/** What is signed for all statements of a batch. */
const batchDigest = (root) => typedDataDigest(batchDomain, keccak256Hex(batchTypeHash + hashWord(root)));
/**
* The 65 bytes of a signature, and the digest that they sign: of a statement in a batch that of the batch. Undefined where
* the length is of neither kind. An ERC-1271 signature of such a length is not read as one: its wallet takes a byte more.
*/
function ecdsaPartOf(digest, signature) {
	const { length } = fromHex(signature);
	if (length === ecdsaBytes) return {
		digest,
		signature
	};
	const siblings = (length - ecdsaBytes) / siblingBytes;
	if (!Number.isInteger(siblings) || siblings < 1 || siblings > siblingsMax$1) return void 0;
	const word = (index) => {
		const from = 2 + 2 * (ecdsaBytes + index * siblingBytes);
		return bytes32(hexOf(signature.slice(from, from + 64)));
	};
	const root = rootFrom(leafOf(digest), Array.from({ length: siblings }, (_, index) => word(index)));
	const ecdsa = signature.slice(0, 132);
	return {
		digest: batchDigest(root),
		signature: ecdsa
	};
}
const leafOf = (digest) => keccak256Hex(hashWord(digest));

// src/client/recover-signers.ts
const addressBytes = 20;
/** Computes both digests again from the fields and recovers who signed them. */
function recoverSigners(parsed) {
	const domain = receiptDomain(parsed.domain);
	const digest = receiptDigest(domain, parsed.receipt);
	const innerDigest = workDigest(domain, parsed.receipt.work);
	return {
		receiptDigest: digest,
		workDigest: innerDigest,
		gateway: readSigner(digest, parsed.gatewaySignature),
		contributor: readSigner(innerDigest, parsed.contributorSignature)
	};
}
/**
* The same reading of a signature's bytes as OperatorSignature.sol: 65 bytes are ECDSA, those with siblings behind them
* ECDSA over a batch, other lengths name a wallet.
*/
function readSigner(digest, signature) {
	const { length } = fromHex(signature);
	if (length === 0) return { kind: "absent" };
	const ecdsa = ecdsaPartOf(digest, signature);
	if (ecdsa !== void 0) {
		const signer = recoverSigner(ecdsa.digest, ecdsa.signature);
		return signer === void 0 ? {
			kind: "invalid",
			fault: describeFault(ecdsa.signature)
		} : {
			kind: "key",
			address: signer
		};
	}
	if (length < addressBytes) return {
		kind: "invalid",
		fault: `it has ${length} bytes instead of 65`
	};
	return {
		kind: "wallet",
		address: address(signature.slice(0, 42))
	};
}
function describeFault(signature) {
	const canonical = parseSignature(signature);
	if (!canonical.ok) return `${canonical.error.replaceAll("_", " ")}`;
	return canonical.value === signature ? "no key gives this signature" : "it is not in the one accepted form (s in the lower half, v 27 or 28)";
}

// src/client/check-keyset.ts
const keysetReader = objectReader({
	gateway: addressReader,
	valid_until: secondsReader,
	keys: listReader(objectReader({ role: textReader }, "ignored")),
	endorsement: objectReader({ signature: signatureReader }, "ignored")
}, "ignored");
const documentReader = (value, place) => {
	const keyset = keysetReader(value, place);
	if (keyset === void 0) return void 0;
	const { endorsement: _, ...rest } = value;
	return {
		keyset,
		endorsed: canonicalText(rest)
	};
};
const checkKeyset = async ({ verification, signers, gateway: place }) => {
	if (place === void 0) return [];
	const check = "keyset";
	const asked = {
		origin: place.origin,
		path: "/v1/keyset",
		init: {}
	};
	const answer = await askGateway(asked, documentReader);
	if (!answer.ok) return [unknown(check, describeBillingFailure(answer.error))];
	const { keyset, endorsed } = answer.value;
	const { receipt, domain } = verification.receipt;
	const { gateway, valid_until: validUntil } = keyset;
	if (gateway !== receipt.work.gateway) return [fails(check, `it is the keyset of ${gateway}, not of the receipt's gateway`)];
	const keysetHash = bytes32(hexOf(sha256Hex(endorsed)));
	const digest = keysetDigest(receiptDomain(domain), {
		gateway,
		keysetHash,
		validUntil
	});
	const endorser = readSigner(digest, keyset.endorsement.signature);
	if (endorser.kind !== "key" || signers.gateway.kind !== "key") return [unknown(check, "it is not endorsed by a plain key")];
	return [judge$1(keyset, endorser.address, {
		key: signers.gateway.address,
		nowMs: verification.nowMs
	})];
};
/** A changed keyset looks like one that some other key endorses, and so does one from after the registered key changed. */
function judge$1({ keys, valid_until: validUntil }, endorser, expected) {
	const check = "keyset";
	if (endorser !== expected.key) return unknown(check, `endorsed by ${endorser}, or changed; the receipt's key is ${expected.key}`);
	if (validUntil * 1e3 < expected.nowMs) return unknown(check, `it ended at second ${validUntil}`);
	const roles = keys.map(({ role }) => role).join(", ");
	return holds(check, `the receipt's key endorses every key of the gateway: ${roles}`);
}

// src/chain/log-head-typed-data.ts
const logHeadTypeHash = typeHash("LogHead(address gateway,uint64 batch,bytes32 root,uint32 count,uint64 firstSeq,bytes32 head,bytes32 entriesHash,uint64 closedAt)");
/** What the gateway signs, in the domain of receipts (`receiptDomain`). */
const logHeadDigest = (domain, head) => typedDataDigest(domain, keccak256Hex(logHeadTypeHash + addressWord(head.gateway) + uintWord(head.batch, 64) + hashWord(head.root) + uintWord(head.count, 32) + uintWord(head.firstSeq, 64) + hashWord(head.head) + hashWord(head.entriesHash) + uintWord(head.closedAt, 64)));
/** A receipt's leaf: keccak256(abi.encode(digest)). */
const leafOfDigest = (digest) => keccak256Hex(hashWord(digest));

// src/chain/generated/receipt-anchor.ts
const receiptAnchorAbi = [
	{
		"type": "constructor",
		"inputs": [{
			"name": "admin_",
			"type": "address",
			"internalType": "address"
		}],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "admin",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "address"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "anchor",
		"inputs": [
			{
				"name": "root",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "count",
				"type": "uint32",
				"internalType": "uint32"
			},
			{
				"name": "batch",
				"type": "uint64",
				"internalType": "uint64"
			}
		],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "anchoredAtOf",
		"inputs": [
			{
				"name": "digest",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "root",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "proof",
				"type": "bytes32[]",
				"internalType": "bytes32[]"
			}
		],
		"outputs": [{
			"name": "anchoredAt",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "appointMarkers",
		"inputs": [{
			"name": "markers",
			"type": "address[]",
			"internalType": "address[]"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "chains",
		"inputs": [{
			"name": "sender",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [{
			"name": "head",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "batches",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "closeChallenge",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "invalidate",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "isMarker",
		"inputs": [{
			"name": "account",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [{
			"name": "",
			"type": "bool",
			"internalType": "bool"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "openChallenge",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "recordInclusion",
		"inputs": [
			{
				"name": "digest",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "root",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "proof",
				"type": "bytes32[]",
				"internalType": "bytes32[]"
			}
		],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "recordedAt",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [{
			"name": "",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "rootAnchoredAt",
		"inputs": [{
			"name": "root",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [{
			"name": "timestampS",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "statusOf",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [{
			"name": "",
			"type": "uint8",
			"internalType": "uint8"
		}],
		"stateMutability": "view"
	},
	{
		"type": "event",
		"name": "Anchored",
		"inputs": [
			{
				"name": "sender",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "root",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "batch",
				"type": "uint64",
				"indexed": false,
				"internalType": "uint64"
			},
			{
				"name": "count",
				"type": "uint32",
				"indexed": false,
				"internalType": "uint32"
			},
			{
				"name": "head",
				"type": "bytes32",
				"indexed": false,
				"internalType": "bytes32"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "ChallengeClosed",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"indexed": true,
			"internalType": "bytes32"
		}, {
			"name": "marker",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "ChallengeOpened",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"indexed": true,
			"internalType": "bytes32"
		}, {
			"name": "marker",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "InclusionRecorded",
		"inputs": [
			{
				"name": "digest",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "root",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "anchoredAt",
				"type": "uint64",
				"indexed": false,
				"internalType": "uint64"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "MarkerAppointed",
		"inputs": [{
			"name": "marker",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "ReceiptInvalidated",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"indexed": true,
			"internalType": "bytes32"
		}, {
			"name": "marker",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}],
		"anonymous": false
	},
	{
		"type": "error",
		"name": "BatchMismatch",
		"inputs": [{
			"name": "expected",
			"type": "uint64",
			"internalType": "uint64"
		}, {
			"name": "actual",
			"type": "uint64",
			"internalType": "uint64"
		}]
	},
	{
		"type": "error",
		"name": "CountIsZero",
		"inputs": []
	},
	{
		"type": "error",
		"name": "NoOpenChallenge",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "NotIncluded",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "root",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "RootIsZero",
		"inputs": []
	},
	{
		"type": "error",
		"name": "SenderNotAdmin",
		"inputs": [{
			"name": "sender",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "admin",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "SenderNotMarker",
		"inputs": [{
			"name": "sender",
			"type": "address",
			"internalType": "address"
		}]
	}
];

// src/chain/receipt-anchor.ts
const receiptAnchorAt = (address) => ({
	name: "ReceiptAnchor",
	address,
	abi: receiptAnchorAbi
});
/** When the chain first had the root; undefined for one that it never had. */
async function readRootAnchoredAt(rpc, receiptAnchor, root) {
	const answer = await readContract(rpc, {
		contract: receiptAnchorAt(receiptAnchor),
		functionName: "rootAnchoredAt",
		args: [root]
	});
	if (!answer.ok) return answer;
	const timestampS = Number(answer.value[0]);
	return ok(timestampS === 0 ? void 0 : unixSeconds(timestampS));
}
const anchoredTopic = keccak256Utf8("Anchored(address,bytes32,uint64,uint32,bytes32)");
/** The ReceiptAnchor that a ReceiptVerifier looks receipts up in. */
async function readReceiptAnchorOf(rpc, verifier) {
	const answer = await readContract(rpc, {
		contract: verifier,
		functionName: "receiptAnchor",
		args: []
	});
	return answer.ok ? ok(address(String(answer.value[0]))) : answer;
}

// src/chain/generated/receipt-verifier.ts
const receiptVerifierAbi = [
	{
		"type": "constructor",
		"inputs": [
			{
				"name": "contributors_",
				"type": "address",
				"internalType": "contract IOperatorRegistry"
			},
			{
				"name": "gateways_",
				"type": "address",
				"internalType": "contract IOperatorRegistry"
			},
			{
				"name": "receiptAnchor_",
				"type": "address",
				"internalType": "contract IReceiptAnchor"
			}
		],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "contributors",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract IOperatorRegistry"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "digestOf",
		"inputs": [{
			"name": "receipt",
			"type": "tuple",
			"internalType": "struct Receipt",
			"components": [
				{
					"name": "work",
					"type": "tuple",
					"internalType": "struct Work",
					"components": [
						{
							"name": "jobId",
							"type": "bytes32",
							"internalType": "bytes32"
						},
						{
							"name": "gateway",
							"type": "address",
							"internalType": "address"
						},
						{
							"name": "contributor",
							"type": "address",
							"internalType": "address"
						},
						{
							"name": "modelId",
							"type": "bytes32",
							"internalType": "bytes32"
						},
						{
							"name": "inputHash",
							"type": "bytes32",
							"internalType": "bytes32"
						},
						{
							"name": "outputHash",
							"type": "bytes32",
							"internalType": "bytes32"
						},
						{
							"name": "contentHash",
							"type": "bytes32",
							"internalType": "bytes32"
						},
						{
							"name": "streamRoot",
							"type": "bytes32",
							"internalType": "bytes32"
						},
						{
							"name": "promptTokens",
							"type": "uint32",
							"internalType": "uint32"
						},
						{
							"name": "cachedPromptTokens",
							"type": "uint32",
							"internalType": "uint32"
						},
						{
							"name": "completionTokens",
							"type": "uint32",
							"internalType": "uint32"
						},
						{
							"name": "commitment",
							"type": "bytes32",
							"internalType": "bytes32"
						},
						{
							"name": "startedAt",
							"type": "uint64",
							"internalType": "uint64"
						},
						{
							"name": "finishedAt",
							"type": "uint64",
							"internalType": "uint64"
						},
						{
							"name": "status",
							"type": "uint8",
							"internalType": "uint8"
						}
					]
				},
				{
					"name": "receiptId",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "gatewaySeq",
					"type": "uint64",
					"internalType": "uint64"
				},
				{
					"name": "client",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "requestHash",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "responseHash",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "channelId",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "channelSeq",
					"type": "uint64",
					"internalType": "uint64"
				},
				{
					"name": "cost",
					"type": "uint128",
					"internalType": "uint128"
				},
				{
					"name": "cumulative",
					"type": "uint128",
					"internalType": "uint128"
				},
				{
					"name": "priceHash",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "prevReceipt",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "tiers",
					"type": "uint16",
					"internalType": "uint16"
				},
				{
					"name": "evidenceHash",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "anchorBy",
					"type": "uint64",
					"internalType": "uint64"
				}
			]
		}],
		"outputs": [{
			"name": "",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "domainSeparator",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "gateways",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract IOperatorRegistry"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "keyBook",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract ISigningKeyBook"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "receiptAnchor",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract IReceiptAnchor"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "status",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [{
			"name": "",
			"type": "uint8",
			"internalType": "uint8"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "verify",
		"inputs": [
			{
				"name": "receipt",
				"type": "tuple",
				"internalType": "struct Receipt",
				"components": [
					{
						"name": "work",
						"type": "tuple",
						"internalType": "struct Work",
						"components": [
							{
								"name": "jobId",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "gateway",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "contributor",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "modelId",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "inputHash",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "outputHash",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "contentHash",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "streamRoot",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "promptTokens",
								"type": "uint32",
								"internalType": "uint32"
							},
							{
								"name": "cachedPromptTokens",
								"type": "uint32",
								"internalType": "uint32"
							},
							{
								"name": "completionTokens",
								"type": "uint32",
								"internalType": "uint32"
							},
							{
								"name": "commitment",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "startedAt",
								"type": "uint64",
								"internalType": "uint64"
							},
							{
								"name": "finishedAt",
								"type": "uint64",
								"internalType": "uint64"
							},
							{
								"name": "status",
								"type": "uint8",
								"internalType": "uint8"
							}
						]
					},
					{
						"name": "receiptId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "gatewaySeq",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "client",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "requestHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "responseHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "channelId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "channelSeq",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "cost",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "cumulative",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "priceHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "prevReceipt",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "tiers",
						"type": "uint16",
						"internalType": "uint16"
					},
					{
						"name": "evidenceHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "anchorBy",
						"type": "uint64",
						"internalType": "uint64"
					}
				]
			},
			{
				"name": "contributorSignature",
				"type": "bytes",
				"internalType": "bytes"
			},
			{
				"name": "gatewaySignature",
				"type": "bytes",
				"internalType": "bytes"
			}
		],
		"outputs": [{
			"name": "ok",
			"type": "bool",
			"internalType": "bool"
		}, {
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "verifyAnchored",
		"inputs": [
			{
				"name": "digest",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "root",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "proof",
				"type": "bytes32[]",
				"internalType": "bytes32[]"
			}
		],
		"outputs": [{
			"name": "anchoredAt",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "verifyContent",
		"inputs": [
			{
				"name": "receipt",
				"type": "tuple",
				"internalType": "struct Receipt",
				"components": [
					{
						"name": "work",
						"type": "tuple",
						"internalType": "struct Work",
						"components": [
							{
								"name": "jobId",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "gateway",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "contributor",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "modelId",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "inputHash",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "outputHash",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "contentHash",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "streamRoot",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "promptTokens",
								"type": "uint32",
								"internalType": "uint32"
							},
							{
								"name": "cachedPromptTokens",
								"type": "uint32",
								"internalType": "uint32"
							},
							{
								"name": "completionTokens",
								"type": "uint32",
								"internalType": "uint32"
							},
							{
								"name": "commitment",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "startedAt",
								"type": "uint64",
								"internalType": "uint64"
							},
							{
								"name": "finishedAt",
								"type": "uint64",
								"internalType": "uint64"
							},
							{
								"name": "status",
								"type": "uint8",
								"internalType": "uint8"
							}
						]
					},
					{
						"name": "receiptId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "gatewaySeq",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "client",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "requestHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "responseHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "channelId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "channelSeq",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "cost",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "cumulative",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "priceHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "prevReceipt",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "tiers",
						"type": "uint16",
						"internalType": "uint16"
					},
					{
						"name": "evidenceHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "anchorBy",
						"type": "uint64",
						"internalType": "uint64"
					}
				]
			},
			{
				"name": "contributorSignature",
				"type": "bytes",
				"internalType": "bytes"
			},
			{
				"name": "gatewaySignature",
				"type": "bytes",
				"internalType": "bytes"
			},
			{
				"name": "content",
				"type": "bytes",
				"internalType": "bytes"
			},
			{
				"name": "policy",
				"type": "tuple",
				"internalType": "struct Policy",
				"components": [
					{
						"name": "modelId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "minTiers",
						"type": "uint16",
						"internalType": "uint16"
					},
					{
						"name": "maxAge",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "gateway",
						"type": "address",
						"internalType": "address"
					}
				]
			}
		],
		"outputs": [{
			"name": "",
			"type": "bool",
			"internalType": "bool"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "verifyJob",
		"inputs": [
			{
				"name": "jobId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "content",
				"type": "bytes",
				"internalType": "bytes"
			},
			{
				"name": "packed",
				"type": "bytes",
				"internalType": "bytes"
			}
		],
		"outputs": [{
			"name": "",
			"type": "bool",
			"internalType": "bool"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "verifyWork",
		"inputs": [{
			"name": "work",
			"type": "tuple",
			"internalType": "struct Work",
			"components": [
				{
					"name": "jobId",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "gateway",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "contributor",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "modelId",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "inputHash",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "outputHash",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "contentHash",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "streamRoot",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "promptTokens",
					"type": "uint32",
					"internalType": "uint32"
				},
				{
					"name": "cachedPromptTokens",
					"type": "uint32",
					"internalType": "uint32"
				},
				{
					"name": "completionTokens",
					"type": "uint32",
					"internalType": "uint32"
				},
				{
					"name": "commitment",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "startedAt",
					"type": "uint64",
					"internalType": "uint64"
				},
				{
					"name": "finishedAt",
					"type": "uint64",
					"internalType": "uint64"
				},
				{
					"name": "status",
					"type": "uint8",
					"internalType": "uint8"
				}
			]
		}, {
			"name": "contributorSignature",
			"type": "bytes",
			"internalType": "bytes"
		}],
		"outputs": [{
			"name": "ok",
			"type": "bool",
			"internalType": "bool"
		}, {
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "workDigestOf",
		"inputs": [{
			"name": "work",
			"type": "tuple",
			"internalType": "struct Work",
			"components": [
				{
					"name": "jobId",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "gateway",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "contributor",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "modelId",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "inputHash",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "outputHash",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "contentHash",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "streamRoot",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "promptTokens",
					"type": "uint32",
					"internalType": "uint32"
				},
				{
					"name": "cachedPromptTokens",
					"type": "uint32",
					"internalType": "uint32"
				},
				{
					"name": "completionTokens",
					"type": "uint32",
					"internalType": "uint32"
				},
				{
					"name": "commitment",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "startedAt",
					"type": "uint64",
					"internalType": "uint64"
				},
				{
					"name": "finishedAt",
					"type": "uint64",
					"internalType": "uint64"
				},
				{
					"name": "status",
					"type": "uint8",
					"internalType": "uint8"
				}
			]
		}],
		"outputs": [{
			"name": "",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "view"
	},
	{
		"type": "error",
		"name": "KeyBooksDiffer",
		"inputs": [{
			"name": "ofContributors",
			"type": "address",
			"internalType": "contract ISigningKeyBook"
		}, {
			"name": "ofGateways",
			"type": "address",
			"internalType": "contract ISigningKeyBook"
		}]
	}
];
/** Creation code; constructor arguments are appended to it. */
const receiptVerifierBytecode = "0x610100604052348015610010575f5ffd5b506040516120e53803806120e583398101604081905261002f91610178565b5f836001600160a01b03166354c594136040518163ffffffff1660e01b8152600401602060405180830381865afa15801561006c573d5f5f3e3d5ffd5b505050506040513d601f19601f8201168201806040525081019061009091906101c2565b90505f836001600160a01b03166354c594136040518163ffffffff1660e01b8152600401602060405180830381865afa1580156100cf573d5f5f3e3d5ffd5b505050506040513d601f19601f820116820180604052508101906100f391906101c2565b9050806001600160a01b0316826001600160a01b03161461013e57604051631b4f69dd60e11b81526001600160a01b0380841660048301528216602482015260440160405180910390fd5b506001600160a01b0393841660805291831660a052821660c0521660e0526101e4565b6001600160a01b0381168114610175575f5ffd5b50565b5f5f5f6060848603121561018a575f5ffd5b835161019581610161565b60208501519093506101a681610161565b60408501519092506101b781610161565b809150509250925092565b5f602082840312156101d2575f5ffd5b81516101dd81610161565b9392505050565b60805160a05160c05160e051611e9d6102485f395f81816101ef015281816109a50152610ab501525f818161027a01528181610357015261053901525f818161011c015261091501525f8181610240015281816106b00152610a3d0152611e9d5ff3fe608060405234801561000f575f5ffd5b50600436106100da575f3560e01c806352ad0d5e116100885780636e7e3b2b116100635780636e7e3b2b1461023b5780639049f9a614610262578063e7e1e36514610275578063f698da251461029c575f5ffd5b806352ad0d5e146101c557806354c59413146101ea57806356a764cc14610211575f5ffd5b80634280863e116100b85780634280863e146101635780634babeb921461018f57806350436eca146101b2575f5ffd5b806303fc7bc5146100de57806308f12ca314610104578063093a86d314610117575b5f5ffd5b6100f16100ec3660046111ba565b6102a4565b6040519081526020015b60405180910390f35b6100f16101123660046111e6565b610303565b61013e7f000000000000000000000000000000000000000000000000000000000000000081565b60405173ffffffffffffffffffffffffffffffffffffffff90911681526020016100fb565b610176610171366004611201565b610318565b60405167ffffffffffffffff90911681526020016100fb565b6101a261019d3660046112c5565b6103da565b60405190151581526020016100fb565b6101a26101c03660046113b2565b61042a565b6101d86101d336600461142b565b610508565b60405160ff90911681526020016100fb565b61013e7f000000000000000000000000000000000000000000000000000000000000000081565b61022461021f366004611442565b6105b7565b6040805192151583526020830191909152016100fb565b61013e7f000000000000000000000000000000000000000000000000000000000000000081565b6102246102703660046114a9565b610650565b61013e7f000000000000000000000000000000000000000000000000000000000000000081565b6100f1610703565b5f6102fd6102b0610703565b6102c36102bc85610712565b8590610750565b6040517f19010000000000000000000000000000000000000000000000000000000000008152600281019290925260228201526042902090565b92915050565b5f6102fd61030f610703565b6102c384610712565b6040517fdd83471c0000000000000000000000000000000000000000000000000000000081525f9073ffffffffffffffffffffffffffffffffffffffff7f0000000000000000000000000000000000000000000000000000000000000000169063dd83471c906103929088908890889088906004016114fb565b602060405180830381865afa1580156103ad573d5f5f3e3d5ffd5b505050506040513d601f19601f820116820180604052508101906103d19190611571565b95945050505050565b5f6103e5828a61079f565b6103f057505f61041e565b60c08901356103ff858561083f565b1461040b57505f61041e565b5f6104198a8a8a8a8a6105b7565b509150505b98975050505050505050565b5f80808061043a85870187611811565b82515192955090935091508914610456575f93505050506103d1565b604080516080810182525f80825260208201819052818301819052606082015290517f4babeb920000000000000000000000000000000000000000000000000000000081523090634babeb92906104bb908790879087908f908f908990600401611b3f565b602060405180830381865afa1580156104d6573d5f5f3e3d5ffd5b505050506040513d601f19601f820116820180604052508101906104fa9190611cd0565b9a9950505050505050505050565b6040517fc7df14e2000000000000000000000000000000000000000000000000000000008152600481018290525f907f000000000000000000000000000000000000000000000000000000000000000073ffffffffffffffffffffffffffffffffffffffff169063c7df14e290602401602060405180830381865afa158015610593573d5f5f3e3d5ffd5b505050506040513d601f19601f820116820180604052508101906102fd9190611cef565b5f5f5f6105c2610703565b90505f6105ce89610712565b90506105de826102c38b84610750565b92505f61062083836040517f19010000000000000000000000000000000000000000000000000000000000008152600281019290925260228201526042902090565b905061062b8a610850565b801561064157506106418a828b8b888c8c6108ef565b94505050509550959350505050565b5f5f61065b85610303565b90506101c085013560081c6101a086013561018087013517604090811c6101408801356101208901356101008a01351717602090811c92890135908901351760a01c9190911717171580156106f957506106f97f00000000000000000000000000000000000000000000000000000000000000006106df6060880160408901611d0a565b8387876106f46101c08c016101a08d01611d23565b610b7a565b9150935093915050565b5f61070d30610c43565b905090565b6040517fb9e64ce367e606fc6f00ffec47f7961de1fbfde91162918a01c745eaa4487db58082525f916101e084602083013761020090209392505050565b5f5f7f3790393f2c11dac26c59608413a4afc9bda7ed68479a39f9b9fbdbc3449d015b90506040518181528360208201526020600e026020600f02860160408301376102009020949350505050565b5f823580158015906107b5575060608301358114155b156107c3575f9150506102fd565b606084013580158015906107db575060208401358114155b156107ea575f925050506102fd565b602085013561034085013519811615610808575f93505050506102fd565b60408601356101a08601358115806108205750804211155b8061041e5750816108318242611d6b565b111598975050505050505050565b5f8183604051375060405120919050565b5f6102008201356102a0830135176102208301356102c08401356102e08501351761038085013580841760401c60a084901c17608083901c1761034087013560101c81171580156108e457506101c087013560081c6101a088013561018089013517604090811c6101408a01356101208b01356101008c01351717602090811c928b0135908b01351760a01c919091171717155b979650505050505050565b5f610340880135600181168203610909575f9150506108e4565b6101a08901355f6109497f000000000000000000000000000000000000000000000000000000000000000060208d01356109448a8a8a610ce5565b610d79565b9050600283165f03610a37578715610966575f93505050506108e4565b6040517fea269a290000000000000000000000000000000000000000000000000000000081526004810182905267ffffffffffffffff831660248201527f000000000000000000000000000000000000000000000000000000000000000073ffffffffffffffffffffffffffffffffffffffff169063ea269a2990604401602060405180830381865afa1580156109ff573d5f5f3e3d5ffd5b505050506040513d601f19601f82011682018060405250810190610a239190611cd0565b610a32575f93505050506108e4565b610b60565b5f610a6c7f000000000000000000000000000000000000000000000000000000000000000060408e01356109448e8e8e610ce5565b6040517fd8c9f08c000000000000000000000000000000000000000000000000000000008152600481018290526024810184905267ffffffffffffffff851660448201529091507f000000000000000000000000000000000000000000000000000000000000000073ffffffffffffffffffffffffffffffffffffffff169063d8c9f08c90606401602060405180830381865afa158015610b0f573d5f5f3e3d5ffd5b505050506040513d601f19601f82011682018060405250810190610b339190611cd0565b610b43575f9450505050506108e4565b610b4e8b8b8b610db7565b610b5e575f9450505050506108e4565b505b610b6b878787610db7565b9b9a5050505050505050505050565b5f5f610b87868686610ce5565b6040517f07bc17d600000000000000000000000000000000000000000000000000000000815273ffffffffffffffffffffffffffffffffffffffff8981166004830152808316602483015267ffffffffffffffff86166044830152919250908916906307bc17d690606401602060405180830381865afa158015610c0d573d5f5f3e3d5ffd5b505050506040513d601f19601f82011682018060405250810190610c319190611cd0565b801561041e575061041e868686610db7565b5f6102fd7f4fdaac24ace32211f2969ecd88c67dcbcbf89c20cdb3a628c31a9bffcb842c8183604080517f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f815260208101939093527fc89efdaa54c0f20c7adf612882df0950f5a951637e0307cdcb4c672f298b8bc69083015246606083015273ffffffffffffffffffffffffffffffffffffffff16608082015260a0902090565b5f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffbf8201610d1f57610d18848484610e01565b9050610d72565b610d298383610e52565b15610d4e57610d18610d3c858585610ea1565b610d4960415f8688611d7e565b610e01565b60148210610d7257610d6360145f8486611d7e565b610d6c91611da5565b60601c90505b9392505050565b6040805173ffffffffffffffffffffffffffffffffffffffff80861682528481166020830152831691810191909152606090205f905b949350505050565b5f6041821480610dcc5750610dcc8383610e52565b80610daf5750610daf610de260145f8587611d7e565b610deb91611da5565b60601c85610dfc8560148189611d7e565b610fbe565b5f60418214610e1157505f610d72565b60208301357f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0811115610e47575f915050610d72565b6103d18585856110c5565b5f81604181118015610e7a5750610e6b60106020611e0b565b610e76906041611e22565b8111155b8015610daf57506020610e8e604183611d6b565b610e989190611e35565b15949350505050565b5f8381526020812060415b83811015610ef55784810135808310610ed1575f818152602084905260409020610edf565b5f8381526020829052604090205b9250610eee9050602082611e22565b9050610eac565b50604080517fb03948446334eb9b2196d5eb166f69b9d49403eb4a12f36de8d3f9f3cb8e15c360208201527f6401d52e0b70bab86c8c3f03c85906ae74836e50e532254840e07d1b3afe0948918101919091527fc89efdaa54c0f20c7adf612882df0950f5a951637e0307cdcb4c672f298b8bc660608201526103d190608001604051602081830303815290604052805190602001206102c37fff44cdf6fe2608c296bfcc0e3f316d8433af53f70b4c06248b686111a00427a4845f9182526020526040902090565b5f5f5f5f61105c8862061a8060208a8a8a604051602401610fe193929190611e6d565b604080517fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe08184030181529190526020810180517bffffffffffffffffffffffffffffffffffffffffffffffffffffffff167f1626ba7e00000000000000000000000000000000000000000000000000000000179052611159565b92509250925082801561106d575081155b801561107a575080516020145b801561041e575080517f1626ba7e00000000000000000000000000000000000000000000000000000000906110b89083016020908101908401611e86565b1498975050505050505050565b5f60405182604081146110e057604181146111205750611151565b60208581013560ff81901c601b0190915285356040527f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff16606052611131565b60408501355f1a6020526040856040375b50845f526020604060805f60015afa505f6060523d606018519150806040525b509392505050565b5f5f606060405190505f388551602087018a8afa92503d8561ffff163d111561118757506001915061ffff85165b80825260208201815f823e016040529196909550909350915050565b5f6103a082840312156111b4575f5ffd5b50919050565b5f6103a082840312156111cb575f5ffd5b610d7283836111a3565b5f6101e082840312156111b4575f5ffd5b5f6101e082840312156111f7575f5ffd5b610d7283836111d5565b5f5f5f5f60608587031215611214575f5ffd5b8435935060208501359250604085013567ffffffffffffffff811115611238575f5ffd5b8501601f81018713611248575f5ffd5b803567ffffffffffffffff81111561125e575f5ffd5b8760208260051b8401011115611272575f5ffd5b949793965060200194505050565b5f5f83601f840112611290575f5ffd5b50813567ffffffffffffffff8111156112a7575f5ffd5b6020830191508360208285010111156112be575f5ffd5b9250929050565b5f5f5f5f5f5f5f5f888a036104808112156112de575f5ffd5b6112e88b8b6111a3565b98506103a08a013567ffffffffffffffff811115611304575f5ffd5b6113108c828d01611280565b9099509750506103c08a013567ffffffffffffffff811115611330575f5ffd5b61133c8c828d01611280565b9097509550506103e08a013567ffffffffffffffff81111561135c575f5ffd5b6113688c828d01611280565b90955093505060807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc008201121561139d575f5ffd5b50610400890190509295985092959890939650565b5f5f5f5f5f606086880312156113c6575f5ffd5b85359450602086013567ffffffffffffffff8111156113e3575f5ffd5b6113ef88828901611280565b909550935050604086013567ffffffffffffffff81111561140e575f5ffd5b61141a88828901611280565b969995985093965092949392505050565b5f6020828403121561143b575f5ffd5b5035919050565b5f5f5f5f5f6103e08688031215611457575f5ffd5b61146187876111a3565b94506103a086013567ffffffffffffffff81111561147d575f5ffd5b61148988828901611280565b9095509350506103c086013567ffffffffffffffff81111561140e575f5ffd5b5f5f5f61020084860312156114bc575f5ffd5b6114c685856111d5565b92506101e084013567ffffffffffffffff8111156114e2575f5ffd5b6114ee86828701611280565b9497909650939450505050565b848152836020820152606060408201528160608201525f7f07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff83111561153e575f5ffd5b8260051b808560808501379190910160800195945050505050565b67ffffffffffffffff8116811461156e575f5ffd5b50565b5f60208284031215611581575f5ffd5b8151610d7281611559565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52604160045260245ffd5b6040516101e0810167ffffffffffffffff811182821017156115dd576115dd61158c565b60405290565b803573ffffffffffffffffffffffffffffffffffffffff81168114611606575f5ffd5b919050565b803563ffffffff81168114611606575f5ffd5b803561160681611559565b60ff8116811461156e575f5ffd5b803561160681611629565b5f6101e08284031215611653575f5ffd5b61165b6115b9565b82358152905061166d602083016115e3565b602082015261167e604083016115e3565b6040820152606082810135908201526080808301359082015260a0808301359082015260c0808301359082015260e080830135908201526116c2610100830161160b565b6101008201526116d5610120830161160b565b6101208201526116e8610140830161160b565b6101408201526101608281013590820152611706610180830161161e565b6101808201526117196101a0830161161e565b6101a082015261172c6101c08301611637565b6101c082015292915050565b80356fffffffffffffffffffffffffffffffff81168114611606575f5ffd5b803561ffff81168114611606575f5ffd5b5f82601f830112611777575f5ffd5b813567ffffffffffffffff8111156117915761179161158c565b604051601f82017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0908116603f0116810167ffffffffffffffff811182821017156117de576117de61158c565b6040528181528382016020018510156117f5575f5ffd5b816020850160208301375f918101602001919091529392505050565b5f5f5f8385036103e0811215611825575f5ffd5b6103a0811215611833575f5ffd5b5061183c6115b9565b6118468686611642565b81526101e08501356020820152611860610200860161161e565b604082015261187261022086016115e3565b6060820152610240850135608082015261026085013560a082015261028085013560c08201526118a56102a0860161161e565b60e08201526118b76102c08601611738565b6101008201526118ca6102e08601611738565b6101208201526103008501356101408201526103208501356101608201526118f56103408601611757565b6101808201526103608501356101a0820152611914610380860161161e565b6101c082015292506103a084013567ffffffffffffffff811115611936575f5ffd5b61194286828701611768565b9250506103c084013567ffffffffffffffff81111561195f575f5ffd5b61196b86828701611768565b9150509250925092565b8051825260208101516119a0602084018273ffffffffffffffffffffffffffffffffffffffff169052565b5060408101516119c8604084018273ffffffffffffffffffffffffffffffffffffffff169052565b50606081015160608301526080810151608083015260a081015160a083015260c081015160c083015260e081015160e0830152610100810151611a1461010084018263ffffffff169052565b50610120810151611a2e61012084018263ffffffff169052565b50610140810151611a4861014084018263ffffffff169052565b50610160810151610160830152610180810151611a7261018084018267ffffffffffffffff169052565b506101a0810151611a906101a084018267ffffffffffffffff169052565b506101c0810151611aa76101c084018260ff169052565b505050565b5f81518084528060208401602086015e5f6020828601015260207fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f83011685010191505092915050565b81835281816020850137505f602082840101525f60207fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f840116840101905092915050565b611b4a818851611975565b60208701516101e08201525f6040880151611b7261020084018267ffffffffffffffff169052565b50606088015173ffffffffffffffffffffffffffffffffffffffff16610220830152608088015161024083015260a088015161026083015260c088015161028083015260e088015167ffffffffffffffff9081166102a08401526101008901516fffffffffffffffffffffffffffffffff9081166102c08501526101208a0151166102e084015261014089015161030084015261016089015161032084015261018089015161ffff166103408401526101a08901516103608401526101c0890151166103808301526104806103a08301819052611c5190830188611aac565b8281036103c0840152611c648188611aac565b90508281036103e0840152611c7a818688611af8565b8451610400850152602085015161ffff16610420850152604085015167ffffffffffffffff16610440850152606085015173ffffffffffffffffffffffffffffffffffffffff1661046085015291506108e49050565b5f60208284031215611ce0575f5ffd5b81518015158114610d72575f5ffd5b5f60208284031215611cff575f5ffd5b8151610d7281611629565b5f60208284031215611d1a575f5ffd5b610d72826115e3565b5f60208284031215611d33575f5ffd5b8135610d7281611559565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52601160045260245ffd5b818103818111156102fd576102fd611d3e565b5f5f85851115611d8c575f5ffd5b83861115611d98575f5ffd5b5050820193919092039150565b80357fffffffffffffffffffffffffffffffffffffffff0000000000000000000000008116906014841015611e04577fffffffffffffffffffffffffffffffffffffffff000000000000000000000000808560140360031b1b82161691505b5092915050565b80820281158282048414176102fd576102fd611d3e565b808201808211156102fd576102fd611d3e565b5f82611e68577f4e487b71000000000000000000000000000000000000000000000000000000005f52601260045260245ffd5b500690565b838152604060208201525f6103d1604083018486611af8565b5f60208284031215611e96575f5ffd5b505191905056";

// src/chain/receipt-verifier.ts
const receiptVerifierAt = (address) => ({
	name: "ReceiptVerifier",
	address,
	abi: receiptVerifierAbi
});

// src/domain/log-head.ts
/** `gatewaySeq` of the batch's last receipt. */
const lastSeqOf = ({ firstSeq, count }) => firstSeq + count - 1;

// src/client/check-inclusion.ts
/** A tree of the largest batch has twelve levels; what is deeper is no batch of a log. */
const siblingsMax = 12;
/** The error is one sentence for a person. */
function checkInclusion({ receipt, domain }, proof) {
	const { head } = proof.log;
	if (receiptDigest(receiptDomain(domain), receipt) !== proof.digest) return err("the proof is of another receipt");
	if (!isSameDomain(domain, proof.log.domain)) return err("the head is signed in another domain");
	if (head.gateway !== receipt.work.gateway) return err("the head is another gateway's");
	if (proof.gatewaySeq !== receipt.gatewaySeq) return err(`the proof is for gatewaySeq ${proof.gatewaySeq}, not ${receipt.gatewaySeq}`);
	if (receipt.gatewaySeq < head.firstSeq || receipt.gatewaySeq > lastSeqOf(head)) return err(`gatewaySeq ${receipt.gatewaySeq} is not in batch ${head.batch}, which has ${head.firstSeq} to ${lastSeqOf(head)}`);
	if (proof.siblings.length > siblingsMax) return err("the path is longer than any batch has");
	if (rootFrom(leafOfDigest(proof.digest), proof.siblings) !== head.root) return err(`the path does not lead to the root of batch ${head.batch}`);
	const signer = signerOfHead(proof.log);
	if (signer.kind === "invalid") return err(`the head's signature: ${signer.fault}`);
	if (signer.kind === "absent") return err("the head is not signed");
	return ok({
		batch: head.batch,
		root: head.root,
		closedAt: head.closedAt,
		signer
	});
}
/** Whether a head speaks of the receipts of this one's gateway, under the same contracts. */
const isOfGateway = ({ receipt, domain }, log) => isSameDomain(domain, log.domain) && log.head.gateway === receipt.work.gateway;
/** Whose signature a head has, in the domain that it names. */
const signerOfHead = ({ head, signature, domain }) => readSigner(logHeadDigest(receiptDomain(domain), head), signature);
/** When the root came to the chain, by the contract that the receipt's verifier names; undefined: never. */
async function readAnchoring(rpc, verifier, root) {
	const receiptAnchor = await readReceiptAnchorOf(rpc, receiptVerifierAt(verifier));
	return receiptAnchor.ok ? readRootAnchoredAt(rpc, receiptAnchor.value, root) : receiptAnchor;
}
const isSameDomain = (a, b) => a.name === b.name && a.version === b.version && a.chainId === b.chainId && a.verifyingContract === b.verifyingContract;

// src/domain/log-entries.ts
/** The most receipts that a batch may have: a tree of twelve levels. */
const batchReceiptsMax = 4096;
/** The value of `LogHead.entriesHash`. */
const entriesHashOf = (text) => bytes32(`0x${sha256Hex(text)}`);
const linePattern = /^\{"gatewaySeq":([1-9][0-9]{0,15}),"digest":"(0x[0-9a-f]{64})"\}$/;
/** Accepts exactly what `logEntriesText` writes; the fault names the line. */
function parseLogEntries(text) {
	if (!text.endsWith("\n")) return err("the entries do not end with a line feed");
	const lines = text.slice(0, -1).split("\n");
	if (lines.length > 4096) return err(`a batch has at most ${batchReceiptsMax} entries`);
	const digests = [];
	let firstSeq = 0;
	for (const [index, line] of lines.entries()) {
		const [, seqText = "", digest = ""] = linePattern.exec(line) ?? [];
		const seq = Number(seqText);
		if (!Number.isSafeInteger(seq) || seq === 0) return err(`line ${index + 1} is no entry`);
		if (index === 0) firstSeq = seq;
		if (seq !== firstSeq + index) return err(`line ${index + 1} has gatewaySeq ${seq} where ${firstSeq + index} follows`);
		digests.push(bytes32(digest));
	}
	return ok({
		firstSeq,
		digests
	});
}

// src/client/audit-log-findings.ts
const finding = (kind, about) => ({
	batch: void 0,
	gatewaySeq: void 0,
	...about,
	kind
});

// src/client/audit-log-batch.ts
/** The entries against the head that was signed over them. */
function judgeEntries({ head }, entries) {
	const { batch } = head;
	const findings = [];
	const find = (kind, detail) => {
		findings.push(finding(kind, {
			batch,
			detail
		}));
	};
	if (entriesHashOf(entries) !== head.entriesHash) find("entries-altered", "the entries that are served are not those that were signed");
	const parsed = parseLogEntries(entries);
	if (!parsed.ok) find("entries-altered", parsed.error);
	const { firstSeq, digests } = parsed.ok ? parsed.value : {
		firstSeq: 0,
		digests: []
	};
	if (parsed.ok && (firstSeq !== head.firstSeq || digests.length !== head.count)) find("entries-altered", `the entries are ${firstSeq} to ${firstSeq + digests.length - 1}, the head says ${head.firstSeq} to ${lastSeqOf(head)}`);
	if (digests.length > 0 && rootOf(merkleTree(digests.map(leafOfDigest))) !== head.root) find("root-wrong", "the root of the entries is not the root that was signed");
	return {
		findings,
		digests
	};
}

// src/client/find-in-log.ts
const nothing = { found: "nothing" };
const fault = (detail) => ok({
	found: "fault",
	detail
});
/** The error is one line: why the log could not be asked. */
async function findInLog(source, parsed) {
	const log = await source.log();
	if (!log.ok) return log;
	const newest = log.value.head;
	const { gatewaySeq } = parsed.receipt;
	if (newest === null || newest.head.gateway !== parsed.receipt.work.gateway) return ok(nothing);
	if (gatewaySeq > lastSeqOf(newest.head)) return ok(nothing);
	const found = await batchWith(source, gatewaySeq, newest);
	if (!found.ok) return found;
	if (typeof found.value === "string") return fault(found.value);
	const document = found.value;
	const { batch, firstSeq, root, closedAt } = document.head;
	if (!isOfGateway(parsed, document)) return ok(nothing);
	const signer = signerOfHead(document);
	if (signer.kind !== "key") return fault(`the head of batch ${batch} is not signed by a key`);
	const entries = await source.entries(batch);
	if (!entries.ok) return entries;
	if (entries.value === void 0) return fault(withheld(batch));
	const { findings, digests } = judgeEntries(document, entries.value);
	const [amiss] = findings;
	const digest = digests[gatewaySeq - firstSeq];
	if (amiss !== void 0 || digest === void 0) return fault(`batch ${batch}: ${amiss?.detail ?? `it has no gatewaySeq ${gatewaySeq}`}`);
	return ok({
		found: "digest",
		digest,
		shown: {
			batch,
			root,
			closedAt,
			signer
		}
	});
}
/** By halves, as numbers follow without a gap: a log of a year has half a million batches. A string is what is amiss. */
async function batchWith(source, gatewaySeq, newest) {
	let [low, high] = [0, newest.head.batch];
	let batch = high;
	while (low <= high) {
		const asked = batch === newest.head.batch ? ok(newest) : await source.batch(batch);
		if (!asked.ok) return err(`batch ${batch}: ${asked.error}`);
		if (asked.value === void 0) return ok(withheld(batch));
		const { head } = asked.value;
		if (head.batch !== batch) return ok(`batch ${head.batch} is served as batch ${batch}`);
		if (gatewaySeq < head.firstSeq) high = batch - 1;
		else if (gatewaySeq > lastSeqOf(head)) low = batch + 1;
		else return ok(asked.value);
		batch = Math.floor((low + high) / 2);
	}
	return ok(`gatewaySeq ${gatewaySeq} is in no batch of the log, which is further`);
}
const withheld = (batch) => `the log gave out the number by batch ${batch}, and does not serve that batch`;

// src/client/log-documents.ts
const objectNamed = (name) => valueReader(`"${name}"`, (value) => value === name ? name : void 0);
const logHeadReader = objectReader({
	gateway: addressReader,
	batch: uint64Reader,
	root: bytes32Reader,
	count: uint32Reader,
	firstSeq: uint64Reader,
	head: bytes32Reader,
	entriesHash: bytes32Reader,
	closedAt: secondsReader
}, "refused");
const anchorReader = objectReader({
	contract: addressReader,
	sender: addressReader,
	transactionHash: bytes32Reader,
	blockNumber: uint64Reader,
	anchoredAt: secondsReader
}, "ignored");
const logHeadDocumentReader = objectReader({
	object: objectNamed("vouch.log_head"),
	head: logHeadReader,
	signature: signatureReader,
	domain: domainReader,
	anchor: orNull(anchorReader)
}, "ignored");
const transparencyLogReader = objectReader({
	object: objectNamed("vouch.transparency_log"),
	gateway: addressReader,
	domain: domainReader,
	receiptAnchor: addressReader,
	sender: addressReader,
	batches: uint64Reader,
	anchoredBatches: uint64Reader,
	promiseS: uint64Reader,
	isPromising: truthReader,
	head: orNull(logHeadDocumentReader)
}, "ignored");
const inclusionProofReader = objectReader({
	object: objectNamed("vouch.inclusion_proof"),
	digest: bytes32Reader,
	gatewaySeq: uint64Reader,
	index: uint32Reader,
	siblings: listReader(bytes32Reader),
	log: logHeadDocumentReader
}, "ignored");
const consistencyReader = objectReader({
	object: objectNamed("vouch.consistency_proof"),
	from: logHeadDocumentReader,
	to: logHeadDocumentReader,
	batches: listReader(objectReader({
		batch: uint64Reader,
		root: bytes32Reader,
		count: uint32Reader
	}, "ignored"))
}, "ignored");
const whole$1 = (reader) => (value) => {
	const faults = [];
	const read = reader(value, {
		path: "",
		faults
	});
	return read === void 0 ? err(faults) : ok(read);
};
const readLogHead = whole$1(logHeadDocumentReader);
const readTransparencyLog = whole$1(transparencyLogReader);
const readInclusionProof = whole$1(inclusionProofReader);
const readConsistency = whole$1(consistencyReader);

// src/client/log-source.ts
/** A batch of 4,096 entries has 440 KB. */
const answerBytesMax$1 = 2097152;
const answerTimeoutMs = 6e4;
/** `origin`: the gateway's base URL without `/v1`. */
function gatewayLog(origin, ask = fetch) {
	const get = (path) => getText(ask, `${origin}/v1/transparency/${path}`);
	return {
		name: origin,
		log: async () => {
			const text = await get("head");
			if (!text.ok) return text;
			if (text.value === void 0) return err(`${origin} keeps no transparency log`);
			return parseLogText(text.value, readTransparencyLog);
		},
		batch: async (batch) => {
			const text = await get(`batches/${batch}`);
			if (!text.ok) return text;
			return text.value === void 0 ? ok(void 0) : parseLogText(text.value, readLogHead);
		},
		entries: (batch) => get(`batches/${batch}.jsonl`)
	};
}
/** A document of a log, or what is amiss with it in one line. */
function parseLogText(text, read) {
	let value;
	try {
		value = JSON.parse(text);
	} catch {
		return err("it is no JSON");
	}
	const repeated = findRepeatedKey(text);
	if (repeated !== void 0) return err(`${repeated} stands there twice`);
	const document = read(value);
	if (document.ok) return document;
	const [fault] = document.error;
	return err(`${fault?.path || "it"}: expected ${fault?.expected}, got ${fault?.found}`);
}
async function getText(ask, url) {
	try {
		const response = await ask(url, {
			signal: AbortSignal.timeout(answerTimeoutMs),
			redirect: "error"
		});
		if (response.status === 404) return ok(void 0);
		if (response.status !== 200) return err(`${url} answered ${response.status}`);
		const bytes = new Uint8Array(await response.arrayBuffer());
		if (bytes.length > answerBytesMax$1) return err(`${url} is longer than any batch`);
		return ok(utf8Text(bytes));
	} catch (error) {
		const cause = error instanceof Error ? error.cause : void 0;
		const why = typeof cause?.code === "string" ? cause.code : String(error);
		return err(`${url} cannot be reached (${why})`);
	}
}

// src/client/check-logged.ts
const proofReader = (value, { faults }) => {
	const proof = readInclusionProof(value);
	if (proof.ok) return proof.value;
	faults.push(...proof.error);
};
const checkLogged = async ({ verification, signers, gateway, rpc }) => {
	if (gateway === void 0) return [];
	const { receipt } = verification;
	const path = `/v1/transparency/proof?${`digest=${signers.receiptDigest}&gatewaySeq=${receipt.receipt.gatewaySeq}`}`;
	const proof = await askGateway({
		origin: gateway.origin,
		path,
		init: {}
	}, proofReader);
	const shown = proof.ok ? checkProof$1(receipt, proof.value) : await withoutProof(proof.error, {
		verification,
		signers,
		gateway
	});
	if ("verdict" in shown) return [shown];
	const line = judgeHead(shown, signers.gateway);
	if (rpc === void 0 || line.verdict !== "holds") return [line];
	return [line, await checkAnchored(rpc, receipt, shown)];
};
const inclusion = "inclusion";
function checkProof$1(receipt, proof) {
	const shown = checkInclusion(receipt, proof);
	return shown.ok ? shown.value : fails(inclusion, shown.error);
}
/** A log that gives no proof is asked what it has at the receipt's number. */
async function withoutProof(failure, asked) {
	const { verification, signers, gateway } = asked;
	const { receipt, nowMs } = verification;
	const detail = describeBillingFailure(failure);
	if (failure.reason !== "gateway_refused") return unknown(inclusion, detail);
	if (failure.status !== 404 && failure.status !== 409) return unknown(inclusion, detail);
	const inLog = await findInLog(gatewayLog(gateway.origin), receipt);
	if (!inLog.ok) {
		const unseen = `${detail}; whether its number is another's cannot be seen: ${inLog.error}`;
		const line = judgePromise(receipt, unseen, nowMs);
		return line.verdict === "fails" ? line : unknown(inclusion, unseen);
	}
	if (inLog.value.found === "nothing") return judgePromise(receipt, detail, nowMs);
	if (inLog.value.found === "fault") return fails(inclusion, inLog.value.detail);
	const { digest, shown } = inLog.value;
	if (digest === signers.receiptDigest) return shown;
	return fails(inclusion, describeTaken(receipt, {
		digest,
		shown,
		gateway: signers.gateway
	}));
}
function describeTaken({ receipt }, by) {
	const { batch, signer } = by.shown;
	const number = `its gatewaySeq ${receipt.gatewaySeq} is another receipt's in the log`;
	const where = `${by.digest} has it in batch ${batch}`;
	if (!isSameKey(signer, by.gateway)) return `${number}: ${where}, in a head that the receipt's key did not sign`;
	return `${number}: ${where}, in a head that the receipt's own key signed: the two receipts are evidence for S2`;
}
/** `detail`: what the gateway said instead of a proof. */
function judgePromise({ receipt }, detail, nowMs) {
	const { anchorBy } = receipt;
	if (anchorBy === 0) return unknown(inclusion, `not in the log, and never promised to be: ${detail}`);
	return anchorBy < Math.floor(nowMs / 1e3) ? fails(inclusion, `promised to be in the log by second ${anchorBy}, and it is not: ${detail}`) : unknown(inclusion, `not in the log yet; promised by ${describeTime(anchorBy)}`);
}
/** `gateway-key` judges the receipt's key; a head by the same key is as good. */
function judgeHead({ batch, root, signer }, gateway) {
	const where = `in batch ${batch} of the log, under the root ${root}`;
	if (isSameKey(signer, gateway)) return holds(inclusion, `${where}, in a head that the receipt's own key signed`);
	const who = signer.kind === "absent" || signer.kind === "invalid" ? "nobody" : signer.address;
	return unknown(inclusion, `${where}, in a head signed by ${who}, which is not the receipt's key`);
}
const isSameKey = (one, other) => one.kind === "key" && other.kind === "key" && one.address === other.address;
async function checkAnchored(rpc, { receipt, domain }, { root }) {
	const check = "inclusion-anchored";
	const anchoring = await readAnchoring(rpc, domain.verifyingContract, root);
	if (!anchoring.ok) return unknown(check, describeChainFailure(anchoring.error));
	const anchoredAt = anchoring.value;
	if (anchoredAt === void 0) return unknown(check, `the chain does not have the root ${root}`);
	const { anchorBy } = receipt;
	return anchorBy !== 0 && anchoredAt > anchorBy ? fails(check, `the chain has the root since ${describeTime(anchoredAt)}, promised by ${describeTime(anchorBy)}`) : holds(check, `the chain has the root since ${describeTime(anchoredAt)}`);
}

// src/domain/tier-claims.ts
const tierClaims = [
	{
		bit: tier.gatewaySigned,
		name: "gateway-signed",
		proves: "the holder of this gateway key stands by these bytes, counts, prices and times, cannot take it back, and can be punished for a second receipt that contradicts it",
		doesNotProve: "that a model ran at all, that the counts are right, or that the gateway did not write the answer itself"
	},
	{
		bit: tier.contributorSigned,
		name: "contributor-signed",
		proves: "a named contributor with a stake claims that it gave this output for this input, in these tokens; the gateway cannot have changed that claim",
		doesNotProve: "which weights or which quantisation computed it, or that the contributor did not buy the answer from someone else's service"
	},
	{
		bit: tier.tokenCommitment,
		name: "token-commitment",
		proves: "the contributor fixed the tokens and probabilities of this answer before any audit",
		doesNotProve: "that this answer was audited, or would pass"
	},
	{
		bit: tier.audited,
		name: "audited",
		proves: "that over a window of many answers this contributor's tokens agreed with a reference model",
		doesNotProve: "anything about this single answer"
	},
	{
		bit: tier.teeBoundKey,
		name: "tee-bound-key",
		proves: "the signing key lives in measured code on a genuine CPU of a known maker",
		doesNotProve: "that the GPU beside it is bound to it, that side channels are closed, or which weights were loaded unless they were measured"
	},
	{
		bit: tier.zkMetered,
		name: "zk-metered",
		proves: "sums and signatures over receipts that stay hidden are right",
		doesNotProve: "that the token counts inside them are true"
	},
	{
		bit: tier.zkInferred,
		name: "zk-inferred",
		proves: "the committed small model maps this input to this output in fixed-point arithmetic",
		doesNotProve: "that the model is any good, that it equals its floating-point original, or that the proof system's setup was honest"
	},
	{
		bit: tier.clientCountersigned,
		name: "client-countersigned",
		proves: "the client accepted the charge",
		doesNotProve: "that the client was content with the answer"
	}
];
const knownTierBits = tierClaims.reduce((bits, { bit }) => bits | bit, 0);
const claimedTiers = (tiers) => tierClaims.filter(({ bit }) => (tiers & bit) !== 0);

// src/chain/audit-typed-data.ts
const verdictTypeHash = typeHash("AuditVerdict(address gateway,address auditor,address contributor,bytes32 modelId,uint64 firstSeq,uint64 lastSeq,uint32 samples,uint32 canaries,uint32 unopened,uint32 tokens,uint32 matchedTokens,uint32 scorePpm,uint8 method,bool passed,bytes32 reportHash,uint64 issuedAt)");
const queryTypeHash = typeHash("AuditQuery(address gateway,address auditor,uint64 validUntil)");
/** What the auditor signs; also the verdict's identity. */
const auditVerdictDigest = (domain, verdict) => typedDataDigest(domain, keccak256Hex(verdictTypeHash + addressWord(verdict.gateway) + addressWord(verdict.auditor) + addressWord(verdict.contributor) + hashWord(verdict.modelId) + uintWord(verdict.firstSeq, 64) + uintWord(verdict.lastSeq, 64) + uintWord(verdict.samples, 32) + uintWord(verdict.canaries, 32) + uintWord(verdict.unopened, 32) + uintWord(verdict.tokens, 32) + uintWord(verdict.matchedTokens, 32) + uintWord(verdict.scorePpm, 32) + uintWord(verdict.method, 8) + uintWord(verdict.passed ? 1 : 0, 8) + hashWord(verdict.reportHash) + uintWord(verdict.issuedAt, 64)));

// src/domain/audit.ts
/** How answers were judged (`AuditVerdict.method`). */
const auditMethod = {
	/** Computed again on the same engine: one other byte is a mismatch. */
	bitForBit: 1,
	/** Share of tokens that a reference would have chosen too, over the window. */
	tokenStatistics: 2
};

// src/client/verdict-reader.ts
const methodReader = valueReader("1 or 2", (value) => Object.values(auditMethod).find((method) => method === value));
/** What an auditor found, as it signed it: a member more or less would be another statement. */
const verdictReader = objectReader({
	gateway: addressReader,
	auditor: addressReader,
	contributor: addressReader,
	modelId: bytes32Reader,
	firstSeq: uint64Reader,
	lastSeq: uint64Reader,
	samples: uint32Reader,
	canaries: uint32Reader,
	unopened: uint32Reader,
	tokens: uint32Reader,
	matchedTokens: uint32Reader,
	scorePpm: uint32Reader,
	method: methodReader,
	passed: truthReader,
	reportHash: bytes32Reader,
	issuedAt: secondsReader
}, "refused");

// src/client/gateway-verdicts.ts
const termsReader = objectReader({
	gateway: addressReader,
	domain: domainReader,
	auditors: listReader(addressReader)
}, "ignored");
const listedReader = dataReader(listReader(objectReader({
	verdict: verdictReader,
	signature: signatureReader
}, "ignored")));
/** The newest hundred, the newest first. */
async function readVerdicts(origin, asked) {
	const query = new URLSearchParams();
	if (asked.contributor !== void 0) query.set("contributor", asked.contributor);
	if (asked.modelId !== void 0) query.set("model", asked.modelId);
	const path = `/v1/audits/verdicts?${query}`;
	const answer = await askGateway({
		origin,
		path,
		init: {}
	}, listedReader);
	return answer.ok ? ok(answer.value.data) : answer;
}

// src/client/check-audit.ts
/** How long before an answer a window may have been judged. */
const verdictAgeMaxS = 2592e3;
async function checkAudit(parsed, gateway, auditors) {
	const check = "audit";
	if (auditors.length === 0) return unknown(check, "whom you trust to audit: add --auditor");
	if (gateway === void 0) return unknown(check, "where the verdicts are: add --log");
	const { contributor, modelId, finishedAt } = parsed.receipt.work;
	const told = await readVerdicts(gateway.origin, {
		contributor,
		modelId
	});
	if (!told.ok) return unknown(check, describeBillingFailure(told.error));
	const before = told.value.filter((signed) => isOf(parsed, signed, auditors)).map(({ verdict }) => verdict).filter(({ issuedAt }) => issuedAt <= finishedAt && issuedAt > finishedAt - verdictAgeMaxS).sort((a, b) => b.issuedAt - a.issuedAt);
	const newest = auditors.flatMap((auditor) => before.find((one) => one.auditor === auditor) ?? []);
	const bad = newest.find(({ passed }) => !passed);
	if (bad !== void 0) return fails(check, `${bad.auditor} found at second ${bad.issuedAt} that it does not pass`);
	const [good] = newest;
	if (good === void 0) return unknown(check, "none of the auditors that you trust said anything in the 30 days before");
	return holds(check, `${newest.map(({ auditor }) => auditor).join(", ")} found that it passes, last at second ${good.issuedAt} over ${good.tokens} tokens`);
}
/** Signed by a trusted auditor, and about this contributor and model at this gateway. */
function isOf({ receipt, domain }, { verdict, signature }, auditors) {
	const { gateway, contributor, modelId } = receipt.work;
	return auditors.includes(verdict.auditor) && verdict.gateway === gateway && verdict.contributor === contributor && verdict.modelId === modelId && recoverSigner(auditVerdictDigest(receiptDomain(domain), verdict), signature) === verdict.auditor;
}

// src/client/check-commitment.ts
/** `opening` is what `GET /v1/vouch/openings/{jobId}` of the contributor answered. */
function checkCommitment({ work }, opening) {
	const check = "token-commitment";
	if (opening === void 0) return unknown(check, "what opens it was not given: add --opening");
	const leaves = leavesOf(utf8Text(opening));
	if (leaves === void 0) return fails(check, "what was given opens no commitment");
	const [first, ...rest] = leaves;
	if (first === void 0) return fails(check, "what was given opens to no token");
	if (leaves.length !== work.completionTokens) return fails(check, `it opens to ${leaves.length} tokens of ${work.completionTokens}`);
	const count = leaves.length.toString(16).padStart(64, "0");
	const root = sortedRoot([first, ...rest]);
	const tag = keccak256Utf8("vouch-tokens/1");
	return keccak256Hex(tag.slice(2) + count + root.slice(2)) === work.commitment ? holds(check, `it opens to ${leaves.length} tokens, as they were when the Work was signed`) : fails(check, "what was given is not what the contributor committed to");
}
/** Undefined for any other text. */
function leavesOf(text) {
	try {
		const { object, choices } = JSON.parse(text);
		if (object !== "vouch.tokens") return void 0;
		return choices.flatMap((numbers, choice) => recordsOf(numbers, choice).map(keccak256Hex));
	} catch {
		return;
	}
}
const word = (number) => {
	if (!Number.isInteger(number)) throw new TypeError("a record is of whole numbers");
	return (number >>> 0).toString(16).padStart(8, "0");
};
function recordsOf(numbers, choice) {
	const records = [];
	let at = 0;
	while (at < numbers.length) {
		const [tokenId = NaN, logprob = NaN, alternatives = NaN] = numbers.slice(at, at + 3);
		const top = numbers.slice(at + 3, at + 3 + 2 * alternatives);
		if (top.length !== 2 * alternatives || alternatives > 255) throw new TypeError("a record is cut");
		const head = [
			choice,
			records.length,
			tokenId,
			logprob
		].map(word).join("");
		records.push(head + alternatives.toString(16).padStart(2, "0") + top.map(word).join(""));
		at += 3 + top.length;
	}
	return records;
}

// src/chain/channel-typed-data.ts
const channelConfigTypeHash = typeHash("ChannelConfig(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt)");
const voucherTypeHash = typeHash("Voucher(bytes32 channelId,uint128 maxClaimableAmount)");
const claimEntryType = "ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)";
const claimEntryTypeHash = typeHash(claimEntryType);
const claimBatchTypeHash = typeHash(`ClaimBatch(ClaimEntry[] claims)${claimEntryType}`);
const receiveWithAuthorizationTypeHash = typeHash("ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)");
/** x402 batch-settlement's domain. `verifyingContract` holds the channels. */
const channelDomain = (place) => domainSeparator({
	name: "x402 Batch Settlement",
	version: "1",
	...place
});
/** The channel's id is its config's digest: it binds the terms to one chain and one contract. */
const channelIdOf = (domain, config) => typedDataDigest(domain, keccak256Hex(channelConfigTypeHash + addressWord(config.payer) + addressWord(config.payerAuthorizer) + addressWord(config.receiver) + addressWord(config.receiverAuthorizer) + addressWord(config.token) + uintWord(config.withdrawDelay, 40) + hashWord(config.salt)));

// src/chain/countersignature-typed-data.ts
const countersignatureTypeHash = typeHash("Countersignature(bytes32 receiptDigest)");
/** What a payer signs, in the domain of receipts (`receiptDomain`): the receipt's digest names everything else. */
const countersignatureDigest = (domain, receiptDigest) => typedDataDigest(domain, keccak256Hex(countersignatureTypeHash + hashWord(receiptDigest)));

// src/client/check-countersignature.ts
function checkCountersignature({ receipt, domain, countersignature }, { receiptDigest }, anchors) {
	const check = "countersignature";
	if (countersignature === void 0) return unknown(check, "the document has none");
	const digest = countersignatureDigest(receiptDomain(domain), receiptDigest);
	const signer = recoverSigner(digest, countersignature.signature);
	if (signer === void 0 || signer !== countersignature.signer) return fails(check, `it is no signature of this receipt by ${countersignature.signer}`);
	if (signer === receipt.client) return holds(check, `${signer}, who pays, accepts the charge`);
	return isSessionKey(receipt, countersignature, anchors) ? holds(check, `${signer}, the session key of ${receipt.client}'s channel, accepts the charge`) : fails(check, `${signer} is neither ${receipt.client}, who pays, nor a session key of its channel`);
}
function isSessionKey({ client, channelId }, { signer, channel }, { channelSettlement: verifyingContract }) {
	if (channel === void 0) return false;
	const { chainId, config } = channel;
	return config.payer === client && config.payerAuthorizer === signer && channelIdOf(channelDomain({
		chainId,
		verifyingContract
	}), config) === channelId;
}

// src/base/wire-tensor.ts
/** A tensor has no value beyond 32 bits: what is proven is range-checked to them. */
const int32Min = -(2 ** 31);
const int32Max = 2 ** 31 - 1;
const wordBytes = 32;
/** Where the array begins, and how long it is. */
const headBytes = 64;
const wireBytesOf = (valueCount) => headBytes + valueCount * wordBytes;
/** `values` are 32-bit integers. */
function encodeTensor(values) {
	const bytes = new Uint8Array(wireBytesOf(values.length));
	const view = new DataView(bytes.buffer);
	view.setUint32(28, wordBytes);
	view.setUint32(60, values.length);
	let at = headBytes;
	for (const value of values) {
		if (value < 0) bytes.fill(255, at, at + wordBytes - 4);
		view.setInt32(at + wordBytes - 4, value);
		at += wordBytes;
	}
	return bytes;
}

// src/base/packed-tensor.ts
const valuesInElement = 7;
const valueBits = 32;
/** What makes an int32 a natural number. */
const valueOffset = 2 ** 31;
const packedLength = (values) => Math.ceil(values / 7);
function packedValues(values) {
	const elements = new Array(packedLength(values.length)).fill(0n);
	for (let at = 0; at < values.length; at += 1) {
		const element = Math.floor(at / 7);
		const place = BigInt(32 * (at % 7));
		elements[element] = (elements[element] ?? 0n) + (BigInt((values[at] ?? 0) + valueOffset) << place);
	}
	return elements;
}

// src/proofs/inference-inputs.ts
const valueMask = (1n << BigInt(32)) - 1n;
/** One tensor's field elements. */
const packTensor = (values) => packedValues(values).map(scalarWord);
/** What a proof that the model gives `outputs` for `inputs` must have as its public inputs. */
function inferencePublicInputs(kind, { inputs, outputs }) {
	return kind === "packed" ? [...packTensor(inputs), ...packTensor(outputs)] : Array.from([...inputs, ...outputs], unpackedElement);
}
const unpackedElement = (value) => scalarWord(value < 0 ? scalarModulus + BigInt(value) : BigInt(value));
/** The tensors that public inputs are of; undefined where they are of none with so many values. */
function readInferenceInputs(kind, publicInputs, lengths) {
	const perElement = kind === "packed" ? 7 : 1;
	const elementsOf = (length) => Math.ceil(length / perElement);
	const split = elementsOf(lengths.inputs);
	if (publicInputs.length !== split + elementsOf(lengths.outputs)) return void 0;
	const read = kind === "packed" ? unpack : readUnpacked;
	const tensors = {
		inputs: read(publicInputs.slice(0, split), lengths.inputs),
		outputs: read(publicInputs.slice(split), lengths.outputs)
	};
	return inferencePublicInputs(kind, tensors).every((word, at) => word === publicInputs[at]) ? tensors : void 0;
}
const unpack = (words, length) => Int32Array.from({ length }, (_, at) => {
	const word = BigInt(words[Math.floor(at / 7)] ?? 0);
	const shift = BigInt(32 * (at % 7));
	return Number(word >> shift & valueMask) - valueOffset;
});
const readUnpacked = (words) => Int32Array.from(words, (word) => {
	const element = BigInt(word);
	return Number(element <= BigInt(int32Max) ? element : element - scalarModulus);
});

// src/base/canonical-json.ts
/**
* What the RFC refuses (section 3.2.2: half of a surrogate pair, a number beyond doubles) is written as JSON.stringify
* writes it: an engine may cut an answer anywhere, and its hash must exist.
*/
function canonicalJson(value) {
	if (value === null || typeof value !== "object") return JSON.stringify(value);
	if (isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
	return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join(",")}}`;
}
const isArray = (value) => Array.isArray(value);

// src/proofs/provable-model.ts
/** A manifest lists files, it does not hold them. */
const manifestCharactersMax = 262144;
/**
* Members of the manifest, beside whatever else is in it:
*
*   "provable": {"codeHash": "0x…", "inputs": 16, "kind": "packed", "outputs": 1, "setup": "dev-insecure"}
*   "proving": {"circuit": "…", "system": "groth16", "vkHash": "0x…"}
*
* Contracts read the first, which is why it has exactly these members; the second is for verifiers outside a chain.
*/
function readProvableModel(manifestText, modelId) {
	const manifest = parse$1(manifestText);
	if (manifest === void 0) return err("the manifest is no JSON object, or too long");
	const found = keccak256Utf8(canonicalJson(manifest));
	if (found !== modelId) return err(`the manifest is that of ${found}, not of ${modelId}`);
	const provable = fieldsOf(manifest["provable"]);
	if (provable === void 0) return err("the manifest says of no circuit: nothing proves this model");
	const { codeHash, inputs, kind, outputs, setup, ...others } = provable;
	if (!isBytes32(codeHash) || !isCount(inputs) || !isCount(outputs)) return err(malformed);
	if (kind !== "packed" && kind !== "ezkl" || Object.keys(others).length > 0) return err(malformed);
	if (setup !== "dev-insecure" && !isBytes32(setup)) return err(malformed);
	const vkHash = fieldsOf(manifest["proving"])?.["vkHash"];
	if (vkHash !== void 0 && !isBytes32(vkHash)) return err("\"proving\" of the manifest is malformed");
	return ok({
		codeHash: bytes32(codeHash),
		inputs,
		outputs,
		kind,
		setup: setup === "dev-insecure" ? devInsecure : bytes32(setup),
		vkHash: vkHash === void 0 ? void 0 : bytes32(vkHash)
	});
}
const malformed = "\"provable\" of the manifest is not as it must be";
function parse$1(text) {
	if (text.length > manifestCharactersMax) return void 0;
	try {
		return fieldsOf(JSON.parse(text));
	} catch {
		return;
	}
}
const fieldsOf = (value) => typeof value === "object" && value !== null && !Array.isArray(value) ? value : void 0;
const isCount = (value) => Number.isInteger(value) && Number(value) > 0 && Number(value) < 2 ** 32;

// src/chain/generated/model-proofs.ts
const modelProofsAbi = [
	{
		"type": "function",
		"name": "NAME_LENGTH_MAX",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint256",
			"internalType": "uint256"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "circuitOf",
		"inputs": [{
			"name": "modelId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [{
			"name": "",
			"type": "tuple",
			"internalType": "struct ModelCircuit",
			"components": [
				{
					"name": "verifier",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "kind",
					"type": "uint8",
					"internalType": "uint8"
				},
				{
					"name": "inputs",
					"type": "uint32",
					"internalType": "uint32"
				},
				{
					"name": "outputs",
					"type": "uint32",
					"internalType": "uint32"
				},
				{
					"name": "codeHash",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "setup",
					"type": "bytes32",
					"internalType": "bytes32"
				}
			]
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "latestOf",
		"inputs": [{
			"name": "publisher",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "name",
			"type": "string",
			"internalType": "string"
		}],
		"outputs": [{
			"name": "modelId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "manifestOf",
		"inputs": [
			{
				"name": "prefix",
				"type": "bytes",
				"internalType": "bytes"
			},
			{
				"name": "circuit",
				"type": "tuple",
				"internalType": "struct ModelCircuit",
				"components": [
					{
						"name": "verifier",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "kind",
						"type": "uint8",
						"internalType": "uint8"
					},
					{
						"name": "inputs",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "outputs",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "codeHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "setup",
						"type": "bytes32",
						"internalType": "bytes32"
					}
				]
			},
			{
				"name": "suffix",
				"type": "bytes",
				"internalType": "bytes"
			}
		],
		"outputs": [{
			"name": "",
			"type": "bytes",
			"internalType": "bytes"
		}],
		"stateMutability": "pure"
	},
	{
		"type": "function",
		"name": "modelOf",
		"inputs": [
			{
				"name": "publisher",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "name",
				"type": "string",
				"internalType": "string"
			},
			{
				"name": "version",
				"type": "string",
				"internalType": "string"
			}
		],
		"outputs": [{
			"name": "modelId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "publish",
		"inputs": [
			{
				"name": "name",
				"type": "string",
				"internalType": "string"
			},
			{
				"name": "version",
				"type": "string",
				"internalType": "string"
			},
			{
				"name": "modelId",
				"type": "bytes32",
				"internalType": "bytes32"
			}
		],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "register",
		"inputs": [
			{
				"name": "prefix",
				"type": "bytes",
				"internalType": "bytes"
			},
			{
				"name": "circuit",
				"type": "tuple",
				"internalType": "struct ModelCircuit",
				"components": [
					{
						"name": "verifier",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "kind",
						"type": "uint8",
						"internalType": "uint8"
					},
					{
						"name": "inputs",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "outputs",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "codeHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "setup",
						"type": "bytes32",
						"internalType": "bytes32"
					}
				]
			},
			{
				"name": "suffix",
				"type": "bytes",
				"internalType": "bytes"
			}
		],
		"outputs": [{
			"name": "modelId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "verifyInference",
		"inputs": [
			{
				"name": "modelId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "inputHash",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "contentHash",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "proof",
				"type": "bytes",
				"internalType": "bytes"
			}
		],
		"outputs": [{
			"name": "",
			"type": "bool",
			"internalType": "bool"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "verifyValues",
		"inputs": [
			{
				"name": "modelId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "inputs",
				"type": "int256[]",
				"internalType": "int256[]"
			},
			{
				"name": "outputs",
				"type": "int256[]",
				"internalType": "int256[]"
			},
			{
				"name": "proof",
				"type": "bytes",
				"internalType": "bytes"
			}
		],
		"outputs": [{
			"name": "",
			"type": "bool",
			"internalType": "bool"
		}],
		"stateMutability": "view"
	},
	{
		"type": "event",
		"name": "ModelPublished",
		"inputs": [
			{
				"name": "publisher",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "modelId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "nameHash",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "name",
				"type": "string",
				"indexed": false,
				"internalType": "string"
			},
			{
				"name": "version",
				"type": "string",
				"indexed": false,
				"internalType": "string"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "ModelRegistered",
		"inputs": [
			{
				"name": "modelId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "verifier",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "codeHash",
				"type": "bytes32",
				"indexed": false,
				"internalType": "bytes32"
			},
			{
				"name": "setup",
				"type": "bytes32",
				"indexed": false,
				"internalType": "bytes32"
			}
		],
		"anonymous": false
	},
	{
		"type": "error",
		"name": "AlreadyRegistered",
		"inputs": [{
			"name": "modelId",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "verifier",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "CodeMismatch",
		"inputs": [
			{
				"name": "verifier",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "expected",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "actual",
				"type": "bytes32",
				"internalType": "bytes32"
			}
		]
	},
	{
		"type": "error",
		"name": "KindUnknown",
		"inputs": [{
			"name": "kind",
			"type": "uint8",
			"internalType": "uint8"
		}]
	},
	{
		"type": "error",
		"name": "ManifestMalformed",
		"inputs": []
	},
	{
		"type": "error",
		"name": "NameRefused",
		"inputs": [{
			"name": "name",
			"type": "string",
			"internalType": "string"
		}]
	},
	{
		"type": "error",
		"name": "NotRegistered",
		"inputs": [{
			"name": "modelId",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "SetupInsecure",
		"inputs": [{
			"name": "chainId",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "ShapeEmpty",
		"inputs": [{
			"name": "inputs",
			"type": "uint32",
			"internalType": "uint32"
		}, {
			"name": "outputs",
			"type": "uint32",
			"internalType": "uint32"
		}]
	},
	{
		"type": "error",
		"name": "VersionTaken",
		"inputs": [
			{
				"name": "publisher",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "name",
				"type": "string",
				"internalType": "string"
			},
			{
				"name": "version",
				"type": "string",
				"internalType": "string"
			},
			{
				"name": "modelId",
				"type": "bytes32",
				"internalType": "bytes32"
			}
		]
	}
];

// src/chain/generated/slashing.ts
const slashingAbi = [
	{
		"type": "constructor",
		"inputs": [{
			"name": "terms",
			"type": "tuple",
			"internalType": "struct SlashingTerms",
			"components": [
				{
					"name": "contributors",
					"type": "address",
					"internalType": "contract IOperatorRegistry"
				},
				{
					"name": "gateways",
					"type": "address",
					"internalType": "contract IOperatorRegistry"
				},
				{
					"name": "receiptAnchor",
					"type": "address",
					"internalType": "contract IReceiptAnchor"
				},
				{
					"name": "tierEvidence",
					"type": "address",
					"internalType": "contract ITierEvidence"
				},
				{
					"name": "coordinator",
					"type": "address",
					"internalType": "contract IInferenceCoordinator"
				},
				{
					"name": "verifier",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "nonDeliveryPenalty",
					"type": "uint96",
					"internalType": "uint96"
				},
				{
					"name": "proofBond",
					"type": "uint96",
					"internalType": "uint96"
				}
			]
		}],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "OVERCHARGE_FACTOR",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint256",
			"internalType": "uint256"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "PROOF_TIME",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "bondAsset",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "address"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "bondsOwed",
		"inputs": [{
			"name": "account",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [{
			"name": "",
			"type": "uint256",
			"internalType": "uint256"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "closeRequest",
		"inputs": [
			{
				"name": "gateway",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "modelId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "inputHash",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "contentHash",
				"type": "bytes32",
				"internalType": "bytes32"
			}
		],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "contributors",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract IOperatorRegistry"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "coordinator",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract IInferenceCoordinator"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "gateways",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract IOperatorRegistry"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "nonDeliveryPenalty",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint96",
			"internalType": "uint96"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "proofBond",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint96",
			"internalType": "uint96"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "proofRequests",
		"inputs": [{
			"name": "requestId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [
			{
				"name": "asker",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "answerableUntil",
				"type": "uint64",
				"internalType": "uint64"
			},
			{
				"name": "isBonded",
				"type": "bool",
				"internalType": "bool"
			}
		],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "receiptAnchor",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract IReceiptAnchor"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "reportCheckpointEquivocation",
		"inputs": [
			{
				"name": "first",
				"type": "tuple",
				"internalType": "struct Checkpoint",
				"components": [
					{
						"name": "jobId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "gateway",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "contributor",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "index",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "streamHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "completionTokens",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "signedAt",
						"type": "uint64",
						"internalType": "uint64"
					}
				]
			},
			{
				"name": "firstSignature",
				"type": "bytes",
				"internalType": "bytes"
			},
			{
				"name": "second",
				"type": "tuple",
				"internalType": "struct Checkpoint",
				"components": [
					{
						"name": "jobId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "gateway",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "contributor",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "index",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "streamHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "completionTokens",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "signedAt",
						"type": "uint64",
						"internalType": "uint64"
					}
				]
			},
			{
				"name": "secondSignature",
				"type": "bytes",
				"internalType": "bytes"
			}
		],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "reportFalseTier",
		"inputs": [
			{
				"name": "receipt",
				"type": "tuple",
				"internalType": "struct Receipt",
				"components": [
					{
						"name": "work",
						"type": "tuple",
						"internalType": "struct Work",
						"components": [
							{
								"name": "jobId",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "gateway",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "contributor",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "modelId",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "inputHash",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "outputHash",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "contentHash",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "streamRoot",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "promptTokens",
								"type": "uint32",
								"internalType": "uint32"
							},
							{
								"name": "cachedPromptTokens",
								"type": "uint32",
								"internalType": "uint32"
							},
							{
								"name": "completionTokens",
								"type": "uint32",
								"internalType": "uint32"
							},
							{
								"name": "commitment",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "startedAt",
								"type": "uint64",
								"internalType": "uint64"
							},
							{
								"name": "finishedAt",
								"type": "uint64",
								"internalType": "uint64"
							},
							{
								"name": "status",
								"type": "uint8",
								"internalType": "uint8"
							}
						]
					},
					{
						"name": "receiptId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "gatewaySeq",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "client",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "requestHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "responseHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "channelId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "channelSeq",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "cost",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "cumulative",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "priceHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "prevReceipt",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "tiers",
						"type": "uint16",
						"internalType": "uint16"
					},
					{
						"name": "evidenceHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "anchorBy",
						"type": "uint64",
						"internalType": "uint64"
					}
				]
			},
			{
				"name": "gatewaySignature",
				"type": "bytes",
				"internalType": "bytes"
			},
			{
				"name": "tier",
				"type": "uint16",
				"internalType": "uint16"
			}
		],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "reportNonDelivery",
		"inputs": [{
			"name": "jobId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "reportOvercharge",
		"inputs": [
			{
				"name": "receipt",
				"type": "tuple",
				"internalType": "struct Receipt",
				"components": [
					{
						"name": "work",
						"type": "tuple",
						"internalType": "struct Work",
						"components": [
							{
								"name": "jobId",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "gateway",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "contributor",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "modelId",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "inputHash",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "outputHash",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "contentHash",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "streamRoot",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "promptTokens",
								"type": "uint32",
								"internalType": "uint32"
							},
							{
								"name": "cachedPromptTokens",
								"type": "uint32",
								"internalType": "uint32"
							},
							{
								"name": "completionTokens",
								"type": "uint32",
								"internalType": "uint32"
							},
							{
								"name": "commitment",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "startedAt",
								"type": "uint64",
								"internalType": "uint64"
							},
							{
								"name": "finishedAt",
								"type": "uint64",
								"internalType": "uint64"
							},
							{
								"name": "status",
								"type": "uint8",
								"internalType": "uint8"
							}
						]
					},
					{
						"name": "receiptId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "gatewaySeq",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "client",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "requestHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "responseHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "channelId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "channelSeq",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "cost",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "cumulative",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "priceHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "prevReceipt",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "tiers",
						"type": "uint16",
						"internalType": "uint16"
					},
					{
						"name": "evidenceHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "anchorBy",
						"type": "uint64",
						"internalType": "uint64"
					}
				]
			},
			{
				"name": "gatewaySignature",
				"type": "bytes",
				"internalType": "bytes"
			},
			{
				"name": "sheet",
				"type": "tuple",
				"internalType": "struct PriceSheet",
				"components": [
					{
						"name": "operator",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "modelId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "asset",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "promptAtomicPerMtok",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "cachedPromptAtomicPerMtok",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "completionAtomicPerMtok",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "validFrom",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "validUntil",
						"type": "uint64",
						"internalType": "uint64"
					}
				]
			}
		],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "reportReceiptEquivocation",
		"inputs": [
			{
				"name": "first",
				"type": "tuple",
				"internalType": "struct Receipt",
				"components": [
					{
						"name": "work",
						"type": "tuple",
						"internalType": "struct Work",
						"components": [
							{
								"name": "jobId",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "gateway",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "contributor",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "modelId",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "inputHash",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "outputHash",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "contentHash",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "streamRoot",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "promptTokens",
								"type": "uint32",
								"internalType": "uint32"
							},
							{
								"name": "cachedPromptTokens",
								"type": "uint32",
								"internalType": "uint32"
							},
							{
								"name": "completionTokens",
								"type": "uint32",
								"internalType": "uint32"
							},
							{
								"name": "commitment",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "startedAt",
								"type": "uint64",
								"internalType": "uint64"
							},
							{
								"name": "finishedAt",
								"type": "uint64",
								"internalType": "uint64"
							},
							{
								"name": "status",
								"type": "uint8",
								"internalType": "uint8"
							}
						]
					},
					{
						"name": "receiptId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "gatewaySeq",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "client",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "requestHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "responseHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "channelId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "channelSeq",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "cost",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "cumulative",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "priceHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "prevReceipt",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "tiers",
						"type": "uint16",
						"internalType": "uint16"
					},
					{
						"name": "evidenceHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "anchorBy",
						"type": "uint64",
						"internalType": "uint64"
					}
				]
			},
			{
				"name": "firstSignature",
				"type": "bytes",
				"internalType": "bytes"
			},
			{
				"name": "second",
				"type": "tuple",
				"internalType": "struct Receipt",
				"components": [
					{
						"name": "work",
						"type": "tuple",
						"internalType": "struct Work",
						"components": [
							{
								"name": "jobId",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "gateway",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "contributor",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "modelId",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "inputHash",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "outputHash",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "contentHash",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "streamRoot",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "promptTokens",
								"type": "uint32",
								"internalType": "uint32"
							},
							{
								"name": "cachedPromptTokens",
								"type": "uint32",
								"internalType": "uint32"
							},
							{
								"name": "completionTokens",
								"type": "uint32",
								"internalType": "uint32"
							},
							{
								"name": "commitment",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "startedAt",
								"type": "uint64",
								"internalType": "uint64"
							},
							{
								"name": "finishedAt",
								"type": "uint64",
								"internalType": "uint64"
							},
							{
								"name": "status",
								"type": "uint8",
								"internalType": "uint8"
							}
						]
					},
					{
						"name": "receiptId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "gatewaySeq",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "client",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "requestHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "responseHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "channelId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "channelSeq",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "cost",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "cumulative",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "priceHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "prevReceipt",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "tiers",
						"type": "uint16",
						"internalType": "uint16"
					},
					{
						"name": "evidenceHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "anchorBy",
						"type": "uint64",
						"internalType": "uint64"
					}
				]
			},
			{
				"name": "secondSignature",
				"type": "bytes",
				"internalType": "bytes"
			}
		],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "reportWorkEquivocation",
		"inputs": [
			{
				"name": "first",
				"type": "tuple",
				"internalType": "struct Work",
				"components": [
					{
						"name": "jobId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "gateway",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "contributor",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "modelId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "inputHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "outputHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "contentHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "streamRoot",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "promptTokens",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "cachedPromptTokens",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "completionTokens",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "commitment",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "startedAt",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "finishedAt",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "status",
						"type": "uint8",
						"internalType": "uint8"
					}
				]
			},
			{
				"name": "firstSignature",
				"type": "bytes",
				"internalType": "bytes"
			},
			{
				"name": "second",
				"type": "tuple",
				"internalType": "struct Work",
				"components": [
					{
						"name": "jobId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "gateway",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "contributor",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "modelId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "inputHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "outputHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "contentHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "streamRoot",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "promptTokens",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "cachedPromptTokens",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "completionTokens",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "commitment",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "startedAt",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "finishedAt",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "status",
						"type": "uint8",
						"internalType": "uint8"
					}
				]
			},
			{
				"name": "secondSignature",
				"type": "bytes",
				"internalType": "bytes"
			}
		],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "requestIdOf",
		"inputs": [
			{
				"name": "gateway",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "modelId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "inputHash",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "contentHash",
				"type": "bytes32",
				"internalType": "bytes32"
			}
		],
		"outputs": [{
			"name": "",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "pure"
	},
	{
		"type": "function",
		"name": "requestProof",
		"inputs": [{
			"name": "receipt",
			"type": "tuple",
			"internalType": "struct Receipt",
			"components": [
				{
					"name": "work",
					"type": "tuple",
					"internalType": "struct Work",
					"components": [
						{
							"name": "jobId",
							"type": "bytes32",
							"internalType": "bytes32"
						},
						{
							"name": "gateway",
							"type": "address",
							"internalType": "address"
						},
						{
							"name": "contributor",
							"type": "address",
							"internalType": "address"
						},
						{
							"name": "modelId",
							"type": "bytes32",
							"internalType": "bytes32"
						},
						{
							"name": "inputHash",
							"type": "bytes32",
							"internalType": "bytes32"
						},
						{
							"name": "outputHash",
							"type": "bytes32",
							"internalType": "bytes32"
						},
						{
							"name": "contentHash",
							"type": "bytes32",
							"internalType": "bytes32"
						},
						{
							"name": "streamRoot",
							"type": "bytes32",
							"internalType": "bytes32"
						},
						{
							"name": "promptTokens",
							"type": "uint32",
							"internalType": "uint32"
						},
						{
							"name": "cachedPromptTokens",
							"type": "uint32",
							"internalType": "uint32"
						},
						{
							"name": "completionTokens",
							"type": "uint32",
							"internalType": "uint32"
						},
						{
							"name": "commitment",
							"type": "bytes32",
							"internalType": "bytes32"
						},
						{
							"name": "startedAt",
							"type": "uint64",
							"internalType": "uint64"
						},
						{
							"name": "finishedAt",
							"type": "uint64",
							"internalType": "uint64"
						},
						{
							"name": "status",
							"type": "uint8",
							"internalType": "uint8"
						}
					]
				},
				{
					"name": "receiptId",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "gatewaySeq",
					"type": "uint64",
					"internalType": "uint64"
				},
				{
					"name": "client",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "requestHash",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "responseHash",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "channelId",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "channelSeq",
					"type": "uint64",
					"internalType": "uint64"
				},
				{
					"name": "cost",
					"type": "uint128",
					"internalType": "uint128"
				},
				{
					"name": "cumulative",
					"type": "uint128",
					"internalType": "uint128"
				},
				{
					"name": "priceHash",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "prevReceipt",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "tiers",
					"type": "uint16",
					"internalType": "uint16"
				},
				{
					"name": "evidenceHash",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "anchorBy",
					"type": "uint64",
					"internalType": "uint64"
				}
			]
		}, {
			"name": "gatewaySignature",
			"type": "bytes",
			"internalType": "bytes"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "tierEvidence",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract ITierEvidence"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "verifier",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "address"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "withdrawBonds",
		"inputs": [{
			"name": "to",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "event",
		"name": "BondsWithdrawn",
		"inputs": [
			{
				"name": "account",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "to",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "amount",
				"type": "uint256",
				"indexed": false,
				"internalType": "uint256"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "ProofRequested",
		"inputs": [
			{
				"name": "requestId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "gateway",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "asker",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "modelId",
				"type": "bytes32",
				"indexed": false,
				"internalType": "bytes32"
			},
			{
				"name": "inputHash",
				"type": "bytes32",
				"indexed": false,
				"internalType": "bytes32"
			},
			{
				"name": "contentHash",
				"type": "bytes32",
				"indexed": false,
				"internalType": "bytes32"
			},
			{
				"name": "answerableUntil",
				"type": "uint64",
				"indexed": false,
				"internalType": "uint64"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "RequestClosed",
		"inputs": [{
			"name": "requestId",
			"type": "bytes32",
			"indexed": true,
			"internalType": "bytes32"
		}, {
			"name": "bondTo",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}],
		"anonymous": false
	},
	{
		"type": "error",
		"name": "AlreadyProven",
		"inputs": [
			{
				"name": "modelId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "inputHash",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "contentHash",
				"type": "bytes32",
				"internalType": "bytes32"
			}
		]
	},
	{
		"type": "error",
		"name": "AlreadyRequested",
		"inputs": [{
			"name": "requestId",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "asker",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "AssetMismatch",
		"inputs": [{
			"name": "expected",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "actual",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "EvidenceExpired",
		"inputs": [{
			"name": "usableUntil",
			"type": "uint256",
			"internalType": "uint256"
		}, {
			"name": "nowS",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "EvidenceNotSigned",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "EvidenceUnrelated",
		"inputs": []
	},
	{
		"type": "error",
		"name": "KeysNeverTogether",
		"inputs": [{
			"name": "firstKey",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "secondKey",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "NoContradiction",
		"inputs": [{
			"name": "hash",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "NoOvercharge",
		"inputs": [{
			"name": "cost",
			"type": "uint256",
			"internalType": "uint256"
		}, {
			"name": "due",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "NotProven",
		"inputs": [
			{
				"name": "modelId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "inputHash",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "contentHash",
				"type": "bytes32",
				"internalType": "bytes32"
			}
		]
	},
	{
		"type": "error",
		"name": "NotUndelivered",
		"inputs": [{
			"name": "jobId",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "ProofNotRequested",
		"inputs": [{
			"name": "requestId",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "ProofTimeNotOver",
		"inputs": [{
			"name": "answerableUntil",
			"type": "uint256",
			"internalType": "uint256"
		}, {
			"name": "nowS",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "SheetMismatch",
		"inputs": [{
			"name": "expected",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "actual",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "SheetOfOther",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "modelId",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "TierHolds",
		"inputs": [{
			"name": "tier",
			"type": "uint16",
			"internalType": "uint16"
		}]
	},
	{
		"type": "error",
		"name": "TierNotClaimed",
		"inputs": [{
			"name": "tiers",
			"type": "uint16",
			"internalType": "uint16"
		}, {
			"name": "tier",
			"type": "uint16",
			"internalType": "uint16"
		}]
	},
	{
		"type": "error",
		"name": "TierNotProvable",
		"inputs": [{
			"name": "tier",
			"type": "uint16",
			"internalType": "uint16"
		}]
	}
];

// src/chain/generated/tier-evidence.ts
const tierEvidenceAbi = [
	{
		"type": "constructor",
		"inputs": [{
			"name": "quoteVerifier_",
			"type": "address",
			"internalType": "contract IQuoteVerifier"
		}, {
			"name": "proofVerifier_",
			"type": "address",
			"internalType": "contract IInferenceProofVerifier"
		}],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "MAX_BINDING",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "bindKey",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "key",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "quote",
				"type": "bytes",
				"internalType": "bytes"
			}
		],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "isAnyKeyBoundAt",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "timestampS",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"outputs": [{
			"name": "",
			"type": "bool",
			"internalType": "bool"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "isBoundAt",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "key",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "timestampS",
				"type": "uint64",
				"internalType": "uint64"
			}
		],
		"outputs": [{
			"name": "",
			"type": "bool",
			"internalType": "bool"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "proofVerifier",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract IInferenceProofVerifier"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "proveInference",
		"inputs": [
			{
				"name": "modelId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "inputHash",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "contentHash",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "proof",
				"type": "bytes",
				"internalType": "bytes"
			}
		],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "provenAt",
		"inputs": [
			{
				"name": "modelId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "inputHash",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "contentHash",
				"type": "bytes32",
				"internalType": "bytes32"
			}
		],
		"outputs": [{
			"name": "",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "quoteVerifier",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract IQuoteVerifier"
		}],
		"stateMutability": "view"
	},
	{
		"type": "event",
		"name": "InferenceProven",
		"inputs": [
			{
				"name": "modelId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "inputHash",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "contentHash",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "KeyBound",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "key",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "boundFrom",
				"type": "uint64",
				"indexed": false,
				"internalType": "uint64"
			},
			{
				"name": "boundUntil",
				"type": "uint64",
				"indexed": false,
				"internalType": "uint64"
			}
		],
		"anonymous": false
	},
	{
		"type": "error",
		"name": "BoundTooLong",
		"inputs": [{
			"name": "boundUntil",
			"type": "uint64",
			"internalType": "uint64"
		}, {
			"name": "latest",
			"type": "uint64",
			"internalType": "uint64"
		}]
	},
	{
		"type": "error",
		"name": "ProofRefused",
		"inputs": [
			{
				"name": "modelId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "inputHash",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "contentHash",
				"type": "bytes32",
				"internalType": "bytes32"
			}
		]
	},
	{
		"type": "error",
		"name": "QuoteRefused",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "key",
			"type": "address",
			"internalType": "address"
		}]
	}
];

// src/chain/model-proofs.ts
const modelProofsAt = (place) => ({
	name: "ModelProofs",
	address: place,
	abi: modelProofsAbi
});

// src/chain/model-verdict.ts
/** Which contract judges proofs of models for this TierEvidence. */
async function readModelProofsOf(rpc, tierEvidence) {
	const place = await readContract(rpc, {
		contract: tierEvidence,
		functionName: "proofVerifier",
		args: []
	});
	return place.ok ? ok(address(String(place.value[0]))) : place;
}
/** A call costs the node what it would cost a transaction, up to three million gas, and nobody anything. */
async function readModelVerdict(rpc, modelProofs, { modelId, inputs, outputs, proof }) {
	const contract = modelProofsAt(modelProofs);
	const circuit = await readContract(rpc, {
		contract,
		functionName: "circuitOf",
		args: [modelId]
	});
	if (!circuit.ok) return circuit;
	const [registered] = circuit.value;
	const verifier = address(registered.verifier);
	if (verifier === zeroAddress) return ok({
		verifier: void 0,
		takesProof: false
	});
	const verdict = await readContract(rpc, {
		contract,
		functionName: "verifyValues",
		args: [
			modelId,
			[...inputs],
			[...outputs],
			proof
		]
	});
	return verdict.ok ? ok({
		verifier,
		takesProof: verdict.value[0] === true
	}) : verdict;
}

// src/chain/generated/inference-coordinator.ts
const inferenceCoordinatorAbi = [
	{
		"type": "constructor",
		"inputs": [
			{
				"name": "asset_",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "verifier_",
				"type": "address",
				"internalType": "contract IReceiptVerifier"
			},
			{
				"name": "contributors_",
				"type": "address",
				"internalType": "contract IOperatorRegistry"
			},
			{
				"name": "tierEvidence_",
				"type": "address",
				"internalType": "contract ITierEvidence"
			},
			{
				"name": "offers_",
				"type": "address",
				"internalType": "contract IJobOffers"
			}
		],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "INPUT_GAS",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint256",
			"internalType": "uint256"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "MAX_ANSWERS",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint8",
			"internalType": "uint8"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "MAX_CALLBACK_GAS",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint32",
			"internalType": "uint32"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "MAX_DELIVERY_TIME",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint32",
			"internalType": "uint32"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "MAX_INPUT_LENGTH",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint256",
			"internalType": "uint256"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "MIN_DELIVERY_TIME",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint32",
			"internalType": "uint32"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "MIN_PERIOD",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint32",
			"internalType": "uint32"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "accept",
		"inputs": [{
			"name": "jobId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "asset",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "address"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "balances",
		"inputs": [{
			"name": "account",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [{
			"name": "",
			"type": "uint256",
			"internalType": "uint256"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "cancelSchedule",
		"inputs": [{
			"name": "scheduleId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "contributors",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract IOperatorRegistry"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "expire",
		"inputs": [{
			"name": "jobId",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "terms",
			"type": "tuple",
			"internalType": "struct JobTerms",
			"components": [
				{
					"name": "modelId",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "gateway",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "minTiers",
					"type": "uint16",
					"internalType": "uint16"
				},
				{
					"name": "promptAtomicPerMtok",
					"type": "uint128",
					"internalType": "uint128"
				},
				{
					"name": "completionAtomicPerMtok",
					"type": "uint128",
					"internalType": "uint128"
				},
				{
					"name": "maxFee",
					"type": "uint96",
					"internalType": "uint96"
				},
				{
					"name": "deliveryFee",
					"type": "uint96",
					"internalType": "uint96"
				},
				{
					"name": "deliveryTime",
					"type": "uint32",
					"internalType": "uint32"
				},
				{
					"name": "callbackGas",
					"type": "uint32",
					"internalType": "uint32"
				},
				{
					"name": "agreement",
					"type": "uint8",
					"internalType": "uint8"
				},
				{
					"name": "answersMax",
					"type": "uint8",
					"internalType": "uint8"
				}
			]
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "fulfill",
		"inputs": [
			{
				"name": "jobId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "terms",
				"type": "tuple",
				"internalType": "struct JobTerms",
				"components": [
					{
						"name": "modelId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "gateway",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "minTiers",
						"type": "uint16",
						"internalType": "uint16"
					},
					{
						"name": "promptAtomicPerMtok",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "completionAtomicPerMtok",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "maxFee",
						"type": "uint96",
						"internalType": "uint96"
					},
					{
						"name": "deliveryFee",
						"type": "uint96",
						"internalType": "uint96"
					},
					{
						"name": "deliveryTime",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "callbackGas",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "agreement",
						"type": "uint8",
						"internalType": "uint8"
					},
					{
						"name": "answersMax",
						"type": "uint8",
						"internalType": "uint8"
					}
				]
			},
			{
				"name": "content",
				"type": "bytes",
				"internalType": "bytes"
			},
			{
				"name": "packed",
				"type": "bytes[]",
				"internalType": "bytes[]"
			},
			{
				"name": "proof",
				"type": "bytes",
				"internalType": "bytes"
			}
		],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "intervalOf",
		"inputs": [{
			"name": "scheduleId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [{
			"name": "",
			"type": "uint32",
			"internalType": "uint32"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "isPayable",
		"inputs": [
			{
				"name": "jobId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "terms",
				"type": "tuple",
				"internalType": "struct JobTerms",
				"components": [
					{
						"name": "modelId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "gateway",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "minTiers",
						"type": "uint16",
						"internalType": "uint16"
					},
					{
						"name": "promptAtomicPerMtok",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "completionAtomicPerMtok",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "maxFee",
						"type": "uint96",
						"internalType": "uint96"
					},
					{
						"name": "deliveryFee",
						"type": "uint96",
						"internalType": "uint96"
					},
					{
						"name": "deliveryTime",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "callbackGas",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "agreement",
						"type": "uint8",
						"internalType": "uint8"
					},
					{
						"name": "answersMax",
						"type": "uint8",
						"internalType": "uint8"
					}
				]
			},
			{
				"name": "inputHash",
				"type": "bytes32",
				"internalType": "bytes32"
			}
		],
		"outputs": [{
			"name": "",
			"type": "bool",
			"internalType": "bool"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "jobs",
		"inputs": [{
			"name": "jobId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [{
			"name": "",
			"type": "tuple",
			"internalType": "struct IInferenceCoordinator.Job",
			"components": [
				{
					"name": "consumer",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "deadline",
					"type": "uint64",
					"internalType": "uint64"
				},
				{
					"name": "state",
					"type": "uint8",
					"internalType": "uint8"
				},
				{
					"name": "answers",
					"type": "uint8",
					"internalType": "uint8"
				},
				{
					"name": "callbackPending",
					"type": "bool",
					"internalType": "bool"
				},
				{
					"name": "acceptedBy",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "inputHash",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "contentHash",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "receiptDigest",
					"type": "bytes32",
					"internalType": "bytes32"
				}
			]
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "offers",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract IJobOffers"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "poke",
		"inputs": [
			{
				"name": "scheduleId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "terms",
				"type": "tuple",
				"internalType": "struct JobTerms",
				"components": [
					{
						"name": "modelId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "gateway",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "minTiers",
						"type": "uint16",
						"internalType": "uint16"
					},
					{
						"name": "promptAtomicPerMtok",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "completionAtomicPerMtok",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "maxFee",
						"type": "uint96",
						"internalType": "uint96"
					},
					{
						"name": "deliveryFee",
						"type": "uint96",
						"internalType": "uint96"
					},
					{
						"name": "deliveryTime",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "callbackGas",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "agreement",
						"type": "uint8",
						"internalType": "uint8"
					},
					{
						"name": "answersMax",
						"type": "uint8",
						"internalType": "uint8"
					}
				]
			},
			{
				"name": "input",
				"type": "bytes",
				"internalType": "bytes"
			}
		],
		"outputs": [{
			"name": "jobId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "request",
		"inputs": [{
			"name": "terms",
			"type": "tuple",
			"internalType": "struct JobTerms",
			"components": [
				{
					"name": "modelId",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "gateway",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "minTiers",
					"type": "uint16",
					"internalType": "uint16"
				},
				{
					"name": "promptAtomicPerMtok",
					"type": "uint128",
					"internalType": "uint128"
				},
				{
					"name": "completionAtomicPerMtok",
					"type": "uint128",
					"internalType": "uint128"
				},
				{
					"name": "maxFee",
					"type": "uint96",
					"internalType": "uint96"
				},
				{
					"name": "deliveryFee",
					"type": "uint96",
					"internalType": "uint96"
				},
				{
					"name": "deliveryTime",
					"type": "uint32",
					"internalType": "uint32"
				},
				{
					"name": "callbackGas",
					"type": "uint32",
					"internalType": "uint32"
				},
				{
					"name": "agreement",
					"type": "uint8",
					"internalType": "uint8"
				},
				{
					"name": "answersMax",
					"type": "uint8",
					"internalType": "uint8"
				}
			]
		}, {
			"name": "input",
			"type": "bytes",
			"internalType": "bytes"
		}],
		"outputs": [{
			"name": "jobId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "requestPrivate",
		"inputs": [{
			"name": "terms",
			"type": "tuple",
			"internalType": "struct JobTerms",
			"components": [
				{
					"name": "modelId",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "gateway",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "minTiers",
					"type": "uint16",
					"internalType": "uint16"
				},
				{
					"name": "promptAtomicPerMtok",
					"type": "uint128",
					"internalType": "uint128"
				},
				{
					"name": "completionAtomicPerMtok",
					"type": "uint128",
					"internalType": "uint128"
				},
				{
					"name": "maxFee",
					"type": "uint96",
					"internalType": "uint96"
				},
				{
					"name": "deliveryFee",
					"type": "uint96",
					"internalType": "uint96"
				},
				{
					"name": "deliveryTime",
					"type": "uint32",
					"internalType": "uint32"
				},
				{
					"name": "callbackGas",
					"type": "uint32",
					"internalType": "uint32"
				},
				{
					"name": "agreement",
					"type": "uint8",
					"internalType": "uint8"
				},
				{
					"name": "answersMax",
					"type": "uint8",
					"internalType": "uint8"
				}
			]
		}, {
			"name": "inputHash",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [{
			"name": "jobId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "retryCallback",
		"inputs": [{
			"name": "jobId",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "content",
			"type": "bytes",
			"internalType": "bytes"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "schedule",
		"inputs": [
			{
				"name": "terms",
				"type": "tuple",
				"internalType": "struct JobTerms",
				"components": [
					{
						"name": "modelId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "gateway",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "minTiers",
						"type": "uint16",
						"internalType": "uint16"
					},
					{
						"name": "promptAtomicPerMtok",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "completionAtomicPerMtok",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "maxFee",
						"type": "uint96",
						"internalType": "uint96"
					},
					{
						"name": "deliveryFee",
						"type": "uint96",
						"internalType": "uint96"
					},
					{
						"name": "deliveryTime",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "callbackGas",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "agreement",
						"type": "uint8",
						"internalType": "uint8"
					},
					{
						"name": "answersMax",
						"type": "uint8",
						"internalType": "uint8"
					}
				]
			},
			{
				"name": "input",
				"type": "bytes",
				"internalType": "bytes"
			},
			{
				"name": "rhythm",
				"type": "tuple",
				"internalType": "struct Rhythm",
				"components": [
					{
						"name": "startsAt",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "period",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "runsMax",
						"type": "uint32",
						"internalType": "uint32"
					}
				]
			},
			{
				"name": "budget",
				"type": "uint128",
				"internalType": "uint128"
			}
		],
		"outputs": [{
			"name": "scheduleId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "schedules",
		"inputs": [{
			"name": "scheduleId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [{
			"name": "",
			"type": "tuple",
			"internalType": "struct IInferenceCoordinator.Schedule",
			"components": [
				{
					"name": "consumer",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "rhythm",
					"type": "tuple",
					"internalType": "struct Rhythm",
					"components": [
						{
							"name": "startsAt",
							"type": "uint64",
							"internalType": "uint64"
						},
						{
							"name": "period",
							"type": "uint32",
							"internalType": "uint32"
						},
						{
							"name": "runsMax",
							"type": "uint32",
							"internalType": "uint32"
						}
					]
				},
				{
					"name": "lastInterval",
					"type": "uint32",
					"internalType": "uint32"
				},
				{
					"name": "runs",
					"type": "uint32",
					"internalType": "uint32"
				},
				{
					"name": "budget",
					"type": "uint128",
					"internalType": "uint128"
				},
				{
					"name": "inputHash",
					"type": "bytes32",
					"internalType": "bytes32"
				}
			]
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "tierEvidence",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract ITierEvidence"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "tiersAvailable",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint16",
			"internalType": "uint16"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "undeliveredBy",
		"inputs": [{
			"name": "jobId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "address"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "verifier",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract IReceiptVerifier"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "withdraw",
		"inputs": [{
			"name": "to",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "event",
		"name": "AnswerAdded",
		"inputs": [
			{
				"name": "jobId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "contributor",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "contentHash",
				"type": "bytes32",
				"indexed": false,
				"internalType": "bytes32"
			},
			{
				"name": "receiptDigest",
				"type": "bytes32",
				"indexed": false,
				"internalType": "bytes32"
			},
			{
				"name": "fee",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "CallbackFailed",
		"inputs": [{
			"name": "jobId",
			"type": "bytes32",
			"indexed": true,
			"internalType": "bytes32"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "CallbackSucceeded",
		"inputs": [{
			"name": "jobId",
			"type": "bytes32",
			"indexed": true,
			"internalType": "bytes32"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "JobAccepted",
		"inputs": [{
			"name": "jobId",
			"type": "bytes32",
			"indexed": true,
			"internalType": "bytes32"
		}, {
			"name": "contributor",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "JobDelivered",
		"inputs": [
			{
				"name": "jobId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "contentHash",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "gateway",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "content",
				"type": "bytes",
				"indexed": false,
				"internalType": "bytes"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "JobExpired",
		"inputs": [{
			"name": "jobId",
			"type": "bytes32",
			"indexed": true,
			"internalType": "bytes32"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "JobFailed",
		"inputs": [{
			"name": "jobId",
			"type": "bytes32",
			"indexed": true,
			"internalType": "bytes32"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "JobRequested",
		"inputs": [
			{
				"name": "jobId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "consumer",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "modelId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "terms",
				"type": "tuple",
				"indexed": false,
				"internalType": "struct JobTerms",
				"components": [
					{
						"name": "modelId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "gateway",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "minTiers",
						"type": "uint16",
						"internalType": "uint16"
					},
					{
						"name": "promptAtomicPerMtok",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "completionAtomicPerMtok",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "maxFee",
						"type": "uint96",
						"internalType": "uint96"
					},
					{
						"name": "deliveryFee",
						"type": "uint96",
						"internalType": "uint96"
					},
					{
						"name": "deliveryTime",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "callbackGas",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "agreement",
						"type": "uint8",
						"internalType": "uint8"
					},
					{
						"name": "answersMax",
						"type": "uint8",
						"internalType": "uint8"
					}
				]
			},
			{
				"name": "deadline",
				"type": "uint64",
				"indexed": false,
				"internalType": "uint64"
			},
			{
				"name": "inputHash",
				"type": "bytes32",
				"indexed": false,
				"internalType": "bytes32"
			},
			{
				"name": "input",
				"type": "bytes",
				"indexed": false,
				"internalType": "bytes"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "ScheduleCancelled",
		"inputs": [{
			"name": "scheduleId",
			"type": "bytes32",
			"indexed": true,
			"internalType": "bytes32"
		}, {
			"name": "returned",
			"type": "uint128",
			"indexed": false,
			"internalType": "uint128"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "ScheduleCreated",
		"inputs": [
			{
				"name": "scheduleId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "consumer",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "terms",
				"type": "tuple",
				"indexed": false,
				"internalType": "struct JobTerms",
				"components": [
					{
						"name": "modelId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "gateway",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "minTiers",
						"type": "uint16",
						"internalType": "uint16"
					},
					{
						"name": "promptAtomicPerMtok",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "completionAtomicPerMtok",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "maxFee",
						"type": "uint96",
						"internalType": "uint96"
					},
					{
						"name": "deliveryFee",
						"type": "uint96",
						"internalType": "uint96"
					},
					{
						"name": "deliveryTime",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "callbackGas",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "agreement",
						"type": "uint8",
						"internalType": "uint8"
					},
					{
						"name": "answersMax",
						"type": "uint8",
						"internalType": "uint8"
					}
				]
			},
			{
				"name": "rhythm",
				"type": "tuple",
				"indexed": false,
				"internalType": "struct Rhythm",
				"components": [
					{
						"name": "startsAt",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "period",
						"type": "uint32",
						"internalType": "uint32"
					},
					{
						"name": "runsMax",
						"type": "uint32",
						"internalType": "uint32"
					}
				]
			},
			{
				"name": "budget",
				"type": "uint128",
				"indexed": false,
				"internalType": "uint128"
			},
			{
				"name": "input",
				"type": "bytes",
				"indexed": false,
				"internalType": "bytes"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "ScheduleRun",
		"inputs": [
			{
				"name": "scheduleId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "interval",
				"type": "uint32",
				"indexed": true,
				"internalType": "uint32"
			},
			{
				"name": "jobId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "Withdrawn",
		"inputs": [
			{
				"name": "account",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "to",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "amount",
				"type": "uint256",
				"indexed": false,
				"internalType": "uint256"
			}
		],
		"anonymous": false
	},
	{
		"type": "error",
		"name": "AgreementOutOfRange",
		"inputs": [
			{
				"name": "agreement",
				"type": "uint8",
				"internalType": "uint8"
			},
			{
				"name": "answersMax",
				"type": "uint8",
				"internalType": "uint8"
			},
			{
				"name": "maximum",
				"type": "uint8",
				"internalType": "uint8"
			}
		]
	},
	{
		"type": "error",
		"name": "AlreadyAccepted",
		"inputs": [{
			"name": "jobId",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "contributor",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "AlreadyAnswered",
		"inputs": [{
			"name": "jobId",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "contributor",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "BudgetTooSmall",
		"inputs": [{
			"name": "budget",
			"type": "uint128",
			"internalType": "uint128"
		}, {
			"name": "required",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "CallbackGasMissing",
		"inputs": [{
			"name": "gasLeft",
			"type": "uint256",
			"internalType": "uint256"
		}, {
			"name": "required",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "CallbackGasTooHigh",
		"inputs": [{
			"name": "callbackGas",
			"type": "uint32",
			"internalType": "uint32"
		}, {
			"name": "maximum",
			"type": "uint32",
			"internalType": "uint32"
		}]
	},
	{
		"type": "error",
		"name": "CallbackReverted",
		"inputs": [{
			"name": "jobId",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "ContentMismatch",
		"inputs": [{
			"name": "expected",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "actual",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "DeadlineNotPassed",
		"inputs": [{
			"name": "deadline",
			"type": "uint64",
			"internalType": "uint64"
		}, {
			"name": "nowS",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "DeadlinePassed",
		"inputs": [{
			"name": "deadline",
			"type": "uint64",
			"internalType": "uint64"
		}, {
			"name": "nowS",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "DeliveryTimeOutOfRange",
		"inputs": [
			{
				"name": "deliveryTime",
				"type": "uint32",
				"internalType": "uint32"
			},
			{
				"name": "minimum",
				"type": "uint32",
				"internalType": "uint32"
			},
			{
				"name": "maximum",
				"type": "uint32",
				"internalType": "uint32"
			}
		]
	},
	{
		"type": "error",
		"name": "InputGasMissing",
		"inputs": [{
			"name": "gasLeft",
			"type": "uint256",
			"internalType": "uint256"
		}, {
			"name": "required",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "InputTooLong",
		"inputs": [{
			"name": "length",
			"type": "uint256",
			"internalType": "uint256"
		}, {
			"name": "maximum",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "InputUnavailable",
		"inputs": [{
			"name": "scheduleId",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "interval",
			"type": "uint32",
			"internalType": "uint32"
		}]
	},
	{
		"type": "error",
		"name": "JobNotOpen",
		"inputs": [{
			"name": "jobId",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "state",
			"type": "uint8",
			"internalType": "uint8"
		}]
	},
	{
		"type": "error",
		"name": "KeyNotBound",
		"inputs": [{
			"name": "contributor",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "finishedAt",
			"type": "uint64",
			"internalType": "uint64"
		}]
	},
	{
		"type": "error",
		"name": "MaxFeeIsZero",
		"inputs": []
	},
	{
		"type": "error",
		"name": "NoAnswers",
		"inputs": [{
			"name": "jobId",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "NoCallbackPending",
		"inputs": [{
			"name": "jobId",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "NoSchedule",
		"inputs": [{
			"name": "scheduleId",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "NothingToWithdraw",
		"inputs": [{
			"name": "account",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "PeriodTooShort",
		"inputs": [{
			"name": "period",
			"type": "uint32",
			"internalType": "uint32"
		}, {
			"name": "minimum",
			"type": "uint32",
			"internalType": "uint32"
		}]
	},
	{
		"type": "error",
		"name": "ReceiptOfOtherInput",
		"inputs": [{
			"name": "expected",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "actual",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "ReceiptOfOtherJob",
		"inputs": [{
			"name": "expected",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "actual",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "ReceiptRefused",
		"inputs": [{
			"name": "jobId",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "Reentrancy",
		"inputs": []
	},
	{
		"type": "error",
		"name": "RunsMaxIsZero",
		"inputs": []
	},
	{
		"type": "error",
		"name": "ScheduleNotDue",
		"inputs": [
			{
				"name": "scheduleId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "dueAt",
				"type": "uint256",
				"internalType": "uint256"
			},
			{
				"name": "nowS",
				"type": "uint256",
				"internalType": "uint256"
			}
		]
	},
	{
		"type": "error",
		"name": "ScheduleOver",
		"inputs": [{
			"name": "scheduleId",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "SenderNotConsumer",
		"inputs": [{
			"name": "sender",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "consumer",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "SenderNotServing",
		"inputs": [{
			"name": "sender",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "TermsMismatch",
		"inputs": [{
			"name": "expected",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "actual",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "TierUnavailable",
		"inputs": [{
			"name": "tiers",
			"type": "uint16",
			"internalType": "uint16"
		}]
	},
	{
		"type": "error",
		"name": "WorkIncomplete",
		"inputs": [{
			"name": "status",
			"type": "uint8",
			"internalType": "uint8"
		}]
	}
];

// src/chain/generated/inclusion-challenges.ts
const inclusionChallengesAbi = [
	{
		"type": "constructor",
		"inputs": [
			{
				"name": "gateways_",
				"type": "address",
				"internalType": "contract IOperatorRegistry"
			},
			{
				"name": "receiptAnchor_",
				"type": "address",
				"internalType": "contract IReceiptAnchor"
			},
			{
				"name": "verifier_",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "penalty_",
				"type": "uint96",
				"internalType": "uint96"
			}
		],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "ANSWER_TIME",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "answer",
		"inputs": [
			{
				"name": "digest",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "root",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "proof",
				"type": "bytes32[]",
				"internalType": "bytes32[]"
			}
		],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "challenge",
		"inputs": [{
			"name": "receipt",
			"type": "tuple",
			"internalType": "struct Receipt",
			"components": [
				{
					"name": "work",
					"type": "tuple",
					"internalType": "struct Work",
					"components": [
						{
							"name": "jobId",
							"type": "bytes32",
							"internalType": "bytes32"
						},
						{
							"name": "gateway",
							"type": "address",
							"internalType": "address"
						},
						{
							"name": "contributor",
							"type": "address",
							"internalType": "address"
						},
						{
							"name": "modelId",
							"type": "bytes32",
							"internalType": "bytes32"
						},
						{
							"name": "inputHash",
							"type": "bytes32",
							"internalType": "bytes32"
						},
						{
							"name": "outputHash",
							"type": "bytes32",
							"internalType": "bytes32"
						},
						{
							"name": "contentHash",
							"type": "bytes32",
							"internalType": "bytes32"
						},
						{
							"name": "streamRoot",
							"type": "bytes32",
							"internalType": "bytes32"
						},
						{
							"name": "promptTokens",
							"type": "uint32",
							"internalType": "uint32"
						},
						{
							"name": "cachedPromptTokens",
							"type": "uint32",
							"internalType": "uint32"
						},
						{
							"name": "completionTokens",
							"type": "uint32",
							"internalType": "uint32"
						},
						{
							"name": "commitment",
							"type": "bytes32",
							"internalType": "bytes32"
						},
						{
							"name": "startedAt",
							"type": "uint64",
							"internalType": "uint64"
						},
						{
							"name": "finishedAt",
							"type": "uint64",
							"internalType": "uint64"
						},
						{
							"name": "status",
							"type": "uint8",
							"internalType": "uint8"
						}
					]
				},
				{
					"name": "receiptId",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "gatewaySeq",
					"type": "uint64",
					"internalType": "uint64"
				},
				{
					"name": "client",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "requestHash",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "responseHash",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "channelId",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "channelSeq",
					"type": "uint64",
					"internalType": "uint64"
				},
				{
					"name": "cost",
					"type": "uint128",
					"internalType": "uint128"
				},
				{
					"name": "cumulative",
					"type": "uint128",
					"internalType": "uint128"
				},
				{
					"name": "priceHash",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "prevReceipt",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "tiers",
					"type": "uint16",
					"internalType": "uint16"
				},
				{
					"name": "evidenceHash",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "anchorBy",
					"type": "uint64",
					"internalType": "uint64"
				}
			]
		}, {
			"name": "gatewaySignature",
			"type": "bytes",
			"internalType": "bytes"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "challenges",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [
			{
				"name": "gateway",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "reporter",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "anchorBy",
				"type": "uint64",
				"internalType": "uint64"
			},
			{
				"name": "answerableUntil",
				"type": "uint64",
				"internalType": "uint64"
			}
		],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "conclude",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "gateways",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract IOperatorRegistry"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "penalty",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint96",
			"internalType": "uint96"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "receiptAnchor",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract IReceiptAnchor"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "verifier",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "address"
		}],
		"stateMutability": "view"
	},
	{
		"type": "event",
		"name": "InclusionChallenged",
		"inputs": [
			{
				"name": "digest",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "gateway",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "reporter",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "answerableUntil",
				"type": "uint64",
				"indexed": false,
				"internalType": "uint64"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "InclusionShown",
		"inputs": [
			{
				"name": "digest",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "root",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "anchoredAt",
				"type": "uint64",
				"indexed": false,
				"internalType": "uint64"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "PromiseBroken",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"indexed": true,
			"internalType": "bytes32"
		}, {
			"name": "gateway",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}],
		"anonymous": false
	},
	{
		"type": "error",
		"name": "AlreadyChallenged",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "AlreadyOnRecord",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "recordedAt",
			"type": "uint64",
			"internalType": "uint64"
		}]
	},
	{
		"type": "error",
		"name": "AnswerTimeNotOver",
		"inputs": [{
			"name": "answerableUntil",
			"type": "uint64",
			"internalType": "uint64"
		}, {
			"name": "nowS",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "AnswerTimeOver",
		"inputs": [{
			"name": "answerableUntil",
			"type": "uint64",
			"internalType": "uint64"
		}, {
			"name": "nowS",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "EvidenceExpired",
		"inputs": [{
			"name": "usableUntil",
			"type": "uint256",
			"internalType": "uint256"
		}, {
			"name": "nowS",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "EvidenceNotSigned",
		"inputs": [{
			"name": "gateway",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "NoChallenge",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "NoPromise",
		"inputs": []
	},
	{
		"type": "error",
		"name": "NotIncludedInTime",
		"inputs": [{
			"name": "anchoredAt",
			"type": "uint64",
			"internalType": "uint64"
		}, {
			"name": "anchorBy",
			"type": "uint64",
			"internalType": "uint64"
		}]
	},
	{
		"type": "error",
		"name": "PromiseNotDue",
		"inputs": [{
			"name": "anchorBy",
			"type": "uint64",
			"internalType": "uint64"
		}, {
			"name": "nowS",
			"type": "uint256",
			"internalType": "uint256"
		}]
	}
];

// src/chain/generated/gateway-registry.ts
const gatewayRegistryAbi = [
	{
		"type": "constructor",
		"inputs": [{
			"name": "terms",
			"type": "tuple",
			"internalType": "struct RegistryTerms",
			"components": [
				{
					"name": "asset",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "minStake",
					"type": "uint96",
					"internalType": "uint96"
				},
				{
					"name": "unbondingDelay",
					"type": "uint40",
					"internalType": "uint40"
				},
				{
					"name": "insurance",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "admin",
					"type": "address",
					"internalType": "address"
				}
			]
		}, {
			"name": "keyBook_",
			"type": "address",
			"internalType": "contract ISigningKeyBook"
		}],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "CLOCK_TOLERANCE",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "MAX_ACTIVE_KEYS",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint8",
			"internalType": "uint8"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "MIN_UNBONDING_DELAY",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint40",
			"internalType": "uint40"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "REPORTER_SHARE_PERCENT",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint96",
			"internalType": "uint96"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "addSigningKey",
		"inputs": [{
			"name": "key",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "activeFrom",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "addStake",
		"inputs": [{
			"name": "amount",
			"type": "uint96",
			"internalType": "uint96"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "admin",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "address"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "appointSlashers",
		"inputs": [{
			"name": "slashers",
			"type": "address[]",
			"internalType": "address[]"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "asset",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "address"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "cancelUnbonding",
		"inputs": [],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "forfeits",
		"inputs": [{
			"name": "faultId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [{
			"name": "reporter",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "amount",
			"type": "uint96",
			"internalType": "uint96"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "insurance",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "address"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "isServing",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [{
			"name": "",
			"type": "bool",
			"internalType": "bool"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "isSlasher",
		"inputs": [{
			"name": "account",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [{
			"name": "",
			"type": "bool",
			"internalType": "bool"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "keyBook",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract ISigningKeyBook"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "minStake",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint96",
			"internalType": "uint96"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "operators",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [{
			"name": "",
			"type": "tuple",
			"internalType": "struct IOperatorRegistry.Operator",
			"components": [
				{
					"name": "stake",
					"type": "uint96",
					"internalType": "uint96"
				},
				{
					"name": "unbonding",
					"type": "uint96",
					"internalType": "uint96"
				},
				{
					"name": "withdrawableAt",
					"type": "uint40",
					"internalType": "uint40"
				},
				{
					"name": "activeKeys",
					"type": "uint8",
					"internalType": "uint8"
				},
				{
					"name": "state",
					"type": "uint8",
					"internalType": "uint8"
				}
			]
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "pause",
		"inputs": [],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "payForfeit",
		"inputs": [{
			"name": "faultId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "priceSheetPublishedAt",
		"inputs": [{
			"name": "priceHash",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [{
			"name": "timestampS",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "publishPriceSheet",
		"inputs": [{
			"name": "sheet",
			"type": "tuple",
			"internalType": "struct PriceSheet",
			"components": [
				{
					"name": "operator",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "modelId",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "asset",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "promptAtomicPerMtok",
					"type": "uint128",
					"internalType": "uint128"
				},
				{
					"name": "cachedPromptAtomicPerMtok",
					"type": "uint128",
					"internalType": "uint128"
				},
				{
					"name": "completionAtomicPerMtok",
					"type": "uint128",
					"internalType": "uint128"
				},
				{
					"name": "validFrom",
					"type": "uint64",
					"internalType": "uint64"
				},
				{
					"name": "validUntil",
					"type": "uint64",
					"internalType": "uint64"
				}
			]
		}],
		"outputs": [{
			"name": "priceHash",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "register",
		"inputs": [
			{
				"name": "stake",
				"type": "uint96",
				"internalType": "uint96"
			},
			{
				"name": "signingKey",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "activeFrom",
				"type": "uint64",
				"internalType": "uint64"
			},
			{
				"name": "endpoint",
				"type": "string",
				"internalType": "string"
			}
		],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "resume",
		"inputs": [],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "retireSigningKey",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "key",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "revokeSigningKey",
		"inputs": [{
			"name": "key",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "setEndpoint",
		"inputs": [{
			"name": "endpoint",
			"type": "string",
			"internalType": "string"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "signingKeyActiveAt",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "key",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "timestampS",
				"type": "uint64",
				"internalType": "uint64"
			}
		],
		"outputs": [{
			"name": "",
			"type": "bool",
			"internalType": "bool"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "signingKeys",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "key",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [{
			"name": "activeFrom",
			"type": "uint64",
			"internalType": "uint64"
		}, {
			"name": "revokedAt",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "slash",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "amount",
				"type": "uint96",
				"internalType": "uint96"
			},
			{
				"name": "faultId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "reporter",
				"type": "address",
				"internalType": "address"
			}
		],
		"outputs": [{
			"name": "taken",
			"type": "uint96",
			"internalType": "uint96"
		}],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "startUnbonding",
		"inputs": [{
			"name": "amount",
			"type": "uint96",
			"internalType": "uint96"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "unbondingDelay",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint40",
			"internalType": "uint40"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "withdrawUnbonded",
		"inputs": [{
			"name": "to",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "event",
		"name": "EndpointChanged",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}, {
			"name": "endpoint",
			"type": "string",
			"indexed": false,
			"internalType": "string"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "ForfeitPaid",
		"inputs": [
			{
				"name": "faultId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "reporter",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "reward",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			},
			{
				"name": "insured",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "OperatorPaused",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "OperatorRegistered",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}, {
			"name": "endpoint",
			"type": "string",
			"indexed": false,
			"internalType": "string"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "OperatorResumed",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "OperatorSlashed",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "faultId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "reporter",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "amount",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			},
			{
				"name": "stake",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "PriceSheetPublished",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "modelId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "priceHash",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "sheet",
				"type": "tuple",
				"indexed": false,
				"internalType": "struct PriceSheet",
				"components": [
					{
						"name": "operator",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "modelId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "asset",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "promptAtomicPerMtok",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "cachedPromptAtomicPerMtok",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "completionAtomicPerMtok",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "validFrom",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "validUntil",
						"type": "uint64",
						"internalType": "uint64"
					}
				]
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "SigningKeyAdded",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "key",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "activeFrom",
				"type": "uint64",
				"indexed": false,
				"internalType": "uint64"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "SigningKeyRevoked",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "key",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "revokedAt",
				"type": "uint64",
				"indexed": false,
				"internalType": "uint64"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "SlasherAppointed",
		"inputs": [{
			"name": "slasher",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "StakeAdded",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "amount",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			},
			{
				"name": "stake",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "StakeWithdrawn",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "to",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "amount",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "UnbondingCancelled",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "amount",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			},
			{
				"name": "stake",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "UnbondingStarted",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "amount",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			},
			{
				"name": "unbonding",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			},
			{
				"name": "withdrawableAt",
				"type": "uint40",
				"indexed": false,
				"internalType": "uint40"
			}
		],
		"anonymous": false
	},
	{
		"type": "error",
		"name": "ActiveFromTooEarly",
		"inputs": [{
			"name": "activeFrom",
			"type": "uint64",
			"internalType": "uint64"
		}, {
			"name": "earliest",
			"type": "uint64",
			"internalType": "uint64"
		}]
	},
	{
		"type": "error",
		"name": "ActiveKeysRemain",
		"inputs": [{
			"name": "activeKeys",
			"type": "uint8",
			"internalType": "uint8"
		}]
	},
	{
		"type": "error",
		"name": "AlreadyPaused",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "AlreadyRegistered",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "AmountExceedsStake",
		"inputs": [{
			"name": "amount",
			"type": "uint96",
			"internalType": "uint96"
		}, {
			"name": "stake",
			"type": "uint96",
			"internalType": "uint96"
		}]
	},
	{
		"type": "error",
		"name": "AmountIsZero",
		"inputs": []
	},
	{
		"type": "error",
		"name": "AssetIsZero",
		"inputs": []
	},
	{
		"type": "error",
		"name": "FaultAlreadySlashed",
		"inputs": [{
			"name": "faultId",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "InsuranceIsZero",
		"inputs": []
	},
	{
		"type": "error",
		"name": "KeyAlreadyKnown",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "key",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "KeyIsZero",
		"inputs": []
	},
	{
		"type": "error",
		"name": "KeyNotActive",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "key",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "NoForfeit",
		"inputs": [{
			"name": "faultId",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "NotPaused",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "NotRegistered",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "NothingToSlash",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "NothingUnbonding",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "Reentrancy",
		"inputs": []
	},
	{
		"type": "error",
		"name": "SenderNotAdmin",
		"inputs": [{
			"name": "sender",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "admin",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "SenderNotSlasher",
		"inputs": [{
			"name": "sender",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "SheetOperatorMismatch",
		"inputs": [{
			"name": "sheetOperator",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "sender",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "SheetWindowEmpty",
		"inputs": [{
			"name": "validFrom",
			"type": "uint64",
			"internalType": "uint64"
		}, {
			"name": "validUntil",
			"type": "uint64",
			"internalType": "uint64"
		}]
	},
	{
		"type": "error",
		"name": "StakeBelowMinimum",
		"inputs": [{
			"name": "stake",
			"type": "uint96",
			"internalType": "uint96"
		}, {
			"name": "minimum",
			"type": "uint96",
			"internalType": "uint96"
		}]
	},
	{
		"type": "error",
		"name": "StakeNotBelowMinimum",
		"inputs": [{
			"name": "stake",
			"type": "uint96",
			"internalType": "uint96"
		}, {
			"name": "minimum",
			"type": "uint96",
			"internalType": "uint96"
		}]
	},
	{
		"type": "error",
		"name": "TooManyActiveKeys",
		"inputs": [{
			"name": "activeKeys",
			"type": "uint8",
			"internalType": "uint8"
		}, {
			"name": "maximum",
			"type": "uint8",
			"internalType": "uint8"
		}]
	},
	{
		"type": "error",
		"name": "UnbondingDelayTooShort",
		"inputs": [{
			"name": "unbondingDelay",
			"type": "uint40",
			"internalType": "uint40"
		}, {
			"name": "minimum",
			"type": "uint40",
			"internalType": "uint40"
		}]
	},
	{
		"type": "error",
		"name": "UnbondingNotOver",
		"inputs": [{
			"name": "withdrawableAt",
			"type": "uint40",
			"internalType": "uint40"
		}, {
			"name": "nowS",
			"type": "uint256",
			"internalType": "uint256"
		}]
	}
];
/** Creation code; constructor arguments are appended to it. */
const gatewayRegistryBytecode = "0x610120604052348015610010575f5ffd5b5060405161323e38038061323e83398101604081905261002f916101b0565b8151829081906001600160a01b031661005b5760405163281a22f360e11b815260040160405180910390fd5b60608101516001600160a01b031661008657604051632261ec0160e21b815260040160405180910390fd5b80602001516001600160601b03165f036100b3576040516310eb483f60e21b815260040160405180910390fd5b62093a8064ffffffffff16816040015164ffffffffff1610156101055760408082015190516336458f3b60e01b815264ffffffffff909116600482015262093a80602482015260440160405180910390fd5b80516001600160a01b03908116608090815260208301516001600160601b031660c052604083015164ffffffffff1660e0526060830151821660a052909101515f80546001600160a01b0319169183169190911790559190911661010052506102679050565b80516001600160a01b0381168114610181575f5ffd5b919050565b80516001600160601b0381168114610181575f5ffd5b805164ffffffffff81168114610181575f5ffd5b5f5f82840360c08112156101c2575f5ffd5b60a08112156101cf575f5ffd5b5060405160a081016001600160401b03811182821017156101fe57634e487b7160e01b5f52604160045260245ffd5b60405261020a8461016b565b815261021860208501610186565b60208201526102296040850161019c565b604082015261023a6060850161016b565b606082015261024b6080850161016b565b6080820152915061025e60a0840161016b565b90509250929050565b60805160a05160c05160e05161010051612f2361031b5f395f81816105300152818161202101526126af01525f818161070901526109b801525f8181610431015281816108fc01528181610b8401528181610bed01528181610c5101528181610cd101528181610d34015281816110f7015261117601525f81816106390152611db201525f8181610475015281816112ba0152818161185f01528181611d4101528181611d900152611f4d0152612f235ff3fe608060405234801561000f575f5ffd5b50600436106101e7575f3560e01c806355c0e4e011610109578063aeffaa471161009e578063cf22f0dd1161006e578063cf22f0dd146106f1578063db7dd35a14610704578063f173f1311461072b578063f851a4401461073e575f5ffd5b8063aeffaa4714610676578063bc856b9814610689578063bd2e59db1461069c578063ccea74d4146106d0575f5ffd5b80638456cb59116100d95780638456cb591461062c57806389cf320414610634578063906d9dbb1461065b578063a9b828191461066e575f5ffd5b806355c0e4e01461055257806357601c5d146105e85780635d8636221461060a5780637a78a77214610612575f5ffd5b8063296973141161017f57806344abfee21161014f57806344abfee2146104cf5780634726c553146104ef57806350b7a7091461051857806354c594131461052b575f5ffd5b8063296973141461040a578063375b3c0a1461042c57806338d52e0f146104705780634474ba9c146104bc575f5ffd5b806313e7c9d8116101ba57806313e7c9d8146102435780631a7f59a8146103d1578063240d87b3146103e457806324c125d0146103f7575f5ffd5b8063046f7da2146101eb578063065cefc3146101f557806307bc17d6146102085780630b06d66f14610230575b5f5ffd5b6101f361075d565b005b6101f3610203366004612726565b61080b565b61021b610216366004612782565b610ac9565b60405190151581526020015b60405180910390f35b61021b61023e3660046127c6565b610af2565b6103676102513660046127c6565b6040805160a0810182525f808252602082018190529181018290526060810182905260808101919091525073ffffffffffffffffffffffffffffffffffffffff165f81815260036020908152604080832081516060808201845291546bffffffffffffffffffffffff80821683526c010000000000000000000000008204811683870190815264ffffffffff78010000000000000000000000000000000000000000000000009093048316848701908152988852600487529685902085518087018752905460ff80821683526101009091048116828901908152875160a0810189529551841686529851909216968401969096529651169281019290925291518416918101919091529051909116608082015290565b60405161022791905f60a0820190506bffffffffffffffffffffffff83511682526bffffffffffffffffffffffff602084015116602083015264ffffffffff604084015116604083015260ff606084015116606083015260ff608084015116608083015292915050565b6101f36103df3660046127c6565b610bb1565b6101f36103f23660046127df565b610bbe565b6101f3610405366004612814565b610c8f565b61041361038481565b60405167ffffffffffffffff9091168152602001610227565b6104537f000000000000000000000000000000000000000000000000000000000000000081565b6040516bffffffffffffffffffffffff9091168152602001610227565b6104977f000000000000000000000000000000000000000000000000000000000000000081565b60405173ffffffffffffffffffffffffffffffffffffffff9091168152602001610227565b6104536104ca366004612845565b610d70565b6104d962093a8081565b60405164ffffffffff9091168152602001610227565b6104136104fd36600461288f565b60056020525f908152604090205467ffffffffffffffff1681565b6101f36105263660046128e4565b611064565b6104977f000000000000000000000000000000000000000000000000000000000000000081565b6105af61056036600461288f565b60026020525f908152604090205473ffffffffffffffffffffffffffffffffffffffff8116907401000000000000000000000000000000000000000090046bffffffffffffffffffffffff1682565b6040805173ffffffffffffffffffffffffffffffffffffffff90931683526bffffffffffffffffffffffff909116602083015201610227565b61021b6105f63660046127c6565b60016020525f908152604090205460ff1681565b610453601481565b61061a602081565b60405160ff9091168152602001610227565b6101f3611317565b6104977f000000000000000000000000000000000000000000000000000000000000000081565b6101f3610669366004612957565b6113e0565b6101f361156f565b6101f36106843660046127c6565b611682565b6101f36106973660046129c8565b6118d0565b6106af6106aa366004612814565b61192e565b6040805167ffffffffffffffff938416815292909116602083015201610227565b6106e36106de366004612a07565b611951565b604051908152602001610227565b6101f36106ff36600461288f565b611b7d565b6104d97f000000000000000000000000000000000000000000000000000000000000000081565b6101f3610739366004612726565b611df0565b5f546104979073ffffffffffffffffffffffffffffffffffffffff1681565b5f61076733611f8b565b8054909150610100900460ff166002146107b4576040517fbda7dd280000000000000000000000000000000000000000000000000000000081523360048201526024015b60405180910390fd5b80547fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff00ff1661010017815560405133907f6b550e5bd79f916a206f90fb9451efc80c9d248e641a7816360cf4be9016c5d2905f90a250565b806bffffffffffffffffffffffff165f03610852576040517f43ad20fc00000000000000000000000000000000000000000000000000000000815260040160405180910390fd5b5f61085c33611f8b565b54335f908152600360205260409020805460ff9092169250906bffffffffffffffffffffffff90811690841611156108db5780546040517fdb0f3b020000000000000000000000000000000000000000000000000000000081526bffffffffffffffffffffffff808616600483015290911660248201526044016107ab565b80545f906108f89085906bffffffffffffffffffffffff16612a4e565b90507f00000000000000000000000000000000000000000000000000000000000000006bffffffffffffffffffffffff16816bffffffffffffffffffffffff16108015610947575060ff831615155b15610983576040517f3f51ba3100000000000000000000000000000000000000000000000000000000815260ff841660048201526024016107ab565b81545f906109b09086906c0100000000000000000000000090046bffffffffffffffffffffffff16612a78565b90505f6109dd7f000000000000000000000000000000000000000000000000000000000000000042612a9c565b845464ffffffffff8216780100000000000000000000000000000000000000000000000081027fffffff0000000000ffffffffffffffffffffffffffffffffffffffffffffffff6bffffffffffffffffffffffff8781166c0100000000000000000000000081027fffffffffffffffff0000000000000000000000000000000000000000000000009096168a831617959095179190911691909117885560408051918b16825260208201939093529182015290915033907f3bdfa42a38bd063c199a394e7661dd83e993f09c24a19c32076459c1e8501bb89060600160405180910390a2505050505050565b5f5f610ad5858561200c565b9050610ae9815f01518260200151856120dc565b95945050505050565b73ffffffffffffffffffffffffffffffffffffffff81165f90815260046020908152604080832081518083019092525460ff808216835261010090910416918101829052906001148015610b495750805160ff1615155b8015610baa575073ffffffffffffffffffffffffffffffffffffffff83165f908152600360205260409020546bffffffffffffffffffffffff7f00000000000000000000000000000000000000000000000000000000000000008116911610155b9392505050565b610bbb3382612143565b50565b5f610bc833611f8b565b335f908152600360205260409020549091506bffffffffffffffffffffffff908116907f000000000000000000000000000000000000000000000000000000000000000016811015610c7e576040517f3e6a699b0000000000000000000000000000000000000000000000000000000081526bffffffffffffffffffffffff80831660048301527f00000000000000000000000000000000000000000000000000000000000000001660248201526044016107ab565b610c8982858561229a565b50505050565b610c9882611f8b565b5073ffffffffffffffffffffffffffffffffffffffff82165f908152600360205260409020546bffffffffffffffffffffffff908116907f0000000000000000000000000000000000000000000000000000000000000000168110610d61576040517f6367d3820000000000000000000000000000000000000000000000000000000081526bffffffffffffffffffffffff80831660048301527f00000000000000000000000000000000000000000000000000000000000000001660248201526044016107ab565b610d6b8383612143565b505050565b335f9081526001602052604081205460ff16610dba576040517f6bfb3a640000000000000000000000000000000000000000000000000000000081523360048201526024016107ab565b5f838152600260205260409020805473ffffffffffffffffffffffffffffffffffffffff1615610e19576040517f80b55afc000000000000000000000000000000000000000000000000000000008152600481018590526024016107ab565b73ffffffffffffffffffffffffffffffffffffffff86165f908152600360205260408120805490916bffffffffffffffffffffffff808316926c0100000000000000000000000090048116919089168311610e745782610e76565b885b90505f610e83828b612a4e565b90505f836bffffffffffffffffffffffff16826bffffffffffffffffffffffff1610610eaf5783610eb1565b815b9050610ebd8184612a78565b9750876bffffffffffffffffffffffff165f03610f1e576040517fea53296000000000000000000000000000000000000000000000000000000000815273ffffffffffffffffffffffffffffffffffffffff8d1660048201526024016107ab565b610f288386612a4e565b86547fffffffffffffffffffffffffffffffffffffffff000000000000000000000000166bffffffffffffffffffffffff918216178755811615610fba57610f708185612a4e565b86546bffffffffffffffffffffffff919091166c01000000000000000000000000027fffffffffffffffff000000000000000000000000ffffffffffffffffffffffff9091161786555b6bffffffffffffffffffffffff8816740100000000000000000000000000000000000000000273ffffffffffffffffffffffffffffffffffffffff808b1691821789558b908e167f790c7eafe99f6c404e9d4ed1090f1a4ea389b225ab684545693961bc9925bfc58b61102d888b612a4e565b604080516bffffffffffffffffffffffff93841681529290911660208301520160405180910390a450505050505050949350505050565b688000000000ab143c064660010361108e57805c1561108657805f526004601cfd5b30815d6110a3565b3081540361109f57805f526004601cfd5b3081555b50335f9081526004602052604090208054610100900460ff16156110f5576040517f45ed80e90000000000000000000000000000000000000000000000000000000081523360048201526024016107ab565b7f00000000000000000000000000000000000000000000000000000000000000006bffffffffffffffffffffffff16866bffffffffffffffffffffffff1610156111a3576040517f3e6a699b0000000000000000000000000000000000000000000000000000000081526bffffffffffffffffffffffff80881660048301527f00000000000000000000000000000000000000000000000000000000000000001660248201526044016107ab565b80547fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff00ff16610100178155335f818152600360205260409081902080546bffffffffffffffffffffffff8a167fffffffffffffffffffffffffffffffffffffffff000000000000000000000000909116179055517f11a85ea4a40584362c3d9c17685709a2e02b466ac78d5eb00b6aff73d90f5805906112459086908690612ab9565b60405180910390a2604080516bffffffffffffffffffffffff8816808252602082015233917fa555f0a0e2e0c2d2feeb29b013d1d8e5c003ea04f9a67929092e2878f3669481910160405180910390a26112a081868661229a565b6112f073ffffffffffffffffffffffffffffffffffffffff7f00000000000000000000000000000000000000000000000000000000000000001633306bffffffffffffffffffffffff8a16612504565b50688000000000ab143c064660010361130b575f815d61130f565b8081555b505050505050565b5f61132133611f8b565b80549091507ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe61010090910460ff1601611389576040517fac419b770000000000000000000000000000000000000000000000000000000081523360048201526024016107ab565b80547fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff00ff1661020017815560405133907fc5437eb8dd091f69800961953f2bb0bc16ae1ff2d3e52caa96796db65f8271da905f90a250565b5f5473ffffffffffffffffffffffffffffffffffffffff163314611451575f546040517fe9c0a29600000000000000000000000000000000000000000000000000000000815233600482015273ffffffffffffffffffffffffffffffffffffffff90911660248201526044016107ab565b5f80547fffffffffffffffffffffffff00000000000000000000000000000000000000001681555b81811015610d6b576001805f85858581811061149757611497612b05565b90506020020160208101906114ac91906127c6565b73ffffffffffffffffffffffffffffffffffffffff16815260208101919091526040015f2080547fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff001691151591909117905582828281811061151057611510612b05565b905060200201602081019061152591906127c6565b73ffffffffffffffffffffffffffffffffffffffff167f3249aace73d4b7c06524b43fe8798c09b1b10d3246277b9cc35c2b88d5b3291760405160405180910390a2600101611479565b61157833611f8b565b50335f908152600360205260408120805490916c010000000000000000000000009091046bffffffffffffffffffffffff16908190036115e6576040517fbf7babf40000000000000000000000000000000000000000000000000000000081523360048201526024016107ab565b81545f906116039083906bffffffffffffffffffffffff16612a78565b83547fffffffffffffffff000000000000000000000000000000000000000000000000166bffffffffffffffffffffffff8281169182178655604080519186168252602082019290925291925033917f35d3880c090991fbfb070eb469d83d5ec955898e05ea68c2bdc1308b1af3386d910160405180910390a2505050565b688000000000ab143c06466001036116ac57805c156116a457805f526004601cfd5b30815d6116c1565b308154036116bd57805f526004601cfd5b3081555b506116cb33611f8b565b50335f908152600360205260408120805490916c010000000000000000000000009091046bffffffffffffffffffffffff1690819003611739576040517fbf7babf40000000000000000000000000000000000000000000000000000000081523360048201526024016107ab565b81547801000000000000000000000000000000000000000000000000900464ffffffffff164210156117c45781546040517f80902e64000000000000000000000000000000000000000000000000000000008152780100000000000000000000000000000000000000000000000090910464ffffffffff1660048201524260248201526044016107ab565b81547fffffffffffffffff000000000000000000000000ffffffffffffffffffffffff1682556040516bffffffffffffffffffffffff8216815273ffffffffffffffffffffffffffffffffffffffff84169033907fcb4980f3d99f91eefd64011186d3c941533eb8e28989b14afc5c5713c4f1e55f9060200160405180910390a361189473ffffffffffffffffffffffffffffffffffffffff7f000000000000000000000000000000000000000000000000000000000000000016846bffffffffffffffffffffffff8416612566565b505061189e600190565b156118c157688000000000ab143c06466001036118bc575f815d5050565b805550565b5f688000000000ab143c065d50565b6118d933611f8b565b503373ffffffffffffffffffffffffffffffffffffffff167fd9220bc5a2b96f599a5f2c277dd2501a7d5b81a0dc0860cf63b530a84ee8eb698383604051611922929190612ab9565b60405180910390a25050565b5f5f5f61193b858561200c565b80516020909101519093509150505b9250929050565b5f61195b33611f8b565b503361196a60208401846127c6565b73ffffffffffffffffffffffffffffffffffffffff16146119e35761199260208301836127c6565b6040517f75f2473600000000000000000000000000000000000000000000000000000000815273ffffffffffffffffffffffffffffffffffffffff90911660048201523360248201526044016107ab565b6119f4610100830160e08401612b32565b67ffffffffffffffff1615801590611a3e5750611a1760e0830160c08401612b32565b67ffffffffffffffff16611a32610100840160e08501612b32565b67ffffffffffffffff16105b15611aaa57611a5360e0830160c08401612b32565b611a64610100840160e08501612b32565b6040517fd61e874f00000000000000000000000000000000000000000000000000000000815267ffffffffffffffff9283166004820152911660248201526044016107ab565b611ac1611abc36849003840184612b6c565b6125b9565b5f8181526005602052604081205491925067ffffffffffffffff9091169003611b24575f81815260056020526040902080547fffffffffffffffffffffffffffffffffffffffffffffffff0000000000000000164267ffffffffffffffff161790555b8082602001353373ffffffffffffffffffffffffffffffffffffffff167fee9828e424baa84997a9b7504e538341e96e5364287f93093a644df7919c364185604051611b709190612c4d565b60405180910390a4919050565b688000000000ab143c0646600103611ba757805c15611b9f57805f526004601cfd5b30815d611bbc565b30815403611bb857805f526004601cfd5b3081555b505f81815260026020908152604080832081518083019092525473ffffffffffffffffffffffffffffffffffffffff811682527401000000000000000000000000000000000000000090046bffffffffffffffffffffffff169181018290529103611c56576040517f3bc13959000000000000000000000000000000000000000000000000000000008152600481018390526024016107ab565b5f8281526002602090815260408220805473ffffffffffffffffffffffffffffffffffffffff169055820151606490611c9f906014906bffffffffffffffffffffffff16612d4b565b611ca99190612d62565b90505f818360200151611cbc9190612a4e565b8351604080516bffffffffffffffffffffffff80871682528416602082015292935073ffffffffffffffffffffffffffffffffffffffff9091169186917f8787c4951d58bb3458b2dc1dca7ab6a85b5a3d4084bb9b25d9298a767b70a290910160405180910390a38251611d769073ffffffffffffffffffffffffffffffffffffffff7f000000000000000000000000000000000000000000000000000000000000000016906bffffffffffffffffffffffff8516612566565b611de573ffffffffffffffffffffffffffffffffffffffff7f0000000000000000000000000000000000000000000000000000000000000000167f00000000000000000000000000000000000000000000000000000000000000006bffffffffffffffffffffffff8416612566565b50505061189e600190565b688000000000ab143c0646600103611e1a57805c15611e1257805f526004601cfd5b30815d611e2f565b30815403611e2b57805f526004601cfd5b3081555b50806bffffffffffffffffffffffff165f03611e77576040517f43ad20fc00000000000000000000000000000000000000000000000000000000815260040160405180910390fd5b611e8033611f8b565b50335f90815260036020526040812054611ea99083906bffffffffffffffffffffffff16612a78565b335f8181526003602090815260409182902080547fffffffffffffffffffffffffffffffffffffffff000000000000000000000000166bffffffffffffffffffffffff868116918217909255835191881682529181019190915292935090917fa555f0a0e2e0c2d2feeb29b013d1d8e5c003ea04f9a67929092e2878f3669481910160405180910390a2611f8373ffffffffffffffffffffffffffffffffffffffff7f00000000000000000000000000000000000000000000000000000000000000001633306bffffffffffffffffffffffff8616612504565b50600161189e565b73ffffffffffffffffffffffffffffffffffffffff81165f9081526004602052604090208054610100900460ff16612007576040517fbfc6c33700000000000000000000000000000000000000000000000000000000815273ffffffffffffffffffffffffffffffffffffffff831660048201526024016107ab565b919050565b604080518082019091525f80825260208201527f000000000000000000000000000000000000000000000000000000000000000073ffffffffffffffffffffffffffffffffffffffff1663d71779d961206630868661260a565b6040518263ffffffff1660e01b815260040161208491815260200190565b6040805180830381865afa15801561209e573d5f5f3e3d5ffd5b505050506040513d601f19601f820116820180604052508101906120c29190612d9a565b67ffffffffffffffff908116602084015216815292915050565b5f67ffffffffffffffff84161580159061210a57508167ffffffffffffffff168467ffffffffffffffff1611155b801561213b575067ffffffffffffffff8316158061213b57508267ffffffffffffffff168267ffffffffffffffff16105b949350505050565b5f61214e838361200c565b805190915067ffffffffffffffff1615806121765750602081015167ffffffffffffffff1615155b156121cd576040517f3d4ebc7a00000000000000000000000000000000000000000000000000000000815273ffffffffffffffffffffffffffffffffffffffff8085166004830152831660248201526044016107ab565b4267ffffffffffffffff811660208381019190915273ffffffffffffffffffffffffffffffffffffffff85165f90815260049091526040812080549091906122179060ff16612dc7565b91906101000a81548160ff021916908360ff16021790555061223a848484612644565b60405167ffffffffffffffff8216815273ffffffffffffffffffffffffffffffffffffffff80851691908616907feb6ed70b19a8cd923ce484c58a241eb0cb5be302e31906f42945acb35754b7c59060200160405180910390a350505050565b73ffffffffffffffffffffffffffffffffffffffff82166122e7576040517fd5a0335e00000000000000000000000000000000000000000000000000000000815260040160405180910390fd5b6122f1338361200c565b5167ffffffffffffffff1615612351576040517f3b1c487f00000000000000000000000000000000000000000000000000000000815233600482015273ffffffffffffffffffffffffffffffffffffffff831660248201526044016107ab565b825460ff167fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0016123bd5782546040517fa80a080100000000000000000000000000000000000000000000000000000000815260ff9091166004820152602060248201526044016107ab565b425f61038467ffffffffffffffff8316116123d95760016123e5565b6123e561038483612e01565b90508067ffffffffffffffff168367ffffffffffffffff161015612449576040517f49007c7800000000000000000000000000000000000000000000000000000000815267ffffffffffffffff8085166004830152821660248201526044016107ab565b845485905f9061245b9060ff16612e21565b91906101000a81548160ff021916908360ff1602179055506124a6338560405180604001604052808767ffffffffffffffff1681526020015f67ffffffffffffffff16815250612644565b60405167ffffffffffffffff8416815273ffffffffffffffffffffffffffffffffffffffff85169033907fbaa368c6d57fd1c64659b615bbe094d79410ea80904a954145f546f23fd548489060200160405180910390a35050505050565b60405181606052826040528360601b602c526f23b872dd000000000000000000000000600c5260205f6064601c5f895af18060015f51141661255857803d873b15171061255857637939f4245f526004601cfd5b505f60605260405250505050565b81601452806034526fa9059cbb0000000000000000000000005f5260205f604460105f875af18060015f5114166125af57803d853b1517106125af576390b8ec185f526004601cfd5b505f603452505050565b5f7f65aef0440c21373342bfda0c0e448f0956aef5a99dca77c1ccdf331dd7795904826040516020016125ed929190612e3f565b604051602081830303815290604052805190602001209050919050565b6040805173ffffffffffffffffffffffffffffffffffffffff80861682528481166020830152831691810191909152606090205f9061213b565b6040517fb757bc0800000000000000000000000000000000000000000000000000000000815273ffffffffffffffffffffffffffffffffffffffff84811660048301528381166024830152825167ffffffffffffffff908116604484015260208401511660648301527f0000000000000000000000000000000000000000000000000000000000000000169063b757bc08906084015f604051808303815f87803b1580156126f0575f5ffd5b505af1158015612702573d5f5f3e3d5ffd5b50505050505050565b80356bffffffffffffffffffffffff81168114612007575f5ffd5b5f60208284031215612736575f5ffd5b610baa8261270b565b803573ffffffffffffffffffffffffffffffffffffffff81168114612007575f5ffd5b67ffffffffffffffff81168114610bbb575f5ffd5b803561200781612762565b5f5f5f60608486031215612794575f5ffd5b61279d8461273f565b92506127ab6020850161273f565b915060408401356127bb81612762565b809150509250925092565b5f602082840312156127d6575f5ffd5b610baa8261273f565b5f5f604083850312156127f0575f5ffd5b6127f98361273f565b9150602083013561280981612762565b809150509250929050565b5f5f60408385031215612825575f5ffd5b61282e8361273f565b915061283c6020840161273f565b90509250929050565b5f5f5f5f60808587031215612858575f5ffd5b6128618561273f565b935061286f6020860161270b565b9250604085013591506128846060860161273f565b905092959194509250565b5f6020828403121561289f575f5ffd5b5035919050565b5f5f83601f8401126128b6575f5ffd5b50813567ffffffffffffffff8111156128cd575f5ffd5b60208301915083602082850101111561194a575f5ffd5b5f5f5f5f5f608086880312156128f8575f5ffd5b6129018661270b565b945061290f6020870161273f565b9350604086013561291f81612762565b9250606086013567ffffffffffffffff81111561293a575f5ffd5b612946888289016128a6565b969995985093965092949392505050565b5f5f60208385031215612968575f5ffd5b823567ffffffffffffffff81111561297e575f5ffd5b8301601f8101851361298e575f5ffd5b803567ffffffffffffffff8111156129a4575f5ffd5b8560208260051b84010111156129b8575f5ffd5b6020919091019590945092505050565b5f5f602083850312156129d9575f5ffd5b823567ffffffffffffffff8111156129ef575f5ffd5b6129fb858286016128a6565b90969095509350505050565b5f610100828403128015612a19575f5ffd5b509092915050565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52601160045260245ffd5b6bffffffffffffffffffffffff8281168282160390811115612a7257612a72612a21565b92915050565b6bffffffffffffffffffffffff8181168382160190811115612a7257612a72612a21565b64ffffffffff8181168382160190811115612a7257612a72612a21565b60208152816020820152818360408301375f818301604090810191909152601f9092017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0160101919050565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52603260045260245ffd5b5f60208284031215612b42575f5ffd5b8135610baa81612762565b80356fffffffffffffffffffffffffffffffff81168114612007575f5ffd5b5f610100828403128015612b7e575f5ffd5b50604051610100810167ffffffffffffffff81118282101715612bc8577f4e487b71000000000000000000000000000000000000000000000000000000005f52604160045260245ffd5b604052612bd48361273f565b815260208381013590820152612bec6040840161273f565b6040820152612bfd60608401612b4d565b6060820152612c0e60808401612b4d565b6080820152612c1f60a08401612b4d565b60a0820152612c3060c08401612777565b60c0820152612c4160e08401612777565b60e08201529392505050565b610100810173ffffffffffffffffffffffffffffffffffffffff612c708461273f565b1682526020838101359083015273ffffffffffffffffffffffffffffffffffffffff612c9e6040850161273f565b1660408301526fffffffffffffffffffffffffffffffff612cc160608501612b4d565b166060830152612cd360808401612b4d565b6fffffffffffffffffffffffffffffffff166080830152612cf660a08401612b4d565b6fffffffffffffffffffffffffffffffff1660a0830152612d1960c08401612777565b67ffffffffffffffff1660c0830152612d3460e08401612777565b67ffffffffffffffff811660e08401525092915050565b8082028115828204841417612a7257612a72612a21565b5f82612d95577f4e487b71000000000000000000000000000000000000000000000000000000005f52601260045260245ffd5b500490565b5f5f60408385031215612dab575f5ffd5b8251612db681612762565b602084015190925061280981612762565b5f60ff821680612dd957612dd9612a21565b7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff0192915050565b67ffffffffffffffff8281168282160390811115612a7257612a72612a21565b5f60ff821660ff8103612e3657612e36612a21565b60010192915050565b5f6101208201905083825273ffffffffffffffffffffffffffffffffffffffff83511660208301526020830151604083015273ffffffffffffffffffffffffffffffffffffffff60408401511660608301526fffffffffffffffffffffffffffffffff60608401511660808301526080830151612ed060a08401826fffffffffffffffffffffffffffffffff169052565b5060a08301516fffffffffffffffffffffffffffffffff811660c08401525060c083015167ffffffffffffffff811660e08401525060e083015167ffffffffffffffff811661010084015250939250505056";

// src/chain/registry-errors.ts
/** Errors of a registry and of its token, which whoever calls it passes on: in their ABIs a revert is told by its name. */
const registryErrors = [...gatewayRegistryAbi.filter(({ type }) => type === "error"), {
	type: "error",
	name: "TransferFromFailed",
	inputs: []
}];

// src/chain/inclusion-challenges-contract.ts
const inclusionChallengesAt = (place) => ({
	name: "InclusionChallenges",
	address: place,
	abi: [...inclusionChallengesAbi, ...registryErrors]
});

// src/chain/generated/contributor-registry.ts
const contributorRegistryAbi = [
	{
		"type": "constructor",
		"inputs": [{
			"name": "terms",
			"type": "tuple",
			"internalType": "struct RegistryTerms",
			"components": [
				{
					"name": "asset",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "minStake",
					"type": "uint96",
					"internalType": "uint96"
				},
				{
					"name": "unbondingDelay",
					"type": "uint40",
					"internalType": "uint40"
				},
				{
					"name": "insurance",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "admin",
					"type": "address",
					"internalType": "address"
				}
			]
		}],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "CLOCK_TOLERANCE",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "MAX_ACTIVE_KEYS",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint8",
			"internalType": "uint8"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "MIN_UNBONDING_DELAY",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint40",
			"internalType": "uint40"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "REPORTER_SHARE_PERCENT",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint96",
			"internalType": "uint96"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "addSigningKey",
		"inputs": [{
			"name": "key",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "activeFrom",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "addStake",
		"inputs": [{
			"name": "amount",
			"type": "uint96",
			"internalType": "uint96"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "admin",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "address"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "appointSlashers",
		"inputs": [{
			"name": "slashers",
			"type": "address[]",
			"internalType": "address[]"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "areKeysActiveAt",
		"inputs": [
			{
				"name": "firstKeyId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "secondKeyId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "timestampS",
				"type": "uint64",
				"internalType": "uint64"
			}
		],
		"outputs": [{
			"name": "",
			"type": "bool",
			"internalType": "bool"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "asset",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "address"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "cancelUnbonding",
		"inputs": [],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "forfeits",
		"inputs": [{
			"name": "faultId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [{
			"name": "reporter",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "amount",
			"type": "uint96",
			"internalType": "uint96"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "insurance",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "address"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "isKeyActiveAt",
		"inputs": [{
			"name": "keyId",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "timestampS",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"outputs": [{
			"name": "",
			"type": "bool",
			"internalType": "bool"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "isServing",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [{
			"name": "",
			"type": "bool",
			"internalType": "bool"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "isSlasher",
		"inputs": [{
			"name": "account",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [{
			"name": "",
			"type": "bool",
			"internalType": "bool"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "keyBook",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract ISigningKeyBook"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "keyEpochs",
		"inputs": [{
			"name": "keyId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [{
			"name": "activeFrom",
			"type": "uint64",
			"internalType": "uint64"
		}, {
			"name": "revokedAt",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "minStake",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint96",
			"internalType": "uint96"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "offers",
		"inputs": [{
			"name": "contributor",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "modelId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [{
			"name": "",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "operators",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [{
			"name": "",
			"type": "tuple",
			"internalType": "struct IOperatorRegistry.Operator",
			"components": [
				{
					"name": "stake",
					"type": "uint96",
					"internalType": "uint96"
				},
				{
					"name": "unbonding",
					"type": "uint96",
					"internalType": "uint96"
				},
				{
					"name": "withdrawableAt",
					"type": "uint40",
					"internalType": "uint40"
				},
				{
					"name": "activeKeys",
					"type": "uint8",
					"internalType": "uint8"
				},
				{
					"name": "state",
					"type": "uint8",
					"internalType": "uint8"
				}
			]
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "pause",
		"inputs": [],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "payForfeit",
		"inputs": [{
			"name": "faultId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "payouts",
		"inputs": [{
			"name": "contributor",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [
			{
				"name": "chainId",
				"type": "uint256",
				"internalType": "uint256"
			},
			{
				"name": "token",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "receiver",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "minWithdrawDelay",
				"type": "uint40",
				"internalType": "uint40"
			},
			{
				"name": "nonce",
				"type": "uint64",
				"internalType": "uint64"
			}
		],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "priceSheetPublishedAt",
		"inputs": [{
			"name": "priceHash",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [{
			"name": "timestampS",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "publishOffer",
		"inputs": [{
			"name": "modelId",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "offerHash",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "publishPriceSheet",
		"inputs": [{
			"name": "sheet",
			"type": "tuple",
			"internalType": "struct PriceSheet",
			"components": [
				{
					"name": "operator",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "modelId",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "asset",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "promptAtomicPerMtok",
					"type": "uint128",
					"internalType": "uint128"
				},
				{
					"name": "cachedPromptAtomicPerMtok",
					"type": "uint128",
					"internalType": "uint128"
				},
				{
					"name": "completionAtomicPerMtok",
					"type": "uint128",
					"internalType": "uint128"
				},
				{
					"name": "validFrom",
					"type": "uint64",
					"internalType": "uint64"
				},
				{
					"name": "validUntil",
					"type": "uint64",
					"internalType": "uint64"
				}
			]
		}],
		"outputs": [{
			"name": "priceHash",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "register",
		"inputs": [
			{
				"name": "stake",
				"type": "uint96",
				"internalType": "uint96"
			},
			{
				"name": "signingKey",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "activeFrom",
				"type": "uint64",
				"internalType": "uint64"
			},
			{
				"name": "endpoint",
				"type": "string",
				"internalType": "string"
			}
		],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "registerPayout",
		"inputs": [{
			"name": "registration",
			"type": "tuple",
			"internalType": "struct PayoutRegistration",
			"components": [
				{
					"name": "contributor",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "payoutChainId",
					"type": "uint256",
					"internalType": "uint256"
				},
				{
					"name": "payoutToken",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "payoutReceiver",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "minWithdrawDelay",
					"type": "uint40",
					"internalType": "uint40"
				},
				{
					"name": "validUntil",
					"type": "uint64",
					"internalType": "uint64"
				},
				{
					"name": "nonce",
					"type": "uint64",
					"internalType": "uint64"
				}
			]
		}, {
			"name": "signature",
			"type": "bytes",
			"internalType": "bytes"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "resume",
		"inputs": [],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "retireSigningKey",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "key",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "revokeSigningKey",
		"inputs": [{
			"name": "key",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "setEndpoint",
		"inputs": [{
			"name": "endpoint",
			"type": "string",
			"internalType": "string"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "setKeyEpoch",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "key",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "epoch",
				"type": "tuple",
				"internalType": "struct KeyEpoch",
				"components": [{
					"name": "activeFrom",
					"type": "uint64",
					"internalType": "uint64"
				}, {
					"name": "revokedAt",
					"type": "uint64",
					"internalType": "uint64"
				}]
			}
		],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "signingKeyActiveAt",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "key",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "timestampS",
				"type": "uint64",
				"internalType": "uint64"
			}
		],
		"outputs": [{
			"name": "",
			"type": "bool",
			"internalType": "bool"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "signingKeys",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "key",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [{
			"name": "activeFrom",
			"type": "uint64",
			"internalType": "uint64"
		}, {
			"name": "revokedAt",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "slash",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "amount",
				"type": "uint96",
				"internalType": "uint96"
			},
			{
				"name": "faultId",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "reporter",
				"type": "address",
				"internalType": "address"
			}
		],
		"outputs": [{
			"name": "taken",
			"type": "uint96",
			"internalType": "uint96"
		}],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "startUnbonding",
		"inputs": [{
			"name": "amount",
			"type": "uint96",
			"internalType": "uint96"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "unbondingDelay",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint40",
			"internalType": "uint40"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "withdrawOffer",
		"inputs": [{
			"name": "modelId",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "withdrawUnbonded",
		"inputs": [{
			"name": "to",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "event",
		"name": "EndpointChanged",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}, {
			"name": "endpoint",
			"type": "string",
			"indexed": false,
			"internalType": "string"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "ForfeitPaid",
		"inputs": [
			{
				"name": "faultId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "reporter",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "reward",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			},
			{
				"name": "insured",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "OfferPublished",
		"inputs": [
			{
				"name": "contributor",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "modelId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "offerHash",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "OfferWithdrawn",
		"inputs": [{
			"name": "contributor",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}, {
			"name": "modelId",
			"type": "bytes32",
			"indexed": true,
			"internalType": "bytes32"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "OperatorPaused",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "OperatorRegistered",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}, {
			"name": "endpoint",
			"type": "string",
			"indexed": false,
			"internalType": "string"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "OperatorResumed",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "OperatorSlashed",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "faultId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "reporter",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "amount",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			},
			{
				"name": "stake",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "PayoutRegistered",
		"inputs": [
			{
				"name": "contributor",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "payoutChainId",
				"type": "uint256",
				"indexed": false,
				"internalType": "uint256"
			},
			{
				"name": "payoutToken",
				"type": "address",
				"indexed": false,
				"internalType": "address"
			},
			{
				"name": "payoutReceiver",
				"type": "address",
				"indexed": false,
				"internalType": "address"
			},
			{
				"name": "minWithdrawDelay",
				"type": "uint40",
				"indexed": false,
				"internalType": "uint40"
			},
			{
				"name": "nonce",
				"type": "uint64",
				"indexed": false,
				"internalType": "uint64"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "PriceSheetPublished",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "modelId",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "priceHash",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "sheet",
				"type": "tuple",
				"indexed": false,
				"internalType": "struct PriceSheet",
				"components": [
					{
						"name": "operator",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "modelId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "asset",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "promptAtomicPerMtok",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "cachedPromptAtomicPerMtok",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "completionAtomicPerMtok",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "validFrom",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "validUntil",
						"type": "uint64",
						"internalType": "uint64"
					}
				]
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "SigningKeyAdded",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "key",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "activeFrom",
				"type": "uint64",
				"indexed": false,
				"internalType": "uint64"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "SigningKeyRevoked",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "key",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "revokedAt",
				"type": "uint64",
				"indexed": false,
				"internalType": "uint64"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "SlasherAppointed",
		"inputs": [{
			"name": "slasher",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "StakeAdded",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "amount",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			},
			{
				"name": "stake",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "StakeWithdrawn",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "to",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "amount",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "UnbondingCancelled",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "amount",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			},
			{
				"name": "stake",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "UnbondingStarted",
		"inputs": [
			{
				"name": "operator",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "amount",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			},
			{
				"name": "unbonding",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			},
			{
				"name": "withdrawableAt",
				"type": "uint40",
				"indexed": false,
				"internalType": "uint40"
			}
		],
		"anonymous": false
	},
	{
		"type": "error",
		"name": "ActiveFromTooEarly",
		"inputs": [{
			"name": "activeFrom",
			"type": "uint64",
			"internalType": "uint64"
		}, {
			"name": "earliest",
			"type": "uint64",
			"internalType": "uint64"
		}]
	},
	{
		"type": "error",
		"name": "ActiveKeysRemain",
		"inputs": [{
			"name": "activeKeys",
			"type": "uint8",
			"internalType": "uint8"
		}]
	},
	{
		"type": "error",
		"name": "AlreadyPaused",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "AlreadyRegistered",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "AmountExceedsStake",
		"inputs": [{
			"name": "amount",
			"type": "uint96",
			"internalType": "uint96"
		}, {
			"name": "stake",
			"type": "uint96",
			"internalType": "uint96"
		}]
	},
	{
		"type": "error",
		"name": "AmountIsZero",
		"inputs": []
	},
	{
		"type": "error",
		"name": "AssetIsZero",
		"inputs": []
	},
	{
		"type": "error",
		"name": "FaultAlreadySlashed",
		"inputs": [{
			"name": "faultId",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "InsuranceIsZero",
		"inputs": []
	},
	{
		"type": "error",
		"name": "KeyAlreadyKnown",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "key",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "KeyIsZero",
		"inputs": []
	},
	{
		"type": "error",
		"name": "KeyNotActive",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "key",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "NoForfeit",
		"inputs": [{
			"name": "faultId",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "NoOffer",
		"inputs": [{
			"name": "contributor",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "modelId",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "NotPaused",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "NotRegistered",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "NothingToSlash",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "NothingUnbonding",
		"inputs": [{
			"name": "operator",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "OfferHashIsZero",
		"inputs": []
	},
	{
		"type": "error",
		"name": "PayoutExpired",
		"inputs": [{
			"name": "validUntil",
			"type": "uint64",
			"internalType": "uint64"
		}, {
			"name": "nowS",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "PayoutNonceMismatch",
		"inputs": [{
			"name": "expected",
			"type": "uint64",
			"internalType": "uint64"
		}, {
			"name": "actual",
			"type": "uint64",
			"internalType": "uint64"
		}]
	},
	{
		"type": "error",
		"name": "PayoutReceiverIsZero",
		"inputs": []
	},
	{
		"type": "error",
		"name": "PayoutSenderMismatch",
		"inputs": [{
			"name": "contributor",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "sender",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "PayoutSignatureInvalid",
		"inputs": [{
			"name": "contributor",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "Reentrancy",
		"inputs": []
	},
	{
		"type": "error",
		"name": "SenderNotAdmin",
		"inputs": [{
			"name": "sender",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "admin",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "SenderNotSlasher",
		"inputs": [{
			"name": "sender",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "SheetOperatorMismatch",
		"inputs": [{
			"name": "sheetOperator",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "sender",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "SheetWindowEmpty",
		"inputs": [{
			"name": "validFrom",
			"type": "uint64",
			"internalType": "uint64"
		}, {
			"name": "validUntil",
			"type": "uint64",
			"internalType": "uint64"
		}]
	},
	{
		"type": "error",
		"name": "StakeBelowMinimum",
		"inputs": [{
			"name": "stake",
			"type": "uint96",
			"internalType": "uint96"
		}, {
			"name": "minimum",
			"type": "uint96",
			"internalType": "uint96"
		}]
	},
	{
		"type": "error",
		"name": "StakeNotBelowMinimum",
		"inputs": [{
			"name": "stake",
			"type": "uint96",
			"internalType": "uint96"
		}, {
			"name": "minimum",
			"type": "uint96",
			"internalType": "uint96"
		}]
	},
	{
		"type": "error",
		"name": "TooManyActiveKeys",
		"inputs": [{
			"name": "activeKeys",
			"type": "uint8",
			"internalType": "uint8"
		}, {
			"name": "maximum",
			"type": "uint8",
			"internalType": "uint8"
		}]
	},
	{
		"type": "error",
		"name": "UnbondingDelayTooShort",
		"inputs": [{
			"name": "unbondingDelay",
			"type": "uint40",
			"internalType": "uint40"
		}, {
			"name": "minimum",
			"type": "uint40",
			"internalType": "uint40"
		}]
	},
	{
		"type": "error",
		"name": "UnbondingNotOver",
		"inputs": [{
			"name": "withdrawableAt",
			"type": "uint40",
			"internalType": "uint40"
		}, {
			"name": "nowS",
			"type": "uint256",
			"internalType": "uint256"
		}]
	}
];
/** Creation code; constructor arguments are appended to it. */
const contributorRegistryBytecode = "0x610100604052348015610010575f5ffd5b506040516141a73803806141a783398101604081905261002f916101a6565b8051819081906001600160a01b031661005b5760405163281a22f360e11b815260040160405180910390fd5b60608101516001600160a01b031661008657604051632261ec0160e21b815260040160405180910390fd5b80602001516001600160601b03165f036100b3576040516310eb483f60e21b815260040160405180910390fd5b62093a8064ffffffffff16816040015164ffffffffff1610156101055760408082015190516336458f3b60e01b815264ffffffffff909116600482015262093a80602482015260440160405180910390fd5b80516001600160a01b03908116608090815260208301516001600160601b031660c052604083015164ffffffffff1660e0526060830151821660a052909101515f80546001600160a01b031916919092161790555061023f9050565b80516001600160a01b0381168114610177575f5ffd5b919050565b80516001600160601b0381168114610177575f5ffd5b805164ffffffffff81168114610177575f5ffd5b5f60a08284031280156101b7575f5ffd5b5060405160a081016001600160401b03811182821017156101e657634e487b7160e01b5f52604160045260245ffd5b6040526101f283610161565b81526102006020840161017c565b602082015261021160408401610192565b604082015261022260608401610161565b606082015261023360808401610161565b60808201529392505050565b60805160a05160c05160e051613ecc6102db5f395f81816109510152610c1301525f818161053201528181610b5701528181610de201528181610e4601528181610eaa01528181610f2a01528181610f8d015281816117d2015261185101525f8181610830015261255601525f81816105760152818161199501528181611fdb015281816124e50152818161253401526127520152613ecc5ff3fe608060405234801561000f575f5ffd5b50600436106102c2575f3560e01c806357601c5d1161017c578063b757bc08116100dd578063d71779d911610093578063ea269a291161006e578063ea269a2914610973578063f173f13114610986578063f851a44014610999575f5ffd5b8063d71779d914610900578063d8c9f08c14610939578063db7dd35a1461094c575f5ffd5b8063bd2e59db116100c3578063bd2e59db146108a6578063ccea74d4146108da578063cf22f0dd146108ed575f5ffd5b8063b757bc0814610880578063bc856b9814610893575f5ffd5b80638456cb5911610132578063906d9dbb11610118578063906d9dbb14610852578063a9b8281914610865578063aeffaa471461086d575f5ffd5b80638456cb591461082357806389cf32041461082b575f5ffd5b80635ff54869116101625780635ff548691461072a57806365bcfbe71461073d5780637a78a77214610809575f5ffd5b806357601c5d146107005780635d86362214610722575f5ffd5b80632dd3f924116102265780634726c553116101dc578063517eefa0116101c2578063517eefa01461062c57806354c594131461066457806355c0e4e01461066a575f5ffd5b80634726c553146105f057806350b7a70914610619575f5ffd5b806338d52e0f1161020c57806338d52e0f146105715780634474ba9c146105bd57806344abfee2146105d0575f5ffd5b80632dd3f9241461051a578063375b3c0a1461052d575f5ffd5b80631a7f59a81161027b57806324c125d01161026157806324c125d0146104d257806329697314146104e55780632d00626814610507575f5ffd5b80631a7f59a8146104ac578063240d87b3146104bf575f5ffd5b806307bc17d6116102ab57806307bc17d6146102e35780630b06d66f1461030b57806313e7c9d81461031e575f5ffd5b8063046f7da2146102c6578063065cefc3146102d0575b5f5ffd5b6102ce6109b8565b005b6102ce6102de366004613326565b610a66565b6102f66102f1366004613382565b610d24565b60405190151581526020015b60405180910390f35b6102f66103193660046133c6565b610d4f565b61044261032c3660046133c6565b6040805160a0810182525f808252602082018190529181018290526060810182905260808101919091525073ffffffffffffffffffffffffffffffffffffffff165f81815260036020908152604080832081516060808201845291546bffffffffffffffffffffffff80821683526c010000000000000000000000008204811683870190815264ffffffffff78010000000000000000000000000000000000000000000000009093048316848701908152988852600487529685902085518087018752905460ff80821683526101009091048116828901908152875160a0810189529551841686529851909216968401969096529651169281019290925291518416918101919091529051909116608082015290565b60405161030291905f60a0820190506bffffffffffffffffffffffff83511682526bffffffffffffffffffffffff602084015116602083015264ffffffffff604084015116604083015260ff606084015116606083015260ff608084015116608083015292915050565b6102ce6104ba3660046133c6565b610e0a565b6102ce6104cd3660046133df565b610e17565b6102ce6104e0366004613414565b610ee8565b6104ee61038481565b60405167ffffffffffffffff9091168152602001610302565b6102ce610515366004613445565b610fc9565b6102ce6105283660046134a3565b611056565b6105547f000000000000000000000000000000000000000000000000000000000000000081565b6040516bffffffffffffffffffffffff9091168152602001610302565b6105987f000000000000000000000000000000000000000000000000000000000000000081565b60405173ffffffffffffffffffffffffffffffffffffffff9091168152602001610302565b6105546105cb3660046134fa565b61144b565b6105da62093a8081565b60405164ffffffffff9091168152602001610302565b6104ee6105fe366004613544565b60056020525f908152604090205467ffffffffffffffff1681565b6102ce61062736600461355b565b61173f565b61065661063a3660046135ce565b600760209081525f928352604080842090915290825290205481565b604051908152602001610302565b30610598565b6106c7610678366004613544565b60026020525f908152604090205473ffffffffffffffffffffffffffffffffffffffff8116907401000000000000000000000000000000000000000090046bffffffffffffffffffffffff1682565b6040805173ffffffffffffffffffffffffffffffffffffffff90931683526bffffffffffffffffffffffff909116602083015201610302565b6102f661070e3660046133c6565b60016020525f908152604090205460ff1681565b610554601481565b6102ce610738366004613544565b6119f3565b6107b761074b3660046133c6565b60086020525f90815260409020805460018201546002830154600390930154919273ffffffffffffffffffffffffffffffffffffffff91821692918116917401000000000000000000000000000000000000000090910464ffffffffff169067ffffffffffffffff1685565b6040805195865273ffffffffffffffffffffffffffffffffffffffff9485166020870152929093169184019190915264ffffffffff16606083015267ffffffffffffffff16608082015260a001610302565b610811602081565b60405160ff9091168152602001610302565b6102ce611a93565b6105987f000000000000000000000000000000000000000000000000000000000000000081565b6102ce6108603660046135f6565b611b5c565b6102ce611ceb565b6102ce61087b3660046133c6565b611dfe565b6102ce61088e366004613667565b61204c565b6102ce6108a13660046136d0565b612074565b6108b96108b4366004613414565b6120d2565b6040805167ffffffffffffffff938416815292909116602083015201610302565b6106566108e836600461370f565b6120f5565b6102ce6108fb366004613544565b612321565b6108b961090e366004613544565b60066020525f908152604090205467ffffffffffffffff808216916801000000000000000090041682565b6102f6610947366004613729565b612594565b6105da7f000000000000000000000000000000000000000000000000000000000000000081565b6102f6610981366004613754565b6125b8565b6102ce610994366004613326565b6125f5565b5f546105989073ffffffffffffffffffffffffffffffffffffffff1681565b5f6109c233612790565b8054909150610100900460ff16600214610a0f576040517fbda7dd280000000000000000000000000000000000000000000000000000000081523360048201526024015b60405180910390fd5b80547fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff00ff1661010017815560405133907f6b550e5bd79f916a206f90fb9451efc80c9d248e641a7816360cf4be9016c5d2905f90a250565b806bffffffffffffffffffffffff165f03610aad576040517f43ad20fc00000000000000000000000000000000000000000000000000000000815260040160405180910390fd5b5f610ab733612790565b54335f908152600360205260409020805460ff9092169250906bffffffffffffffffffffffff9081169084161115610b365780546040517fdb0f3b020000000000000000000000000000000000000000000000000000000081526bffffffffffffffffffffffff80861660048301529091166024820152604401610a06565b80545f90610b539085906bffffffffffffffffffffffff166137a4565b90507f00000000000000000000000000000000000000000000000000000000000000006bffffffffffffffffffffffff16816bffffffffffffffffffffffff16108015610ba2575060ff831615155b15610bde576040517f3f51ba3100000000000000000000000000000000000000000000000000000000815260ff84166004820152602401610a06565b81545f90610c0b9086906c0100000000000000000000000090046bffffffffffffffffffffffff166137c8565b90505f610c387f0000000000000000000000000000000000000000000000000000000000000000426137ec565b845464ffffffffff8216780100000000000000000000000000000000000000000000000081027fffffff0000000000ffffffffffffffffffffffffffffffffffffffffffffffff6bffffffffffffffffffffffff8781166c0100000000000000000000000081027fffffffffffffffff0000000000000000000000000000000000000000000000009096168a831617959095179190911691909117885560408051918b16825260208201939093529182015290915033907f3bdfa42a38bd063c199a394e7661dd83e993f09c24a19c32076459c1e8501bb89060600160405180910390a2505050505050565b5f5f610d308585612811565b9050610d44815f0151826020015185612877565b9150505b9392505050565b73ffffffffffffffffffffffffffffffffffffffff81165f90815260046020908152604080832081518083019092525460ff808216835261010090910416918101829052906001148015610da65750805160ff1615155b8015610d485750505073ffffffffffffffffffffffffffffffffffffffff165f908152600360205260409020546bffffffffffffffffffffffff7f000000000000000000000000000000000000000000000000000000000000000081169116101590565b610e1433826128d3565b50565b5f610e2133612790565b335f908152600360205260409020549091506bffffffffffffffffffffffff908116907f000000000000000000000000000000000000000000000000000000000000000016811015610ed7576040517f3e6a699b0000000000000000000000000000000000000000000000000000000081526bffffffffffffffffffffffff80831660048301527f0000000000000000000000000000000000000000000000000000000000000000166024820152604401610a06565b610ee2828585612a2a565b50505050565b610ef182612790565b5073ffffffffffffffffffffffffffffffffffffffff82165f908152600360205260409020546bffffffffffffffffffffffff908116907f0000000000000000000000000000000000000000000000000000000000000000168110610fba576040517f6367d3820000000000000000000000000000000000000000000000000000000081526bffffffffffffffffffffffff80831660048301527f0000000000000000000000000000000000000000000000000000000000000000166024820152604401610a06565b610fc483836128d3565b505050565b610fd233612790565b508061100a576040517f296216f200000000000000000000000000000000000000000000000000000000815260040160405180910390fd5b335f818152600760209081526040808320868452909152808220849055518392859290917f48607dcbbeb3e4905f8f0d5a838355b357e97c28739bed0a9d151c3693a8dda69190a45050565b5f61106460208501856133c6565b905061106f81612790565b505f61108160808601606087016133c6565b73ffffffffffffffffffffffffffffffffffffffff16036110ce576040517f5c87f3a600000000000000000000000000000000000000000000000000000000815260040160405180910390fd5b6110de60c0850160a08601613809565b67ffffffffffffffff16421115611144576110ff60c0850160a08601613809565b6040517f3cbba28600000000000000000000000000000000000000000000000000000000815267ffffffffffffffff9091166004820152426024820152604401610a06565b73ffffffffffffffffffffffffffffffffffffffff81165f9081526008602052604090206003015467ffffffffffffffff168061118760e0870160c08801613809565b67ffffffffffffffff16146111ed57806111a760e0870160c08801613809565b6040517f92a56fb800000000000000000000000000000000000000000000000000000000815267ffffffffffffffff928316600482015291166024820152604401610a06565b6111f8858585612c94565b6040518060a001604052808660200135815260200186604001602081019061122091906133c6565b73ffffffffffffffffffffffffffffffffffffffff16815260200161124b60808801606089016133c6565b73ffffffffffffffffffffffffffffffffffffffff16815260200161127660a0880160808901613838565b64ffffffffff16815260200161128d836001613851565b67ffffffffffffffff90811690915273ffffffffffffffffffffffffffffffffffffffff8481165f8181526008602090815260409182902086518155868201516001820180547fffffffffffffffffffffffff000000000000000000000000000000000000000016918716919091179055868301516002820180546060808b0151939098167fffffffffffffff00000000000000000000000000000000000000000000000000909116177401000000000000000000000000000000000000000064ffffffffff90931692909202919091179055608090960151600390960180547fffffffffffffffffffffffffffffffffffffffffffffffff0000000000000000169690951695909517909355927f14c60c6a4532f8ceeb393422499951d0fd9e85e0f623503a93a8df6ff40469749290890135916113d191908a01908a016133c6565b6113e160808a0160608b016133c6565b6113f160a08b0160808c01613838565b6040805194855273ffffffffffffffffffffffffffffffffffffffff9384166020860152919092169083015264ffffffffff16606082015267ffffffffffffffff8416608082015260a00160405180910390a25050505050565b335f9081526001602052604081205460ff16611495576040517f6bfb3a64000000000000000000000000000000000000000000000000000000008152336004820152602401610a06565b5f838152600260205260409020805473ffffffffffffffffffffffffffffffffffffffff16156114f4576040517f80b55afc00000000000000000000000000000000000000000000000000000000815260048101859052602401610a06565b73ffffffffffffffffffffffffffffffffffffffff86165f908152600360205260408120805490916bffffffffffffffffffffffff808316926c010000000000000000000000009004811691908916831161154f5782611551565b885b90505f61155e828b6137a4565b90505f836bffffffffffffffffffffffff16826bffffffffffffffffffffffff161061158a578361158c565b815b905061159881846137c8565b9750876bffffffffffffffffffffffff165f036115f9576040517fea53296000000000000000000000000000000000000000000000000000000000815273ffffffffffffffffffffffffffffffffffffffff8d166004820152602401610a06565b61160383866137a4565b86547fffffffffffffffffffffffffffffffffffffffff000000000000000000000000166bffffffffffffffffffffffff9182161787558116156116955761164b81856137a4565b86546bffffffffffffffffffffffff919091166c01000000000000000000000000027fffffffffffffffff000000000000000000000000ffffffffffffffffffffffff9091161786555b6bffffffffffffffffffffffff8816740100000000000000000000000000000000000000000273ffffffffffffffffffffffffffffffffffffffff808b1691821789558b908e167f790c7eafe99f6c404e9d4ed1090f1a4ea389b225ab684545693961bc9925bfc58b611708888b6137a4565b604080516bffffffffffffffffffffffff93841681529290911660208301520160405180910390a450505050505050949350505050565b688000000000ab143c064660010361176957805c1561176157805f526004601cfd5b30815d61177e565b3081540361177a57805f526004601cfd5b3081555b50335f9081526004602052604090208054610100900460ff16156117d0576040517f45ed80e9000000000000000000000000000000000000000000000000000000008152336004820152602401610a06565b7f00000000000000000000000000000000000000000000000000000000000000006bffffffffffffffffffffffff16866bffffffffffffffffffffffff16101561187e576040517f3e6a699b0000000000000000000000000000000000000000000000000000000081526bffffffffffffffffffffffff80881660048301527f0000000000000000000000000000000000000000000000000000000000000000166024820152604401610a06565b80547fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff00ff16610100178155335f818152600360205260409081902080546bffffffffffffffffffffffff8a167fffffffffffffffffffffffffffffffffffffffff000000000000000000000000909116179055517f11a85ea4a40584362c3d9c17685709a2e02b466ac78d5eb00b6aff73d90f58059061192090869086906138b8565b60405180910390a2604080516bffffffffffffffffffffffff8816808252602082015233917fa555f0a0e2e0c2d2feeb29b013d1d8e5c003ea04f9a67929092e2878f3669481910160405180910390a261197b818686612a2a565b6119cb73ffffffffffffffffffffffffffffffffffffffff7f00000000000000000000000000000000000000000000000000000000000000001633306bffffffffffffffffffffffff8a16612e58565b50688000000000ab143c06466001036119e6575f815d6119ea565b8081555b505b5050505050565b335f908152600760209081526040808320848452909152902054611a4c576040517f40c4205d00000000000000000000000000000000000000000000000000000000815233600482015260248101829052604401610a06565b335f818152600760209081526040808320858452909152808220829055518392917faa1174f5a440b85d64a32b80c2301347865bb6792f361e8ba4b9cf835220cdf291a350565b5f611a9d33612790565b80549091507ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe61010090910460ff1601611b05576040517fac419b77000000000000000000000000000000000000000000000000000000008152336004820152602401610a06565b80547fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff00ff1661020017815560405133907fc5437eb8dd091f69800961953f2bb0bc16ae1ff2d3e52caa96796db65f8271da905f90a250565b5f5473ffffffffffffffffffffffffffffffffffffffff163314611bcd575f546040517fe9c0a29600000000000000000000000000000000000000000000000000000000815233600482015273ffffffffffffffffffffffffffffffffffffffff9091166024820152604401610a06565b5f80547fffffffffffffffffffffffff00000000000000000000000000000000000000001681555b81811015610fc4576001805f858585818110611c1357611c136138cb565b9050602002016020810190611c2891906133c6565b73ffffffffffffffffffffffffffffffffffffffff16815260208101919091526040015f2080547fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff0016911515919091179055828282818110611c8c57611c8c6138cb565b9050602002016020810190611ca191906133c6565b73ffffffffffffffffffffffffffffffffffffffff167f3249aace73d4b7c06524b43fe8798c09b1b10d3246277b9cc35c2b88d5b3291760405160405180910390a2600101611bf5565b611cf433612790565b50335f908152600360205260408120805490916c010000000000000000000000009091046bffffffffffffffffffffffff1690819003611d62576040517fbf7babf4000000000000000000000000000000000000000000000000000000008152336004820152602401610a06565b81545f90611d7f9083906bffffffffffffffffffffffff166137c8565b83547fffffffffffffffff000000000000000000000000000000000000000000000000166bffffffffffffffffffffffff8281169182178655604080519186168252602082019290925291925033917f35d3880c090991fbfb070eb469d83d5ec955898e05ea68c2bdc1308b1af3386d910160405180910390a2505050565b688000000000ab143c0646600103611e2857805c15611e2057805f526004601cfd5b30815d611e3d565b30815403611e3957805f526004601cfd5b3081555b50611e4733612790565b50335f908152600360205260408120805490916c010000000000000000000000009091046bffffffffffffffffffffffff1690819003611eb5576040517fbf7babf4000000000000000000000000000000000000000000000000000000008152336004820152602401610a06565b81547801000000000000000000000000000000000000000000000000900464ffffffffff16421015611f405781546040517f80902e64000000000000000000000000000000000000000000000000000000008152780100000000000000000000000000000000000000000000000090910464ffffffffff166004820152426024820152604401610a06565b81547fffffffffffffffff000000000000000000000000ffffffffffffffffffffffff1682556040516bffffffffffffffffffffffff8216815273ffffffffffffffffffffffffffffffffffffffff84169033907fcb4980f3d99f91eefd64011186d3c941533eb8e28989b14afc5c5713c4f1e55f9060200160405180910390a361201073ffffffffffffffffffffffffffffffffffffffff7f000000000000000000000000000000000000000000000000000000000000000016846bffffffffffffffffffffffff8416612eba565b505061201a600190565b1561203d57688000000000ab143c0646600103612038575f815d5050565b805550565b5f688000000000ab143c065d50565b8060065f61205b338787612f0d565b81526020019081526020015f2081816119ec91906138f8565b61207d33612790565b503373ffffffffffffffffffffffffffffffffffffffff167fd9220bc5a2b96f599a5f2c277dd2501a7d5b81a0dc0860cf63b530a84ee8eb6983836040516120c69291906138b8565b60405180910390a25050565b5f5f5f6120df8585612811565b80516020909101519093509150505b9250929050565b5f6120ff33612790565b503361210e60208401846133c6565b73ffffffffffffffffffffffffffffffffffffffff16146121875761213660208301836133c6565b6040517f75f2473600000000000000000000000000000000000000000000000000000000815273ffffffffffffffffffffffffffffffffffffffff9091166004820152336024820152604401610a06565b612198610100830160e08401613809565b67ffffffffffffffff16158015906121e257506121bb60e0830160c08401613809565b67ffffffffffffffff166121d6610100840160e08501613809565b67ffffffffffffffff16105b1561224e576121f760e0830160c08401613809565b612208610100840160e08501613809565b6040517fd61e874f00000000000000000000000000000000000000000000000000000000815267ffffffffffffffff928316600482015291166024820152604401610a06565b61226561226036849003840184613a18565b612f47565b5f8181526005602052604081205491925067ffffffffffffffff90911690036122c8575f81815260056020526040902080547fffffffffffffffffffffffffffffffffffffffffffffffff0000000000000000164267ffffffffffffffff161790555b8082602001353373ffffffffffffffffffffffffffffffffffffffff167fee9828e424baa84997a9b7504e538341e96e5364287f93093a644df7919c3641856040516123149190613ab7565b60405180910390a4919050565b688000000000ab143c064660010361234b57805c1561234357805f526004601cfd5b30815d612360565b3081540361235c57805f526004601cfd5b3081555b505f81815260026020908152604080832081518083019092525473ffffffffffffffffffffffffffffffffffffffff811682527401000000000000000000000000000000000000000090046bffffffffffffffffffffffff1691810182905291036123fa576040517f3bc1395900000000000000000000000000000000000000000000000000000000815260048101839052602401610a06565b5f8281526002602090815260408220805473ffffffffffffffffffffffffffffffffffffffff169055820151606490612443906014906bffffffffffffffffffffffff16613bb5565b61244d9190613bcc565b90505f81836020015161246091906137a4565b8351604080516bffffffffffffffffffffffff80871682528416602082015292935073ffffffffffffffffffffffffffffffffffffffff9091169186917f8787c4951d58bb3458b2dc1dca7ab6a85b5a3d4084bb9b25d9298a767b70a290910160405180910390a3825161251a9073ffffffffffffffffffffffffffffffffffffffff7f000000000000000000000000000000000000000000000000000000000000000016906bffffffffffffffffffffffff8516612eba565b61258973ffffffffffffffffffffffffffffffffffffffff7f0000000000000000000000000000000000000000000000000000000000000000167f00000000000000000000000000000000000000000000000000000000000000006bffffffffffffffffffffffff8416612eba565b50505061201a600190565b5f61259f84836125b8565b80156125b057506125b083836125b8565b949350505050565b5f82815260066020526040812080546125eb9067ffffffffffffffff808216916801000000000000000090041685612877565b9150505b92915050565b688000000000ab143c064660010361261f57805c1561261757805f526004601cfd5b30815d612634565b3081540361263057805f526004601cfd5b3081555b50806bffffffffffffffffffffffff165f0361267c576040517f43ad20fc00000000000000000000000000000000000000000000000000000000815260040160405180910390fd5b61268533612790565b50335f908152600360205260408120546126ae9083906bffffffffffffffffffffffff166137c8565b335f8181526003602090815260409182902080547fffffffffffffffffffffffffffffffffffffffff000000000000000000000000166bffffffffffffffffffffffff868116918217909255835191881682529181019190915292935090917fa555f0a0e2e0c2d2feeb29b013d1d8e5c003ea04f9a67929092e2878f3669481910160405180910390a261278873ffffffffffffffffffffffffffffffffffffffff7f00000000000000000000000000000000000000000000000000000000000000001633306bffffffffffffffffffffffff8616612e58565b50600161201a565b73ffffffffffffffffffffffffffffffffffffffff81165f9081526004602052604090208054610100900460ff1661280c576040517fbfc6c33700000000000000000000000000000000000000000000000000000000815273ffffffffffffffffffffffffffffffffffffffff83166004820152602401610a06565b919050565b604080518082019091525f808252602082015260065f612832308686612f0d565b815260208082019290925260409081015f2081518083019092525467ffffffffffffffff80821683526801000000000000000090910416918101919091529392505050565b5f67ffffffffffffffff8416158015906128a557508167ffffffffffffffff168467ffffffffffffffff1611155b80156125b0575067ffffffffffffffff831615806125b057505067ffffffffffffffff918216911610919050565b5f6128de8383612811565b805190915067ffffffffffffffff1615806129065750602081015167ffffffffffffffff1615155b1561295d576040517f3d4ebc7a00000000000000000000000000000000000000000000000000000000815273ffffffffffffffffffffffffffffffffffffffff808516600483015283166024820152604401610a06565b4267ffffffffffffffff811660208381019190915273ffffffffffffffffffffffffffffffffffffffff85165f90815260049091526040812080549091906129a79060ff16613c04565b91906101000a81548160ff021916908360ff1602179055506129ca848484612f98565b60405167ffffffffffffffff8216815273ffffffffffffffffffffffffffffffffffffffff80851691908616907feb6ed70b19a8cd923ce484c58a241eb0cb5be302e31906f42945acb35754b7c59060200160405180910390a350505050565b73ffffffffffffffffffffffffffffffffffffffff8216612a77576040517fd5a0335e00000000000000000000000000000000000000000000000000000000815260040160405180910390fd5b612a813383612811565b5167ffffffffffffffff1615612ae1576040517f3b1c487f00000000000000000000000000000000000000000000000000000000815233600482015273ffffffffffffffffffffffffffffffffffffffff83166024820152604401610a06565b825460ff167fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe001612b4d5782546040517fa80a080100000000000000000000000000000000000000000000000000000000815260ff909116600482015260206024820152604401610a06565b425f61038467ffffffffffffffff831611612b69576001612b75565b612b7561038483613c3e565b90508067ffffffffffffffff168367ffffffffffffffff161015612bd9576040517f49007c7800000000000000000000000000000000000000000000000000000000815267ffffffffffffffff808516600483015282166024820152604401610a06565b845485905f90612beb9060ff16613c5e565b91906101000a81548160ff021916908360ff160217905550612c36338560405180604001604052808767ffffffffffffffff1681526020015f67ffffffffffffffff16815250612f98565b60405167ffffffffffffffff8416815273ffffffffffffffffffffffffffffffffffffffff85169033907fbaa368c6d57fd1c64659b615bbe094d79410ea80904a954145f546f23fd548489060200160405180910390a35050505050565b5f612ca260208501856133c6565b90505f829003612d19573373ffffffffffffffffffffffffffffffffffffffff821614610ee2576040517fae88db8800000000000000000000000000000000000000000000000000000000815273ffffffffffffffffffffffffffffffffffffffff82166004820152336024820152604401610a06565b604080517f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f81527fb0744cea4bae4302ebd785c65304df58df4478b657cf0400fb5c98365946ff5d60208201527fc89efdaa54c0f20c7adf612882df0950f5a951637e0307cdcb4c672f298b8bc69181019190915246606082015230608082015260a090205f90612df590612dbb612db636899003890189613c7c565b61300c565b6040517f19010000000000000000000000000000000000000000000000000000000000008152600281019290925260228201526042902090565b9050612e0382828686613040565b6119ec576040517f4333648200000000000000000000000000000000000000000000000000000000815273ffffffffffffffffffffffffffffffffffffffff8316600482015260248101829052604401610a06565b60405181606052826040528360601b602c526f23b872dd000000000000000000000000600c5260205f6064601c5f895af18060015f511416612eac57803d873b151710612eac57637939f4245f526004601cfd5b505f60605260405250505050565b81601452806034526fa9059cbb0000000000000000000000005f5260205f604460105f875af18060015f511416612f0357803d853b151710612f03576390b8ec185f526004601cfd5b505f603452505050565b6040805173ffffffffffffffffffffffffffffffffffffffff80861682528481166020830152831691810191909152606090205f906125b0565b5f7f65aef0440c21373342bfda0c0e448f0956aef5a99dca77c1ccdf331dd779590482604051602001612f7b929190613d09565b604051602081830303815290604052805190602001209050919050565b8060065f612fa7308787612f0d565b81526020808201929092526040015f2082518154939092015167ffffffffffffffff90811668010000000000000000027fffffffffffffffffffffffffffffffff00000000000000000000000000000000909416921691909117919091179055505050565b5f7fb9ab4939d1c5f1517debfaa3b0e0b11d1862e08ccc496bc65e7c11bf7a1c255582604051602001612f7b929190613dea565b5f73ffffffffffffffffffffffffffffffffffffffff85163b156130715761306a858585856130d4565b90506125b0565b73ffffffffffffffffffffffffffffffffffffffff8516158015906130cb57508473ffffffffffffffffffffffffffffffffffffffff166130b38585856131dc565b73ffffffffffffffffffffffffffffffffffffffff16145b95945050505050565b5f5f5f5f6131728862061a8060208a8a8a6040516024016130f793929190613e9c565b604080517fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe08184030181529190526020810180517bffffffffffffffffffffffffffffffffffffffffffffffffffffffff167f1626ba7e0000000000000000000000000000000000000000000000000000000017905261322d565b925092509250828015613183575081155b8015613190575080516020145b80156131d0575080517f1626ba7e00000000000000000000000000000000000000000000000000000000906131ce9083016020908101908401613eb5565b145b98975050505050505050565b5f604182146131ec57505f610d48565b60208301357f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0811115613222575f915050610d48565b610d44858585613277565b5f5f606060405190505f388551602087018a8afa92503d8561ffff163d111561325b57506001915061ffff85165b80825260208201815f823e016040529196909550909350915050565b5f604051826040811461329257604181146132d25750613303565b60208581013560ff81901c601b0190915285356040527f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff166060526132e3565b60408501355f1a6020526040856040375b50845f526020604060805f60015afa505f6060523d606018519150806040525b509392505050565b80356bffffffffffffffffffffffff8116811461280c575f5ffd5b5f60208284031215613336575f5ffd5b610d488261330b565b803573ffffffffffffffffffffffffffffffffffffffff8116811461280c575f5ffd5b67ffffffffffffffff81168114610e14575f5ffd5b803561280c81613362565b5f5f5f60608486031215613394575f5ffd5b61339d8461333f565b92506133ab6020850161333f565b915060408401356133bb81613362565b809150509250925092565b5f602082840312156133d6575f5ffd5b610d488261333f565b5f5f604083850312156133f0575f5ffd5b6133f98361333f565b9150602083013561340981613362565b809150509250929050565b5f5f60408385031215613425575f5ffd5b61342e8361333f565b915061343c6020840161333f565b90509250929050565b5f5f60408385031215613456575f5ffd5b50508035926020909101359150565b5f5f83601f840112613475575f5ffd5b50813567ffffffffffffffff81111561348c575f5ffd5b6020830191508360208285010111156120ee575f5ffd5b5f5f5f8385036101008112156134b7575f5ffd5b60e08112156134c4575f5ffd5b5083925060e084013567ffffffffffffffff8111156134e1575f5ffd5b6134ed86828701613465565b9497909650939450505050565b5f5f5f5f6080858703121561350d575f5ffd5b6135168561333f565b93506135246020860161330b565b9250604085013591506135396060860161333f565b905092959194509250565b5f60208284031215613554575f5ffd5b5035919050565b5f5f5f5f5f6080868803121561356f575f5ffd5b6135788661330b565b94506135866020870161333f565b9350604086013561359681613362565b9250606086013567ffffffffffffffff8111156135b1575f5ffd5b6135bd88828901613465565b969995985093965092949392505050565b5f5f604083850312156135df575f5ffd5b6135e88361333f565b946020939093013593505050565b5f5f60208385031215613607575f5ffd5b823567ffffffffffffffff81111561361d575f5ffd5b8301601f8101851361362d575f5ffd5b803567ffffffffffffffff811115613643575f5ffd5b8560208260051b8401011115613657575f5ffd5b6020919091019590945092505050565b5f5f5f838503608081121561367a575f5ffd5b6136838561333f565b93506136916020860161333f565b925060407fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc0820112156136c2575f5ffd5b506040840190509250925092565b5f5f602083850312156136e1575f5ffd5b823567ffffffffffffffff8111156136f7575f5ffd5b61370385828601613465565b90969095509350505050565b5f610100828403128015613721575f5ffd5b509092915050565b5f5f5f6060848603121561373b575f5ffd5b833592506020840135915060408401356133bb81613362565b5f5f60408385031215613765575f5ffd5b82359150602083013561340981613362565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52601160045260245ffd5b6bffffffffffffffffffffffff82811682821603908111156125ef576125ef613777565b6bffffffffffffffffffffffff81811683821601908111156125ef576125ef613777565b64ffffffffff81811683821601908111156125ef576125ef613777565b5f60208284031215613819575f5ffd5b8135610d4881613362565b803564ffffffffff8116811461280c575f5ffd5b5f60208284031215613848575f5ffd5b610d4882613824565b67ffffffffffffffff81811683821601908111156125ef576125ef613777565b81835281816020850137505f602082840101525f60207fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f840116840101905092915050565b602081525f6125b0602083018486613871565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52603260045260245ffd5b813561390381613362565b8154602084013561391381613362565b6fffffffffffffffff00000000000000008160401b1667ffffffffffffffff84167fffffffffffffffffffffffffffffffff000000000000000000000000000000008416171784555050505050565b604051610100810167ffffffffffffffff811182821017156139ab577f4e487b71000000000000000000000000000000000000000000000000000000005f52604160045260245ffd5b60405290565b60405160e0810167ffffffffffffffff811182821017156139ab577f4e487b71000000000000000000000000000000000000000000000000000000005f52604160045260245ffd5b80356fffffffffffffffffffffffffffffffff8116811461280c575f5ffd5b5f610100828403128015613a2a575f5ffd5b50613a33613962565b613a3c8361333f565b815260208381013590820152613a546040840161333f565b6040820152613a65606084016139f9565b6060820152613a76608084016139f9565b6080820152613a8760a084016139f9565b60a082015260c0830135613a9a81613362565b60c0820152613aab60e08401613377565b60e08201529392505050565b610100810173ffffffffffffffffffffffffffffffffffffffff613ada8461333f565b1682526020838101359083015273ffffffffffffffffffffffffffffffffffffffff613b086040850161333f565b1660408301526fffffffffffffffffffffffffffffffff613b2b606085016139f9565b166060830152613b3d608084016139f9565b6fffffffffffffffffffffffffffffffff166080830152613b6060a084016139f9565b6fffffffffffffffffffffffffffffffff1660a0830152613b8360c08401613377565b67ffffffffffffffff1660c0830152613b9e60e08401613377565b67ffffffffffffffff811660e08401525092915050565b80820281158282048414176125ef576125ef613777565b5f82613bff577f4e487b71000000000000000000000000000000000000000000000000000000005f52601260045260245ffd5b500490565b5f60ff821680613c1657613c16613777565b7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff0192915050565b67ffffffffffffffff82811682821603908111156125ef576125ef613777565b5f60ff821660ff8103613c7357613c73613777565b60010192915050565b5f60e0828403128015613c8d575f5ffd5b50613c966139b1565b613c9f8361333f565b815260208301356020820152613cb76040840161333f565b6040820152613cc86060840161333f565b6060820152613cd960808401613824565b608082015260a0830135613cec81613362565b60a0820152613cfd60c08401613377565b60c08201529392505050565b5f6101208201905083825273ffffffffffffffffffffffffffffffffffffffff83511660208301526020830151604083015273ffffffffffffffffffffffffffffffffffffffff60408401511660608301526fffffffffffffffffffffffffffffffff60608401511660808301526080830151613d9a60a08401826fffffffffffffffffffffffffffffffff169052565b5060a08301516fffffffffffffffffffffffffffffffff811660c08401525060c083015167ffffffffffffffff811660e08401525060e083015167ffffffffffffffff8116610100840152613303565b5f6101008201905083825273ffffffffffffffffffffffffffffffffffffffff83511660208301526020830151604083015273ffffffffffffffffffffffffffffffffffffffff604084015116606083015273ffffffffffffffffffffffffffffffffffffffff606084015116608083015264ffffffffff60808401511660a083015267ffffffffffffffff60a08401511660c083015260c083015161330360e084018267ffffffffffffffff169052565b838152604060208201525f6130cb604083018486613871565b5f60208284031215613ec5575f5ffd5b505191905056";

// src/chain/operator-registry.ts
const contributorRegistryAt = (address) => ({
	name: "ContributorRegistry",
	address,
	abi: contributorRegistryAbi
});
const gatewayRegistryAt = (address) => ({
	name: "GatewayRegistry",
	address,
	abi: gatewayRegistryAbi
});

// src/chain/read-each.ts
/** What each call returns, asked at the same time; the first failure is the answer. */
async function readEach(rpc, calls) {
	const values = [];
	for (const answer of await Promise.all(calls.map((call) => readContract(rpc, call)))) {
		if (!answer.ok) return answer;
		values.push(answer.value);
	}
	return ok(values);
}

// src/chain/generated/reexecution-panel.ts
const reexecutionPanelAbi = [
	{
		"type": "constructor",
		"inputs": [{
			"name": "terms",
			"type": "tuple",
			"internalType": "struct PanelTerms",
			"components": [
				{
					"name": "contributors",
					"type": "address",
					"internalType": "contract IOperatorRegistry"
				},
				{
					"name": "receiptAnchor",
					"type": "address",
					"internalType": "contract IReceiptAnchor"
				},
				{
					"name": "verifier",
					"type": "address",
					"internalType": "contract IReceiptVerifier"
				},
				{
					"name": "memberBond",
					"type": "uint96",
					"internalType": "uint96"
				},
				{
					"name": "accuserBond",
					"type": "uint96",
					"internalType": "uint96"
				},
				{
					"name": "silenceFine",
					"type": "uint96",
					"internalType": "uint96"
				},
				{
					"name": "slashBps",
					"type": "uint16",
					"internalType": "uint16"
				}
			]
		}],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "APPEAL_JURY_SIZE",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint256",
			"internalType": "uint256"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "APPEAL_TIME",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "COMMIT_TIME",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "DRAW_TIME",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "JURY_SIZE",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint256",
			"internalType": "uint256"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "MAX_CASE_TIME",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "MAX_SLASH_BPS",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint16",
			"internalType": "uint16"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "REVEAL_TIME",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint64",
			"internalType": "uint64"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "abandon",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "accuse",
		"inputs": [
			{
				"name": "receipt",
				"type": "tuple",
				"internalType": "struct Receipt",
				"components": [
					{
						"name": "work",
						"type": "tuple",
						"internalType": "struct Work",
						"components": [
							{
								"name": "jobId",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "gateway",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "contributor",
								"type": "address",
								"internalType": "address"
							},
							{
								"name": "modelId",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "inputHash",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "outputHash",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "contentHash",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "streamRoot",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "promptTokens",
								"type": "uint32",
								"internalType": "uint32"
							},
							{
								"name": "cachedPromptTokens",
								"type": "uint32",
								"internalType": "uint32"
							},
							{
								"name": "completionTokens",
								"type": "uint32",
								"internalType": "uint32"
							},
							{
								"name": "commitment",
								"type": "bytes32",
								"internalType": "bytes32"
							},
							{
								"name": "startedAt",
								"type": "uint64",
								"internalType": "uint64"
							},
							{
								"name": "finishedAt",
								"type": "uint64",
								"internalType": "uint64"
							},
							{
								"name": "status",
								"type": "uint8",
								"internalType": "uint8"
							}
						]
					},
					{
						"name": "receiptId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "gatewaySeq",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "client",
						"type": "address",
						"internalType": "address"
					},
					{
						"name": "requestHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "responseHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "channelId",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "channelSeq",
						"type": "uint64",
						"internalType": "uint64"
					},
					{
						"name": "cost",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "cumulative",
						"type": "uint128",
						"internalType": "uint128"
					},
					{
						"name": "priceHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "prevReceipt",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "tiers",
						"type": "uint16",
						"internalType": "uint16"
					},
					{
						"name": "evidenceHash",
						"type": "bytes32",
						"internalType": "bytes32"
					},
					{
						"name": "anchorBy",
						"type": "uint64",
						"internalType": "uint64"
					}
				]
			},
			{
				"name": "contributorSignature",
				"type": "bytes",
				"internalType": "bytes"
			},
			{
				"name": "gatewaySignature",
				"type": "bytes",
				"internalType": "bytes"
			}
		],
		"outputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "accuserBond",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint96",
			"internalType": "uint96"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "appeal",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "asset",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "address"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "ballotOf",
		"inputs": [
			{
				"name": "digest",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "round",
				"type": "uint8",
				"internalType": "uint8"
			},
			{
				"name": "member",
				"type": "address",
				"internalType": "address"
			}
		],
		"outputs": [{
			"name": "",
			"type": "tuple",
			"internalType": "struct IReexecutionPanel.Ballot",
			"components": [
				{
					"name": "commitment",
					"type": "bytes32",
					"internalType": "bytes32"
				},
				{
					"name": "onJury",
					"type": "bool",
					"internalType": "bool"
				},
				{
					"name": "revealed",
					"type": "bool",
					"internalType": "bool"
				},
				{
					"name": "wrong",
					"type": "bool",
					"internalType": "bool"
				}
			]
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "cases",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [{
			"name": "",
			"type": "tuple",
			"internalType": "struct IReexecutionPanel.Case",
			"components": [
				{
					"name": "accused",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "accuser",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "appellant",
					"type": "address",
					"internalType": "address"
				},
				{
					"name": "drawBlock",
					"type": "uint64",
					"internalType": "uint64"
				},
				{
					"name": "drawUntil",
					"type": "uint64",
					"internalType": "uint64"
				},
				{
					"name": "commitUntil",
					"type": "uint64",
					"internalType": "uint64"
				},
				{
					"name": "revealUntil",
					"type": "uint64",
					"internalType": "uint64"
				},
				{
					"name": "appealUntil",
					"type": "uint64",
					"internalType": "uint64"
				},
				{
					"name": "round",
					"type": "uint8",
					"internalType": "uint8"
				},
				{
					"name": "state",
					"type": "uint8",
					"internalType": "uint8"
				},
				{
					"name": "foundWrong",
					"type": "bool",
					"internalType": "bool"
				}
			]
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "commitVote",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "commitment",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "conclude",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "contributors",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract IOperatorRegistry"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "credits",
		"inputs": [{
			"name": "account",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [{
			"name": "",
			"type": "uint256",
			"internalType": "uint256"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "draw",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "enroll",
		"inputs": [],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "insurance",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "address"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "juryOf",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "round",
			"type": "uint8",
			"internalType": "uint8"
		}],
		"outputs": [{
			"name": "",
			"type": "address[]",
			"internalType": "address[]"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "memberBond",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint96",
			"internalType": "uint96"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "memberCount",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint256",
			"internalType": "uint256"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "members",
		"inputs": [{
			"name": "account",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [
			{
				"name": "bond",
				"type": "uint96",
				"internalType": "uint96"
			},
			{
				"name": "duties",
				"type": "uint32",
				"internalType": "uint32"
			},
			{
				"name": "position",
				"type": "uint32",
				"internalType": "uint32"
			}
		],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "receiptAnchor",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract IReceiptAnchor"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "resign",
		"inputs": [],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "revealVote",
		"inputs": [
			{
				"name": "digest",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "wrong",
				"type": "bool",
				"internalType": "bool"
			},
			{
				"name": "salt",
				"type": "bytes32",
				"internalType": "bytes32"
			}
		],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "silenceFine",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint96",
			"internalType": "uint96"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "slashBps",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "uint16",
			"internalType": "uint16"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "tally",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "function",
		"name": "verifier",
		"inputs": [],
		"outputs": [{
			"name": "",
			"type": "address",
			"internalType": "contract IReceiptVerifier"
		}],
		"stateMutability": "view"
	},
	{
		"type": "function",
		"name": "voteCommitment",
		"inputs": [
			{
				"name": "digest",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "round",
				"type": "uint8",
				"internalType": "uint8"
			},
			{
				"name": "member",
				"type": "address",
				"internalType": "address"
			},
			{
				"name": "wrong",
				"type": "bool",
				"internalType": "bool"
			},
			{
				"name": "salt",
				"type": "bytes32",
				"internalType": "bytes32"
			}
		],
		"outputs": [{
			"name": "",
			"type": "bytes32",
			"internalType": "bytes32"
		}],
		"stateMutability": "pure"
	},
	{
		"type": "function",
		"name": "withdraw",
		"inputs": [{
			"name": "to",
			"type": "address",
			"internalType": "address"
		}],
		"outputs": [],
		"stateMutability": "nonpayable"
	},
	{
		"type": "event",
		"name": "Abandoned",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"indexed": true,
			"internalType": "bytes32"
		}, {
			"name": "round",
			"type": "uint8",
			"indexed": false,
			"internalType": "uint8"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "Accused",
		"inputs": [
			{
				"name": "digest",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "accused",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "accuser",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "Appealed",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"indexed": true,
			"internalType": "bytes32"
		}, {
			"name": "appellant",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "Closed",
		"inputs": [
			{
				"name": "digest",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "wrong",
				"type": "bool",
				"indexed": false,
				"internalType": "bool"
			},
			{
				"name": "slashed",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "Decided",
		"inputs": [
			{
				"name": "digest",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "round",
				"type": "uint8",
				"indexed": false,
				"internalType": "uint8"
			},
			{
				"name": "wrong",
				"type": "bool",
				"indexed": false,
				"internalType": "bool"
			},
			{
				"name": "appealUntil",
				"type": "uint64",
				"indexed": false,
				"internalType": "uint64"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "DrawPostponed",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"indexed": true,
			"internalType": "bytes32"
		}, {
			"name": "drawBlock",
			"type": "uint64",
			"indexed": false,
			"internalType": "uint64"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "JuryDrawn",
		"inputs": [
			{
				"name": "digest",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "round",
				"type": "uint8",
				"indexed": false,
				"internalType": "uint8"
			},
			{
				"name": "jury",
				"type": "address[]",
				"indexed": false,
				"internalType": "address[]"
			},
			{
				"name": "commitUntil",
				"type": "uint64",
				"indexed": false,
				"internalType": "uint64"
			},
			{
				"name": "revealUntil",
				"type": "uint64",
				"indexed": false,
				"internalType": "uint64"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "MemberEnrolled",
		"inputs": [{
			"name": "member",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "MemberFined",
		"inputs": [
			{
				"name": "digest",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "member",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "fine",
				"type": "uint96",
				"indexed": false,
				"internalType": "uint96"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "MemberResigned",
		"inputs": [{
			"name": "member",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "VoteCommitted",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"indexed": true,
			"internalType": "bytes32"
		}, {
			"name": "member",
			"type": "address",
			"indexed": true,
			"internalType": "address"
		}],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "VoteRevealed",
		"inputs": [
			{
				"name": "digest",
				"type": "bytes32",
				"indexed": true,
				"internalType": "bytes32"
			},
			{
				"name": "member",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "wrong",
				"type": "bool",
				"indexed": false,
				"internalType": "bool"
			}
		],
		"anonymous": false
	},
	{
		"type": "event",
		"name": "Withdrawn",
		"inputs": [
			{
				"name": "account",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "to",
				"type": "address",
				"indexed": true,
				"internalType": "address"
			},
			{
				"name": "amount",
				"type": "uint256",
				"indexed": false,
				"internalType": "uint256"
			}
		],
		"anonymous": false
	},
	{
		"type": "error",
		"name": "AlreadyAccused",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "AlreadyAppealed",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "AlreadyCommitted",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "member",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "AlreadyMember",
		"inputs": [{
			"name": "account",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "EvidenceExpired",
		"inputs": [{
			"name": "usableUntil",
			"type": "uint256",
			"internalType": "uint256"
		}, {
			"name": "nowS",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "MemberOnDuty",
		"inputs": [{
			"name": "member",
			"type": "address",
			"internalType": "address"
		}, {
			"name": "openCases",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "NotDrawable",
		"inputs": [
			{
				"name": "digest",
				"type": "bytes32",
				"internalType": "bytes32"
			},
			{
				"name": "drawBlock",
				"type": "uint64",
				"internalType": "uint64"
			},
			{
				"name": "blockNumber",
				"type": "uint256",
				"internalType": "uint256"
			}
		]
	},
	{
		"type": "error",
		"name": "NotMember",
		"inputs": [{
			"name": "account",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "NotOnJury",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "account",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "NothingBonded",
		"inputs": []
	},
	{
		"type": "error",
		"name": "NothingToWithdraw",
		"inputs": [{
			"name": "account",
			"type": "address",
			"internalType": "address"
		}]
	},
	{
		"type": "error",
		"name": "ReceiptInvalid",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "Reentrancy",
		"inputs": []
	},
	{
		"type": "error",
		"name": "SlashCapTooHigh",
		"inputs": [{
			"name": "bps",
			"type": "uint256",
			"internalType": "uint256"
		}, {
			"name": "maximum",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "TimeNotOver",
		"inputs": [{
			"name": "until",
			"type": "uint64",
			"internalType": "uint64"
		}, {
			"name": "nowS",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "TimeOver",
		"inputs": [{
			"name": "until",
			"type": "uint64",
			"internalType": "uint64"
		}, {
			"name": "nowS",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "TooFewMembers",
		"inputs": [{
			"name": "members",
			"type": "uint256",
			"internalType": "uint256"
		}, {
			"name": "required",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "UnbondingDelayTooShort",
		"inputs": [{
			"name": "unbondingDelay",
			"type": "uint256",
			"internalType": "uint256"
		}, {
			"name": "required",
			"type": "uint256",
			"internalType": "uint256"
		}]
	},
	{
		"type": "error",
		"name": "VoteMismatch",
		"inputs": [{
			"name": "expected",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "actual",
			"type": "bytes32",
			"internalType": "bytes32"
		}]
	},
	{
		"type": "error",
		"name": "WrongState",
		"inputs": [{
			"name": "digest",
			"type": "bytes32",
			"internalType": "bytes32"
		}, {
			"name": "state",
			"type": "uint8",
			"internalType": "uint8"
		}]
	}
];

// src/chain/reexecution-panel-contract.ts
const reexecutionPanelAt = (place) => ({
	name: "ReexecutionPanel",
	address: place,
	abi: [...reexecutionPanelAbi, ...registryErrors]
});

// src/chain/slashing-contract.ts
const slashingAt = (place) => ({
	name: "Slashing",
	address: place,
	abi: [...slashingAbi, ...registryErrors]
});
const appointedTopic = keccak256Utf8("SlasherAppointed(address)");
/** A contract that nobody appointed is answered as missing: a report to it would take nothing. */
async function findFaultContracts(rpc, verifier, named = {}) {
	const parts = await readAddresses(rpc, receiptVerifierAt(verifier), [
		"contributors",
		"gateways",
		"receiptAnchor"
	]);
	if (!parts.ok) return parts;
	const [contributors, gateways, receiptAnchor] = parts.value;
	const slashers = await findSlashers(rpc, {
		contributors,
		gateways
	}, named);
	if (!slashers.ok) return slashers;
	const { slashing, inclusion, panel } = slashers.value;
	const asked = await readAddresses(rpc, slashing, [
		"verifier",
		"tierEvidence",
		"coordinator"
	]);
	if (!asked.ok) return asked;
	const [itsVerifier, tierEvidence, coordinator] = asked.value;
	if (itsVerifier !== verifier) return err(missing("Slashing", slashing.address));
	return ok({
		verifier: receiptVerifierAt(verifier),
		contributors: contributorRegistryAt(contributors),
		gateways: gatewayRegistryAt(gateways),
		receiptAnchor: receiptAnchorAt(receiptAnchor),
		slashing,
		inclusion,
		panel,
		tierEvidence: {
			name: "TierEvidence",
			address: tierEvidence,
			abi: tierEvidenceAbi
		},
		coordinator: {
			name: "InferenceCoordinator",
			address: coordinator,
			abi: inferenceCoordinatorAbi
		}
	});
}
/** Both registries have appointed the one; each alone has appointed one of the others. */
async function findSlashers(rpc, registries, named) {
	const isNamed = named.slashing && named.inclusion && named.panel;
	const appointedBy = (registry) => isNamed ? ok([]) : readAppointed(rpc, registry);
	const ofContributors = await appointedBy(registries.contributors);
	if (!ofContributors.ok) return ofContributors;
	const ofGateways = await appointedBy(registries.gateways);
	if (!ofGateways.ok) return ofGateways;
	const onlyIn = (list, other) => list.find((one) => !other.includes(one)) ?? zeroAddress;
	const [contributors, gateways] = [ofContributors.value, ofGateways.value];
	const both = contributors.find((one) => gateways.includes(one)) ?? zeroAddress;
	const found = {
		slashing: slashingAt(named.slashing ?? both),
		inclusion: inclusionChallengesAt(named.inclusion ?? onlyIn(gateways, contributors)),
		panel: reexecutionPanelAt(named.panel ?? onlyIn(contributors, gateways))
	};
	const absent = Object.values(found).find(({ address: place }) => place === zeroAddress);
	return absent === void 0 ? ok(found) : err(missing(absent.name, absent.address));
}
const missing = (name, place) => ({
	reason: "contract_missing",
	name,
	address: place
});
async function readAppointed(rpc, registry) {
	const method = "eth_getLogs";
	const answer = await rpc.call(method, [{
		address: registry,
		fromBlock: "earliest",
		toBlock: "latest",
		topics: [appointedTopic]
	}]);
	if (!answer.ok) return answer;
	const appointed = (Array.isArray(answer.value) ? answer.value : [void 0]).map((log) => {
		const { topics } = Object(log);
		const word = Array.isArray(topics) ? topics[1] : void 0;
		return isHex(word) && word.length === 66 ? address(`0x${word.slice(26)}`) : void 0;
	});
	return appointed.every((one) => one !== void 0) ? ok(appointed) : err(badAnswer({
		origin: rpc.origin,
		method,
		detail: "no logs"
	}));
}
async function readAddresses(rpc, contract, functionNames) {
	const values = await readEach(rpc, functionNames.map((functionName) => ({
		contract,
		functionName,
		args: []
	})));
	return values.ok ? ok(values.value.map(([value]) => address(String(value)))) : values;
}

// src/client/check-proof-on-chain.ts
async function findModelProofs(rpc, receiptVerifier) {
	const contracts = await findFaultContracts(rpc, receiptVerifier);
	return contracts.ok ? readModelProofsOf(rpc, contracts.value.tierEvidence) : contracts;
}
/** Lines for `proof` and `proof-key`. */
async function checkProofOnChain(rpc, { receipt, domain }, { proof, tensors, modelProofs: known }) {
	const modelProofs = known === void 0 ? await findModelProofs(rpc, domain.verifyingContract) : ok(known);
	if (!modelProofs.ok) return [unknown("proof-key", describeChainFailure(modelProofs.error))];
	const { modelId } = receipt.work;
	const verdict = await readModelVerdict(rpc, modelProofs.value, {
		modelId,
		proof: proof.proof,
		...tensors
	});
	if (!verdict.ok) return verdict.error.reason === "reverted" ? [fails("proof", `the model's verifier reverts: ${describeChainFailure(verdict.error)}`)] : [unknown("proof-key", describeChainFailure(verdict.error))];
	const { verifier, takesProof } = verdict.value;
	if (verifier === void 0) return [unknown("proof-key", `nobody registered what proves ${modelId}: add --manifest`)];
	return takesProof ? [holds("proof", `the contract ${verifier} takes this ${proof.system} proof`), holds("proof-key", `the model's manifest names the code of the contract ${verifier}`)] : [fails("proof", `the contract ${verifier}, which the model's manifest names, refuses it`)];
}

// src/client/check-proof.ts
async function checkProof(parsed, surroundings) {
	const read = readProof(parsed.evidence?.others["proof"]);
	if (!read.ok) {
		const [fault] = read.error;
		const where = fault?.path === "" ? "evidence.proof" : `evidence.proof.${fault?.path}`;
		return [fails("proof", `${where}: expected ${fault?.expected}, found ${fault?.found}`)];
	}
	const proof = read.value;
	const { modelId } = parsed.receipt.work;
	const manifest = surroundings.manifest;
	const model = manifest === void 0 ? void 0 : readProvableModel(utf8Text(manifest), modelId);
	const { rpc, verificationKey } = surroundings;
	const tensors = tensorsOf(parsed.receipt, proof);
	const [itself, onChain] = await Promise.all([checkProofItself(proof, verificationKey), rpc === void 0 || tensors === void 0 ? [] : checkProofOnChain(rpc, parsed, {
		proof,
		tensors,
		modelProofs: surroundings.modelProofs
	})]);
	const offline = [
		itself,
		checkStatement$1(parsed.receipt, tensors),
		checkKey(proof, parsed.receipt, model),
		checkSetup(proof, parsed.domain.chainId)
	];
	return joinLines(offline, onChain);
}
/** Loaded where a proof is: the curve takes a fraction of a second, and most receipts have none. */
async function checkProofItself(proof, given) {
	const check = "proof";
	const { verifyProof } = await import("./verify-proof.node.js");
	const verdict = verifyProof(proof, { verificationKey: given });
	if (verdict.ok) return holds(check, `a ${proof.system} proof of the circuit ${proof.circuit} that holds`);
	const { reason, detail } = verdict.error;
	if (reason === "verification_key_missing") return unknown(check, `${detail}: add --vk`);
	if (reason === "system_not_verifiable_here") return unknown(check, detail);
	return fails(check, detail);
}
/** The values that the proof is about, as many as the Work counts. */
const tensorsOf = ({ work }, { system, publicInputs }) => readInferenceInputs(system === "ezkl" ? "ezkl" : "packed", publicInputs, {
	inputs: work.promptTokens,
	outputs: work.completionTokens
});
function checkStatement$1({ work }, tensors) {
	const check = "proof-statement";
	if (tensors === void 0) return fails(check, `its public inputs are not ${work.promptTokens} values in and ${work.completionTokens} out`);
	const other = otherHash(work, tensors);
	return other === void 0 ? holds(check, `it is about the ${work.promptTokens} values of the inputHash and the ${work.completionTokens} of the contentHash`) : fails(check, `the values that it is about give another ${other}`);
}
function otherHash(work, { inputs, outputs }) {
	const [input, output] = [encodeTensor(inputs), encodeTensor(outputs)];
	if (`0x${sha256Hex(input)}` !== work.inputHash) return "inputHash";
	if (`0x${sha256Hex(output)}` !== work.outputHash) return "outputHash";
	return keccak256(output) === work.contentHash ? void 0 : "contentHash";
}
function checkKey(proof, { work }, model) {
	const check = "proof-key";
	if (model === void 0) return unknown(check, "which key proves this model, its manifest says, or a node: add --manifest");
	if (!model.ok) return fails(check, model.error);
	const fault = mismatch(proof, work, model.value);
	if (fault !== void 0) return fails(check, fault);
	return model.value.vkHash === void 0 ? unknown(check, "the manifest names no key of its own, only a contract: add --rpc") : holds(check, `the model's manifest names the key ${proof.vkHash}`);
}
function mismatch(proof, work, model) {
	const { vkHash, setup, kind, inputs, outputs } = model;
	if (vkHash !== void 0 && vkHash !== proof.vkHash) return `the model is proven with the key ${vkHash}, and this proof is for ${proof.vkHash}`;
	if (setup !== proof.setup) return `the model's setup is ${setup}, the proof says ${proof.setup}`;
	if (kind === "ezkl" !== (proof.system === "ezkl")) return `the model is proven as ${kind}`;
	if (inputs === work.promptTokens && outputs === work.completionTokens) return void 0;
	return `the model takes ${inputs} values and gives ${outputs}`;
}
/** Chains of developers, where every key is known anyway. */
const developmentChains = /* @__PURE__ */ new Set([31337, 1337]);
function checkSetup({ setup }, chainId) {
	const check = "proof-setup";
	if (setup !== "dev-insecure") return holds(check, `of the ceremony file with the sha256 ${setup}`);
	const warning = "DEV-INSECURE: anybody can forge proofs of this setup";
	return developmentChains.has(chainId) ? holds(check, `${warning}. Good on a development chain alone, which ${chainId} is`) : fails(check, `${warning}, and chain ${chainId} is no development chain`);
}

// src/chain/tier-evidence.ts
const tierEvidenceAt = (place) => ({
	name: "TierEvidence",
	address: place,
	abi: tierEvidenceAbi
});
/** Whether a quote for `key` covered this time. */
async function readBoundAt(rpc, { tierEvidence, operator, key }, at) {
	const answer = await readContract(rpc, {
		contract: tierEvidenceAt(tierEvidence),
		functionName: "isBoundAt",
		args: [
			operator,
			key,
			at
		]
	});
	return answer.ok ? ok(answer.value[0]) : answer;
}

// src/client/check-tee-key.ts
async function checkTeeKey(rpc, { receipt, domain }, { contributor: signer }) {
	const check = "tee-key";
	if (rpc === void 0) return unknown(check, "which keys are bound, a chain tells: add --rpc");
	if (signer.kind !== "key") return unknown(check, "the Work is not signed by a plain key");
	const contracts = await findFaultContracts(rpc, domain.verifyingContract);
	if (!contracts.ok) return unknown(check, describeChainFailure(contracts.error));
	const { contributor: operator, finishedAt } = receipt.work;
	const tierEvidence = contracts.value.tierEvidence.address;
	const bound = await readBoundAt(rpc, {
		tierEvidence,
		operator,
		key: signer.address
	}, finishedAt);
	if (!bound.ok) return unknown(check, describeChainFailure(bound.error));
	return bound.value ? holds(check, `${tierEvidence} has a quote for ${signer.address} that covers second ${finishedAt}`) : fails(check, `${tierEvidence} has no quote for ${signer.address} at second ${finishedAt}`);
}

// src/client/check-tier-evidence.ts
const checkTierEvidence = async (question) => {
	const { receipt: parsed, policy } = question.verification;
	const { tiers } = parsed.receipt;
	const claimed = tiers | (parsed.countersignature === void 0 ? 0 : tier.clientCountersigned);
	const asked = policy.tiers ?? 0;
	const looked = await Promise.all(claimedTiers(claimed | asked).flatMap(({ bit }) => {
		const lines = linesOf(bit, question);
		return lines === void 0 ? [] : [lines.then((all) => ({
			bit,
			lines: all
		}))];
	}));
	return [
		...looked.flatMap(({ lines }) => lines).filter(({ verdict }) => verdict !== "unknown"),
		...summary("evidence", claimed, looked),
		...summary("policy-tiers", asked, looked)
	];
};
const signatureTiers$2 = tier.gatewaySigned | tier.contributorSigned;
const furtherTiers = tier.tokenCommitment | tier.audited | tier.teeBoundKey | tier.zkInferred | tier.clientCountersigned;
/** Undefined for a tier that needs no looking, or that nobody can look at. */
function linesOf(bit, question) {
	const { verification, signers, gateway, rpc } = question;
	const { receipt: parsed, evidence } = verification;
	switch (bit) {
		case tier.tokenCommitment: return Promise.resolve([checkCommitment(parsed.receipt, evidence.opening)]);
		case tier.audited: return alone(checkAudit(parsed, gateway, verification.anchors.auditors ?? []));
		case tier.teeBoundKey: return alone(checkTeeKey(rpc, parsed, signers));
		case tier.zkInferred: return checkProof(parsed, {
			...evidence,
			rpc,
			modelProofs: verification.anchors.modelProofs
		});
		case tier.clientCountersigned: return Promise.resolve([checkCountersignature(parsed, signers, verification.anchors)]);
		default: return;
	}
}
const alone = async (line) => [await line];
/** No line where no such tier is meant, where nobody can look at one, or where one fails: that one says so itself. */
function summary(check, meant, looked) {
	const further = meant & ~signatureTiers$2;
	if (further === 0 || (further & ~furtherTiers) !== 0) return [];
	const lines = looked.filter(({ bit }) => (bit & further) !== 0).flatMap(({ bit, lines: all }) => all.map((line) => ({
		bit,
		line
	})));
	const named = (bit) => claimedTiers(bit).map(({ name }) => `${bit} ${name}`);
	const open = lines.filter(({ line }) => line.verdict === "unknown");
	if (open.length > 0) return [unknown(check, open.map(({ bit, line }) => `${named(bit)}: ${line.detail}`).join("; "))];
	if (lines.some(({ line }) => line.verdict === "fails")) return [];
	const bits = new Set(lines.map(({ bit }) => bit));
	return [holds(check, `looked at: ${[...bits].flatMap(named).join(", ")}`)];
}

// src/client/further-checks.ts
/** In the order of docs/receipts.md. */
const furtherChecks = [
	checkTierEvidence,
	checkKeyset,
	checkLogged
];
async function checkFurther(question) {
	return (await Promise.all(furtherChecks.map((check) => check(question)))).flat();
}

// src/domain/price-sheet.ts
/** What is asked where nothing is. */
const noPrices = {
	promptAtomicPerMtok: atomic(0n),
	cachedPromptAtomicPerMtok: atomic(0n),
	completionAtomicPerMtok: atomic(0n)
};
/** The prices alone of something that has them among other members. */
const tokenPricesOf = ({ promptAtomicPerMtok, cachedPromptAtomicPerMtok, completionAtomicPerMtok }) => ({
	promptAtomicPerMtok,
	cachedPromptAtomicPerMtok,
	completionAtomicPerMtok
});
/** Of each kind of token the lower price. */
const lowestOf = (one, other) => eachOf(one, other, (a, b) => a < b ? a : b);
const isSamePrice = (one, other) => one.promptAtomicPerMtok === other.promptAtomicPerMtok && one.cachedPromptAtomicPerMtok === other.cachedPromptAtomicPerMtok && one.completionAtomicPerMtok === other.completionAtomicPerMtok;
const eachOf = (one, other, pick) => ({
	promptAtomicPerMtok: pick(one.promptAtomicPerMtok, other.promptAtomicPerMtok),
	cachedPromptAtomicPerMtok: pick(one.cachedPromptAtomicPerMtok, other.cachedPromptAtomicPerMtok),
	completionAtomicPerMtok: pick(one.completionAtomicPerMtok, other.completionAtomicPerMtok)
});
const tokensPerMtok = 1000000n;
/**
* The one price formula: cached prompt tokens are a subset of the prompt tokens (OpenAI's convention), the sum is rounded
* up once. The same arithmetic stands in the contracts (overcharge evidence).
*/
function priceRoundedUp(prices, usage) {
	const sum = BigInt(usage.promptTokens - usage.cachedPromptTokens) * prices.promptAtomicPerMtok + BigInt(usage.cachedPromptTokens) * prices.cachedPromptAtomicPerMtok + BigInt(usage.completionTokens) * prices.completionAtomicPerMtok;
	return atomic((sum + tokensPerMtok - 1n) / tokensPerMtok);
}
const amountMax = 2n ** 128n - 1n;
/** The same of a usage and a sheet that anybody may have made up: undefined where they make no price, or none of 128 bits. */
function priceOfAnybody(prices, usage) {
	if (usage.cachedPromptTokens > usage.promptTokens) return void 0;
	const tokens = BigInt(usage.promptTokens + usage.completionTokens);
	return Object.values(tokenPricesOf(prices)).some((price) => tokens * price > amountMax * tokensPerMtok) ? void 0 : priceRoundedUp(prices, usage);
}

// src/client/is-no-dearer.ts
/** Prices that move with what contributors ask stay below the ones that their gateway told at first. */
const isNoDearer = (sheet, agreed) => agreed.some((most) => sheet.operator === most.operator && sheet.modelId === most.modelId && sheet.asset === most.asset && isSamePrice(lowestOf(sheet, most), sheet));

// src/client/policy-words.ts
const members = {
	"gateway-key": "gatewayKeys",
	"contributor-key": "contributorKeys",
	trust: "trustFile",
	rpc: "rpcUrl",
	verifier: "receiptVerifier",
	manifest: "modelManifest",
	vk: "verificationKey"
};
/** The line for whoever wrote the policy. */
const inPolicyWords = (line) => ({
	...line,
	detail: line.detail.replace(/: add --(?:request|response)$/, "").replace(/: give --dev-insecure .*$/, "").replace(/add --(?:content|opening|auditor|log)$/, "vouch verify looks at it").replace(/--([a-z]+(?:-[a-z]+)*)\b/g, (option, name) => members[name] ?? option)
});

// src/chain/contract-code.ts
/** What each of these functions without arguments returns first. */
async function readValues(rpc, contract, functionNames) {
	const answers = await Promise.all(functionNames.map((functionName) => readContract(rpc, {
		contract,
		functionName,
		args: []
	})));
	const values = [];
	for (const answer of answers) {
		if (!answer.ok) return answer;
		values.push(answer.value[0]);
	}
	return ok(values);
}
/** `args` are the constructor's. */
async function runsCode(rpc, claim) {
	const { abi, bytecode } = claim.source;
	const data = `${bytecode}${(await encodeConstructor(abi, claim.args)).slice(2)}`;
	const [expected, actual] = await Promise.all([rpc.call("eth_call", [{ data }, "latest"]), codeAt(rpc, claim.place)]);
	if (!expected.ok) return notOurs(expected.error);
	return actual.ok ? ok(actual.value === expected.value) : actual;
}
/**
* A contract that reverts or answers oddly is another contract; a node that does not answer proves
* nothing.
*/
const notOurs = (failure) => failure.reason === "chain_unreachable" || failure.reason === "chain_timeout" ? {
	ok: false,
	error: failure
} : ok(false);

// src/chain/genuine-receipt-verifier.ts
const verifierSource = {
	name: "ReceiptVerifier",
	abi: receiptVerifierAbi,
	bytecode: receiptVerifierBytecode
};
const registrySources = {
	contributors: {
		name: "ContributorRegistry",
		abi: contributorRegistryAbi,
		bytecode: contributorRegistryBytecode
	},
	gateways: {
		name: "GatewayRegistry",
		abi: gatewayRegistryAbi,
		bytecode: gatewayRegistryBytecode
	}
};
/** Whether the verifier and both of its registries run the code of this version of Vouch. */
async function isGenuineReceiptVerifier(rpc, verifier) {
	const parts = await readValues(rpc, {
		...verifierSource,
		address: verifier
	}, [
		"contributors",
		"gateways",
		"receiptAnchor"
	]);
	if (!parts.ok) return notOurs(parts.error);
	const [contributors, gateways] = parts.value;
	const checks = await Promise.all([
		runsCode(rpc, {
			source: verifierSource,
			place: verifier,
			args: parts.value
		}),
		isGenuineRegistry(rpc, {
			source: registrySources.contributors,
			place: contributors
		}),
		isGenuineRegistry(rpc, {
			source: registrySources.gateways,
			place: gateways,
			keyBook: contributors
		})
	]);
	for (const check of checks) if (!check.ok || !check.value) return check;
	return ok(true);
}
async function isGenuineRegistry(rpc, { source, place, keyBook }) {
	const terms = await readValues(rpc, {
		...source,
		address: place
	}, [
		"asset",
		"minStake",
		"unbondingDelay",
		"insurance"
	]);
	if (!terms.ok) return notOurs(terms.error);
	const [asset, minStake, unbondingDelay, insurance] = terms.value;
	const args = [{
		asset,
		minStake,
		unbondingDelay,
		insurance,
		admin: zeroAddress
	}];
	if (keyBook !== void 0) args.push(keyBook);
	return runsCode(rpc, {
		source,
		place,
		args
	});
}

// src/chain/receipt-verifier-contract.ts
async function callVerify(rpc, verifier, { receipt, contributorSignature, gatewaySignature }) {
	const answer = await readContract(rpc, {
		contract: receiptVerifierAt(verifier),
		functionName: "verify",
		args: [
			receipt,
			contributorSignature,
			gatewaySignature
		]
	});
	if (!answer.ok) return answer;
	const [valid, digest] = answer.value;
	return ok({
		ok: valid,
		digest: bytes32(digest)
	});
}
async function callVerifyContent(rpc, verifier, question) {
	const { receipt, contributorSignature, gatewaySignature } = question.signed;
	return only(await readContract(rpc, {
		contract: receiptVerifierAt(verifier),
		functionName: "verifyContent",
		args: [
			receipt,
			contributorSignature,
			gatewaySignature,
			question.content,
			question.policy
		]
	}));
}
/** 0 unknown · 1 anchored · 2 challenged · 3 invalidated. */
async function readReceiptStatus(rpc, verifier, digest) {
	const answer = only(await readContract(rpc, {
		contract: receiptVerifierAt(verifier),
		functionName: "status",
		args: [digest]
	}));
	return answer.ok ? ok(Number(answer.value)) : answer;
}
/** The registry that the verifier looks keys up in. */
async function readRegistry(rpc, verifier, role) {
	const answer = only(await readContract(rpc, {
		contract: receiptVerifierAt(verifier),
		functionName: role,
		args: []
	}));
	return answer.ok ? ok(address(answer.value)) : answer;
}
async function readSigningKey(rpc, registry, signer) {
	const answer = await readContract(rpc, {
		contract: gatewayRegistryAt(registry),
		functionName: "signingKeys",
		args: [signer.operator, signer.key]
	});
	if (!answer.ok) return answer;
	const [activeFrom, revokedAt] = answer.value;
	return ok({
		activeFrom,
		revokedAt
	});
}
async function readOperator(rpc, registry, operator) {
	const answer = only(await readContract(rpc, {
		contract: gatewayRegistryAt(registry),
		functionName: "operators",
		args: [operator]
	}));
	if (!answer.ok) return answer;
	const { stake, unbonding, state } = answer.value;
	return ok({
		stake,
		unbonding,
		state: Number(state)
	});
}
/** Unix seconds; 0 when this sheet was never published. */
async function readPriceSheetPublishedAt(rpc, registry, priceHash) {
	return only(await readContract(rpc, {
		contract: gatewayRegistryAt(registry),
		functionName: "priceSheetPublishedAt",
		args: [priceHash]
	}));
}
/** Atomic units of the channel's asset; both 0 for a channel that does not exist. */
async function readChannelSums(rpc, settlement, channelId) {
	const answer = await readContract(rpc, {
		contract: channelSettlementAt(settlement),
		functionName: "channels",
		args: [channelId]
	});
	if (!answer.ok) return answer;
	const [balance, totalClaimed] = answer.value;
	return ok({
		balance,
		totalClaimed
	});
}
const only = (answer) => answer.ok ? ok(answer.value[0]) : answer;

// src/chain/checkpoint-typed-data.ts
const checkpointTypeHash = typeHash("Checkpoint(bytes32 jobId,address gateway,address contributor,uint32 index,bytes32 streamHash,uint32 completionTokens,uint64 signedAt)");
/** What a receipt that has checkpoints for evidence names (`Receipt.evidenceHash`): their digests, in their order. */
const checkpointsHash = (domain, checkpoints) => keccak256Hex(checkpoints.map((one) => checkpointDigest(domain, one).slice(2)).join(""));
/** What the contributor signs, in the domain of receipts (`receiptDomain`). */
const checkpointDigest = (domain, checkpoint) => typedDataDigest(domain, keccak256Hex(checkpointTypeHash + hashWord(checkpoint.jobId) + addressWord(checkpoint.gateway) + addressWord(checkpoint.contributor) + uintWord(checkpoint.index, 32) + hashWord(checkpoint.streamHash) + uintWord(checkpoint.completionTokens, 32) + uintWord(checkpoint.signedAt, 64)));

// src/client/check-signatures.ts
const claimsContributor = ({ receipt }) => (receipt.tiers & tier.contributorSigned) !== 0;
/**
* The domain is part of what is signed, but its name and version are constants: a document may not
* say otherwise.
*/
function checkDomain({ domain }) {
	const { name, version, chainId, verifyingContract } = domain;
	return name === "Vouch Receipts" && version === "1" ? holds("domain", `signed for the verifier ${verifyingContract} on chain ${chainId}`) : fails("domain", `"${name}" version "${version}" instead of "Vouch Receipts" version "1"`);
}
/** Whether the signatures are such at all, and whose. */
function checkSignatures(parsed, signers) {
	return [judgeSignature("gateway-signature", signers.gateway, { subject: `the receipt, digest ${signers.receiptDigest}` }), checkContributorSignature(parsed, signers)];
}
function checkContributorSignature(parsed, signers) {
	const check = "contributor-signature";
	const { contributor } = parsed.receipt.work;
	if (claimsContributor(parsed)) return contributor === zeroAddress ? fails(check, "tier 2 is claimed, but no contributor is named") : judgeSignature(check, signers.contributor, { subject: `the work, digest ${signers.workDigest}` });
	if (signers.contributor.kind !== "absent") return fails(check, "there is one, though the receipt does not claim it (tier 2)");
	return holds(check, contributor === zeroAddress ? "none, as the receipt says: whoever computed the answer cannot sign" : `none, as the receipt says: it names ${contributor} on the gateway's word alone`);
}
function judgeSignature(check, signer, { subject }) {
	switch (signer.kind) {
		case "key": return holds(check, `key ${signer.address} signed ${subject}`);
		case "wallet": return unknown(check, `only the contract wallet ${signer.address} can judge it: add --rpc`);
		case "absent": return fails(check, "it is missing");
		case "invalid": return fails(check, signer.fault);
	}
}
/**
* Whether the keys that signed belong to the operators that the receipt names, by what is known
* here. This is the decisive check: a changed field does not break a signature, it makes it another
* key's.
*/
function checkKnownKeys(parsed, signers, anchors) {
	const { gateway, contributor } = parsed.receipt.work;
	const gatewayLine = judgeKey("gateway-key", signers.gateway, {
		role: "gateway",
		operator: gateway,
		known: anchors.gatewayKeys
	});
	if (!claimsContributor(parsed)) return [gatewayLine];
	return [gatewayLine, judgeKey("contributor-key", signers.contributor, {
		role: "contributor",
		operator: contributor,
		known: anchors.contributorKeys
	})];
}
/** Whether one of them is known to speak for its operator. */
function judgeKey(check, signer, expected) {
	const { role, operator, known } = expected;
	if (signer.kind === "absent" || signer.kind === "invalid") return fails(check, "no valid signature, so no key");
	if (known.length === 0) return unknown(check, `nobody but the receipt says that ${signer.address} signs for the ${role} ${operator}: give --${role}-key, --trust, or --rpc`);
	const ofOperator = known.filter((one) => one.operator === void 0 || one.operator === operator);
	if (ofOperator.some(({ key }) => key === signer.address)) return holds(check, `${signer.address} is a key that you trust for the ${role} ${operator}`);
	if (ofOperator.length === 0 && role === "contributor") return unknown(check, `the contributor ${operator} is not among those that you listed: add --rpc`);
	return fails(check, ofOperator.length === 0 ? `the ${role} ${operator} is none that you trust` : `${signer.address} is no key that you trust for the ${role} ${operator}: a field or the signature was changed, or another key signed`);
}

// src/client/near-miss.ts
const lineFeed = Uint8Array.of(10);
const lineBreak = Uint8Array.of(13, 10);
const byteOrderMark = Uint8Array.of(239, 187, 191);
const endsWith = (bytes, tail) => bytes.length >= tail.length && sameBytes(bytes.subarray(bytes.length - tail.length), tail);
const startsWith = (bytes, head) => sameBytes(bytes.subarray(0, head.length), head);
const withoutTail = (bytes, tail) => endsWith(bytes, tail) ? bytes.subarray(0, bytes.length - tail.length) : bytes;
const changes = [
	{
		name: "only a line feed at the end is too many (editors and `echo` add one)",
		of: (bytes) => withoutTail(bytes, lineFeed)
	},
	{
		name: "only a line break (CR LF) at the end is too many (editors add one)",
		of: (bytes) => withoutTail(bytes, lineBreak)
	},
	{
		name: "only a line feed at the end is missing",
		of: (bytes) => joinBytes([bytes, lineFeed])
	},
	{
		name: "only a byte order mark at the start is too many",
		of: (bytes) => startsWith(bytes, byteOrderMark) ? bytes.subarray(byteOrderMark.length) : bytes
	},
	{
		name: "only the line ends differ: they are CR LF here and LF in the answer",
		of: (bytes) => bytes.filter((byte, at) => byte !== lineBreak[0] || bytes[at + 1] !== lineBreak[1])
	}
];
/**
* What alone keeps `bytes` from being the right ones; undefined when it is more than one such
* change.
*/
function nameNearMiss(bytes, isRight) {
	return changes.find((change) => isRight(change.of(bytes)))?.name;
}

// src/client/check-content.ts
/** `n` of a request for one prompt: a choice may be silent, so that more were asked for than are seen. */
const choicesMax = 8;
/** What several prompts, or several inputs, come to at most in one answer. */
const deliveredMax = 2048;
/**
* Whether `choices`, one file for each choice in the order of their index, are what `contentHash`
* was made of.
*/
function checkContent({ work }, choices) {
	const check = "content";
	if (choices.length === 0) return unknown(check, "no content was given: add --content");
	if (work.contentHash === zeroBytes32) return fails(check, "the receipt covers no content: its gateway lost sight of the answer");
	if (choices.length > deliveredMax) return fails(check, `${choices.length} choices are more than an answer can have`);
	const expected = work.contentHash;
	if (readings(choices).some((hash) => hash === expected)) {
		const bytes = choices.reduce((sum, choice) => sum + choice.length, 0);
		return holds(check, `${describeChoices(choices)} (${bytes} bytes) give the contentHash`);
	}
	const [only] = choices;
	const near = choices.length === 1 && only !== void 0 ? nameNearMiss(only, (candidate) => readings([candidate]).includes(expected)) : void 0;
	return fails(check, near ?? `${describeChoices(choices)} give another hash`);
}
/**
* The bytes whose keccak256 a contract compares with `contentHash`: the text, or the tool calls in
* canonical JSON. Undefined for several choices, whose hash is a Merkle root.
*/
function contractContent({ work }, choices) {
	const [only] = choices;
	if (only === void 0 || choices.length > 1) return void 0;
	const toolCalls = parseArray(only);
	return toolCalls !== void 0 && toolCallsHash(toolCalls) === work.contentHash ? utf8Bytes(canonicalText(toolCalls)) : only;
}
const describeChoices = (choices) => choices.length === 1 ? "the bytes" : `the ${choices.length} choices`;
/**
* A choice is text or, where it parses as one, an array of tool calls: every way to read all of
* them together.
*/
function readings(choices) {
	const [only, ...others] = choices;
	if (only !== void 0 && choices.length > 8) return [answerHash([textHash(only), ...others.map(textHash)])];
	let combinations = [[]];
	for (const choice of choices) {
		const hashes = choiceReadings(choice);
		combinations = combinations.flatMap((before) => hashes.map((hash) => [...before, hash]));
	}
	return combinations.flatMap(([first, ...rest]) => first === void 0 ? [] : [answerHash([first, ...rest])]);
}
function choiceReadings(choice) {
	const toolCalls = parseArray(choice);
	const asText = textHash(choice);
	return toolCalls === void 0 ? [asText] : [asText, toolCallsHash(toolCalls)];
}
function parseArray(bytes) {
	if (bytes[0] !== "[".charCodeAt(0)) return void 0;
	try {
		const value = JSON.parse(utf8Text(bytes));
		return Array.isArray(value) ? value : void 0;
	} catch {
		return;
	}
}

// src/client/check-inference.ts
/** Undefined for any other body. */
function readInferenceAnswer(body) {
	const json = parse(body);
	if (json["object"] !== "vouch.inference") return void 0;
	const { input, output } = Object(json["integers"]);
	const integers = {
		input: integersOf(input),
		output: integersOf(output)
	};
	if (integers.input === void 0 || integers.output === void 0) return void 0;
	return {
		output: json["output"],
		integers: {
			input: integers.input,
			output: integers.output
		}
	};
}
function parse(body) {
	try {
		return Object(JSON.parse(utf8Text(body)));
	} catch {
		return {};
	}
}
const isInteger = (value) => Number.isInteger(value) && Number(value) >= int32Min && Number(value) <= int32Max;
const integersOf = (value) => Array.isArray(value) && value.every(isInteger) ? Int32Array.from(value) : void 0;
function checkInferenceAnswer(work, { output, integers }) {
	const check = "answer-in-response";
	if (keccak256(encodeTensor(integers.output)) !== work.contentHash) return fails(check, "the integers in the response give another hash than the contentHash");
	const scales = scalesOf(output, integers.output, (number, scale) => number * scale);
	return scales === void 0 ? fails(check, "the numbers in the response are not its integers by a power of two") : holds(check, `the integers in the response give the contentHash; its numbers are these by ${powers(scales)}`);
}
/** That what the contributor was asked is what the request asks. */
function checkInferenceRequest(work, { integers }, request) {
	const check = "rewriting";
	if (hexOf(sha256Hex(encodeTensor(integers.input))) !== work.inputHash) return fails(check, "the integers that went in, as the response says, give another hash than the inputHash");
	if (request === void 0) return unknown(check, "the request was not given: add --request");
	const { input, input_integers: given } = parse(request);
	if (given !== void 0) return sameIntegers(integersOf(given), integers.input) ? holds(check, "the contributor was asked with the integers of the request") : fails(check, "the contributor was asked with other integers than those of the request");
	if (!Array.isArray(input) && typeof input === "object") return unknown(check, "which of several inputs comes first, only the model says");
	const scales = scalesOf(input, integers.input, (number, scale) => Math.round(number * scale));
	return scales === void 0 ? fails(check, "the contributor was asked with other numbers than those of the request") : holds(check, `the contributor was asked with the request's numbers by ${powers(scales, "")}`);
}
const sameIntegers = (a, b) => a?.length === b.length && a.every((value, at) => value === b[at]);
/** The power of two by which each tensor's numbers give its integers; undefined where none does. */
function scalesOf(numbers, integers, integerOf) {
	const tensors = Array.isArray(numbers) || typeof numbers !== "object" || numbers === null ? [numbers] : Object.values(numbers);
	let at = 0;
	const scales = [];
	for (const tensor of tensors) {
		const flat = [tensor].flat(Number.POSITIVE_INFINITY);
		if (!flat.every((value) => typeof value === "number")) return void 0;
		const own = integers.subarray(at, at + flat.length);
		const bits = Array.from({ length: 32 }, (_, bit) => bit).find((bit) => own.length === flat.length && own.every((integer, index) => integerOf(flat[index] ?? NaN, 2 ** bit) === integer));
		if (bits === void 0) return void 0;
		scales.push(bits);
		at += flat.length;
	}
	return at === integers.length ? scales : void 0;
}
const powers = (scales, sign = "−") => [...new Set(scales)].map((bits) => `2^${bits === 0 ? "" : sign}${bits}`).join(", ");

// src/client/read-delivered.ts
/** At least one piece; undefined when the body is of no endpoint that is read here. */
function readDelivered(body) {
	const { data, results, text } = parseObject(body);
	if (typeof text === "string") return [utf8Bytes(text)];
	if (Array.isArray(results)) return whole(results.map((result) => jsonOf(result)));
	return Array.isArray(data) ? whole(data.map(readEntry)) : void 0;
}
function parseObject(body) {
	try {
		return asFields(JSON.parse(utf8Text(body)));
	} catch {
		return {};
	}
}
const asFields = (value) => typeof value === "object" && value !== null ? value : {};
const jsonOf = (value) => utf8Bytes(JSON.stringify(value));
/** A vector as little-endian 32-bit floats, an image as its bytes or its URL. */
function readEntry(entry) {
	const { embedding, b64_json: image, url } = asFields(entry);
	const encoded = embedding ?? image;
	if (typeof encoded === "string") return decodeBase64(encoded);
	if (!Array.isArray(embedding)) return typeof url === "string" ? utf8Bytes(url) : void 0;
	const floats = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(embedding.length * 4));
	for (const [index, value] of embedding.entries()) floats.setFloat32(index * 4, Number(value), true);
	return new Uint8Array(floats.buffer);
}
function decodeBase64(text) {
	try {
		return Uint8Array.fromBase64(text);
	} catch {
		return;
	}
}
function whole(pieces) {
	const [first, ...rest] = pieces.filter((piece) => piece !== void 0);
	return first === void 0 || rest.length + 1 < pieces.length ? void 0 : [first, ...rest];
}

// src/client/check-wire-bytes.ts
function checkWireBytes(receipt, bytes) {
	const { request, response } = bytes;
	const responseLine = checkResponse(receipt, response);
	const lines = [request === void 0 ? unknown("request", "the request was not given: add --request") : compareSha256("request", request, receipt.requestHash), responseLine];
	if (response === void 0 || responseLine.verdict !== "holds") return [...lines, checkRewriting(receipt)];
	const inference = readInferenceAnswer(response);
	if (inference !== void 0) return [
		...lines,
		checkInferenceAnswer(receipt.work, inference),
		checkStream(receipt, response),
		checkInferenceRequest(receipt.work, inference, request)
	];
	return [
		...lines,
		checkAnswerInResponse(receipt.work, response),
		checkStream(receipt, response),
		checkRewriting(receipt)
	];
}
const sha256 = (bytes) => bytes32(hexOf(sha256Hex(bytes)));
function checkResponse({ work, responseHash }, response) {
	const check = "response";
	if (response === void 0) return unknown(check, "the response was not given: add --response");
	if (responseHash === zeroBytes32) return fails(check, "the receipt covers no response: its gateway lost sight of the answer");
	const line = compareSha256(check, response, responseHash);
	if (line.verdict === "holds" || endsWithDone.has(work.status)) return line;
	return fails(check, `${line.detail}; of an answer that broke off the receipt covers what was sent until then, without a closing error event`);
}
/** Answers that were closed as usual, so that the receipt covers their very last byte. */
const endsWithDone = /* @__PURE__ */ new Set([workStatus.complete, workStatus.truncatedByBudget]);
function compareSha256(check, bytes, expected) {
	if (sha256(bytes) === expected) return holds(check, `these ${bytes.length} bytes give the ${check}Hash`);
	const near = nameNearMiss(bytes, (candidate) => sha256(candidate) === expected);
	return fails(check, near ?? `these ${bytes.length} bytes give another hash`);
}
/**
* That `contentHash` is of the answer in the response: else a gateway could pair one answer's text
* with another's bytes.
*/
function checkAnswerInResponse(work, response) {
	const check = "answer-in-response";
	const choices = readAnswer(response);
	if (choices === void 0 || isNoEvents(response)) return checkDelivered(work, response);
	if (possibleHashes(choices).includes(work.contentHash)) return holds(check, "the answer in the response gives the contentHash");
	if (choices.some(areTranslatedCalls)) return unknown(check, "the calls in the response were translated; the contentHash is of others");
	if (work.contentHash === textHash(/* @__PURE__ */ new Uint8Array()) && choices.some(isTranslatedText)) return unknown(check, "the text in the response may be a refusal, which contentHash leaves out");
	return fails(check, "the answer in the response gives another hash than the contentHash");
}
/** Neither JSON nor server-sent events. Of a stream that broke off there may be nothing at all. */
const isNoEvents = (response) => response.length > 0 && !/^(\{|:|data:|event:)/.test(utf8Text(response.subarray(0, 6)));
/** What is no completion: vectors, verdicts, images and transcripts in JSON, or the bytes themselves. */
function checkDelivered(work, response) {
	const check = "answer-in-response";
	const [first, ...rest] = readDelivered(response) ?? [response];
	if (answerHash([textHash(first), ...rest.map(textHash)]) === work.contentHash) return holds(check, "what the response delivers gives the contentHash");
	return first === response ? unknown(check, "the response is no answer that this verifier can read") : fails(check, "what the response delivers gives another hash than the contentHash");
}
const areTranslatedCalls = ({ text, toolCalls, isTranslated }) => isTranslated === true && text === "" && toolCalls.length > 0;
/** An API without a place of its own for a refusal has it in the text. */
const isTranslatedText = ({ text, isTranslated }) => isTranslated === true && text !== "";
/**
* A choice that never said a word leaves no trace in a stream that broke off, so more of them may
* have been asked for.
*/
function possibleHashes(choices) {
	const hashes = choices.map(({ text, toolCalls }) => text === "" && toolCalls.length > 0 ? toolCallsHash(toolCalls) : textHash(utf8Bytes(text)));
	const silent = textHash(/* @__PURE__ */ new Uint8Array());
	const possible = [];
	const countMax = Math.max(8, hashes.length);
	for (let count = Math.max(1, hashes.length); count <= countMax; count += 1) {
		const [first = silent, ...rest] = hashes;
		const padding = Array.from({ length: count - 1 - rest.length }, () => silent);
		possible.push(answerHash([
			first,
			...rest,
			...padding
		]));
	}
	return possible;
}
/**
* The contributor's chain over the events of its stream, where the client got exactly the
* contributor's bytes.
*/
function checkStream({ work, responseHash }, response) {
	const check = "stream";
	const { jobId, inputHash, outputHash, streamRoot } = work;
	if (outputHash !== responseHash) return unknown(check, "the contributor's own bytes are not at hand: the gateway changed them");
	const unary = isUnary(response);
	if (streamRoot === zeroBytes32) return unary ? holds(check, "an answer in one piece, which has no chain") : fails(check, "the answer was streamed, but no chain covers its events");
	if (unary) return fails(check, "a chain of events for an answer in one piece");
	const events = splitEvents(response);
	return linksOf({
		jobId,
		inputHash
	}, events).at(-1) === streamRoot ? holds(check, `the chain over its ${events.length} events ends in the streamRoot`) : fails(check, `the chain over its ${events.length} events ends elsewhere`);
}
/** Every link of the chain: that of no event first, and last that of all. */
function linksOf(start, events) {
	const seed = [
		utf8Bytes("vouch-stream/1"),
		fromHex(start.jobId),
		fromHex(start.inputHash)
	];
	let link = sha256Bytes(joinBytes(seed));
	const links = [link];
	for (const event of events) {
		const length = /* @__PURE__ */ new Uint8Array(4);
		new DataView(length.buffer).setUint32(0, event.length);
		link = sha256Bytes(joinBytes([
			link,
			length,
			event
		]));
		links.push(link);
	}
	return links.map((one) => bytes32(toHex(one)));
}
function checkRewriting({ work, requestHash, responseHash }) {
	const { inputHash, outputHash } = work;
	if ([
		requestHash,
		inputHash,
		outputHash,
		responseHash
	].includes(zeroBytes32)) return unknown("rewriting", "the receipt does not cover all four bodies: the answer was lost");
	const changed = [inputHash === requestHash ? [] : ["request"], outputHash === responseHash ? [] : ["answer"]].flat();
	if (changed.length === 0) return holds("rewriting", "the gateway passed request and answer on byte for byte");
	return unknown("rewriting", `the gateway changed the ${changed.join(" and the ")} on the way (a model name, usage, framing); what it changed is not in the receipt`);
}

// src/client/check-checkpoints.ts
/** No line for a receipt without such evidence. That the receipt names these ones, `evidence-hash` checks. */
function checkCheckpoints(parsed, anchors, response) {
	const checkpoints = parsed.evidence?.checkpoints ?? [];
	const [newest] = checkpoints;
	if (newest === void 0) return [];
	return [
		checkStatement(parsed, checkpoints),
		...checkpointSigners(parsed).map(({ signer }) => judgeKey("checkpoint-key", signer, {
			role: "contributor",
			operator: parsed.receipt.work.contributor,
			known: anchors.contributorKeys
		})),
		...checkpoints.length === 1 ? [checkPlace(parsed, newest.checkpoint, response)] : []
	];
}
/** Whose signatures they say they are. */
const checkpointSigners = (parsed) => (parsed.evidence?.checkpoints ?? []).map(({ checkpoint, signature }) => ({
	checkpoint,
	signer: readSigner(checkpointDigest(receiptDomain(parsed.domain), checkpoint), signature)
}));
function checkStatement({ receipt }, signed) {
	const check = "checkpoint";
	const checkpoints = signed.map(({ checkpoint }) => checkpoint);
	const { jobId, gateway, contributor, completionTokens } = receipt.work;
	if (checkpoints.some((one) => one.jobId !== jobId || one.gateway !== gateway || one.contributor !== contributor)) return fails(check, "it is of another job, gateway or contributor");
	const [first, second] = checkpoints;
	if (first === void 0 || checkpoints.length > 2) return fails(check, "there are too many");
	if (second === void 0) return holds(check, `${contributor} vouches for the stream until a point where it had counted ${first.completionTokens} completion tokens; ${completionTokens} are in the receipt, and what came after that point is on the gateway's word alone`);
	const isSame = JSON.stringify(first) === JSON.stringify(second);
	if (first.index !== second.index || isSame) return fails(check, "there are two, and they do not contradict each other");
	return holds(check, `two that differ under number ${first.index}: proof against ${contributor}, for the slashing contract`);
}
/** Where in the response it stands, if the client got exactly the contributor's bytes. */
function checkPlace({ receipt }, { streamHash }, response) {
	const check = "checkpoint-stream";
	const { work, responseHash } = receipt;
	if (response === void 0) return unknown(check, "the response was not given: add --response");
	if (hexOf(sha256Hex(response)) !== responseHash) return unknown(check, "the response that was given is not that of the receipt");
	if (work.outputHash !== responseHash) return unknown(check, "the contributor's own bytes are not at hand: the gateway changed them");
	const events = splitEvents(response);
	const place = linksOf(work, events).indexOf(streamHash);
	return place === -1 ? fails(check, `none of the links of its ${events.length} events is the one that was signed`) : holds(check, `it stands behind ${place} of the ${events.length} events of the response`);
}

// src/client/check-registration.ts
/**
* Keys are looked up at `finishedAt`: what a key signed while it was active stays good after it is
* revoked.
*/
async function checkRegisteredKey(rpc, check, question) {
	const { registry, operator, signer, trusted } = question;
	if (signer.kind === "absent" || signer.kind === "invalid") return fails(check, "no valid signature, so no key");
	const epoch = await readSigningKey(rpc, registry, {
		operator,
		key: signer.address
	});
	if (!epoch.ok) return unknown(check, describeChainFailure(epoch.error));
	const { activeFrom, revokedAt } = epoch.value;
	const finishedAt = BigInt(question.finishedAt);
	const key = `${signer.address} for ${operator}`;
	if (activeFrom === 0n) return fails(check, `${key} is not registered: a field or the signature was changed, or another key signed`);
	if (finishedAt < activeFrom) return fails(check, `${key} was not active before ${activeFrom}`);
	if (revokedAt !== 0n && finishedAt >= revokedAt) return fails(check, `${key} was revoked at ${revokedAt}, before the answer was finished`);
	return trusted ? holds(check, `${key} is registered and was active when the answer was finished`) : unknown(check, `${key} is registered, but with a registry that only the receipt leads to: pin the verifier contract with --verifier or --trust`);
}
const stateNever = 0;
const statePaused = 2;
async function checkRegistration(rpc, check, question) {
	const { registry, operator } = question;
	const answer = await readOperator(rpc, registry, operator);
	if (!answer.ok) return unknown(check, describeChainFailure(answer.error));
	const { stake, unbonding, state } = answer.value;
	if (state === stateNever) return fails(check, `${operator} is not registered`);
	if (stake + unbonding === 0n) return unknown(check, `${operator} is registered, but has nothing at stake any more`);
	return holds(check, `${operator} has ${stake} atomic units at stake and ${unbonding} unbonding${state === statePaused ? ", paused" : ""}`);
}

// src/client/verify-on-chain.ts
/**
* All calls read the latest block. Every call is bounded in time by the JsonRpc; nothing is sent
* that changes a chain.
*/
async function verifyOnChain(rpc, verification) {
	const { domain } = verification.receipt;
	const chainLine = await checkChain(rpc, domain.chainId);
	if (chainLine.verdict !== "holds") return [chainLine];
	const contractLine = await checkVerifierContract(rpc, verification);
	if (contractLine.verdict === "fails") return [chainLine, contractLine];
	const signers = recoverSigners(verification.receipt);
	const trusted = contractLine.verdict === "holds";
	return [
		chainLine,
		contractLine,
		...(await Promise.all([
			checkVerifyCall(rpc, verification, signers),
			checkContentCall(rpc, verification),
			...partiesOf(verification.receipt, signers).map((party) => checkParty(rpc, verification.receipt, {
				...party,
				trusted
			})),
			checkCheckpointKeys(rpc, verification.receipt, trusted),
			checkStatus(rpc, domain.verifyingContract, signers),
			checkChannel(rpc, verification)
		])).flat()
	];
}
async function checkChain(rpc, chainId) {
	const answer = await checkChainId(rpc, chainId);
	if (answer.ok) return holds("chain", `${rpc.origin} serves chain ${chainId}`);
	const { error } = answer;
	return error.reason === "chain_id_mismatch" ? fails("chain", `${rpc.origin} serves chain ${error.actual}, the receipt is for ${chainId}`) : unknown("chain", describeChainFailure(error));
}
/**
* Whether what this contract says of keys counts: a person trusts it, or its code leaves no choice.
*/
async function checkVerifierContract(rpc, { receipt, anchors }) {
	const check = "verifier-contract";
	const { verifyingContract } = receipt.domain;
	const code = await codeAt(rpc, verifyingContract);
	if (!code.ok) return unknown(check, describeChainFailure(code.error));
	if (code.value === "0x") return fails(check, `there is no contract at ${verifyingContract}`);
	if (anchors.receiptVerifier !== void 0) return holds(check, `${verifyingContract} has code, and you trust it`);
	return judge(check, await isGenuineReceiptVerifier(rpc, verifyingContract), (genuine) => genuine ? holds(check, `${verifyingContract} and its registries run the code of this vouch version`) : unknown(check, `nobody but the receipt says that ${verifyingContract} is a verifier to trust, and its code is not that of this vouch version: pin it with --verifier or --trust`));
}
async function checkVerifyCall(rpc, { receipt }, signers) {
	const check = "verify-call";
	const answer = await callVerify(rpc, receipt.domain.verifyingContract, receipt);
	const line = judge(check, answer, ({ ok, digest }) => {
		if (digest !== signers.receiptDigest) return fails(check, `the contract computes another digest: ${digest}`);
		return ok ? holds(check, "the contract gives the same digest and accepts both signatures") : fails(check, "the contract does not accept the signatures");
	});
	return line.verdict === "holds" ? [line, ...acceptedWallets(receipt, signers)] : [line];
}
/** A signature that only its contract wallet can judge was judged by it in the verifier's call. */
const acceptedWallets = (parsed, signers) => partiesOf(parsed, signers).filter(({ signer }) => signer.kind === "wallet").map(({ role }) => holds(`${role}-signature`, "the contract wallet accepts it"));
/** No line where no content was given: the offline line says so already. */
async function checkContentCall(rpc, { receipt: parsed, evidence, policy }) {
	const check = "verify-content-call";
	if (evidence.content.length === 0) return [];
	const content = contractContent(parsed.receipt, evidence.content);
	if (content === void 0) return [unknown(check, "the contract compares one answer only, and there are several choices")];
	const answer = await callVerifyContent(rpc, parsed.domain.verifyingContract, {
		signed: parsed,
		content,
		policy: {
			modelId: policy.modelId ?? zeroBytes32,
			minTiers: policy.tiers ?? 0,
			maxAge: policy.maxAgeS ?? 0,
			gateway: policy.gateway ?? zeroAddress
		}
	});
	return [judge(check, answer, (accepted) => accepted ? holds(check, "the contract accepts this content under your policy") : fails(check, "the contract does not accept this content under your policy"))];
}
/** The contributor is asked about only where the receipt says that it signed. */
function partiesOf(parsed, signers) {
	const { gateway, contributor } = parsed.receipt.work;
	const first = {
		role: "gateway",
		operator: gateway,
		signer: signers.gateway
	};
	return claimsContributor(parsed) ? [first, {
		role: "contributor",
		operator: contributor,
		signer: signers.contributor
	}] : [first];
}
/**
* What the registry of this party's kind says of its key, its stake and, where the prices are its
* own, of the sheet.
*/
async function checkParty(rpc, parsed, { role, operator, signer, trusted }) {
	const { receipt, priceSheet, domain } = parsed;
	const registry = await readRegistry(rpc, domain.verifyingContract, `${role}s`);
	if (!registry.ok) return [unknown(`${role}-key`, describeChainFailure(registry.error))];
	const question = {
		registry: registry.value,
		operator,
		finishedAt: receipt.work.finishedAt,
		trusted
	};
	const lines = await Promise.all([checkRegisteredKey(rpc, `${role}-key`, {
		...question,
		signer
	}), checkRegistration(rpc, `${role}-registration`, question)]);
	if (priceSheet.operator !== operator) return lines;
	return [...lines, await checkPublished(rpc, registry.value, parsed)];
}
/**
* Of a stream without a Work the contributor signed checkpoints, each with a key that was active then; what it has at stake
* counts as for a Work.
*/
async function checkCheckpointKeys(rpc, parsed, trusted) {
	const check = "checkpoint-key";
	const signed = checkpointSigners(parsed);
	if (signed.length === 0) return [];
	const registry = await readRegistry(rpc, parsed.domain.verifyingContract, "contributors");
	if (!registry.ok) return [unknown(check, describeChainFailure(registry.error))];
	const { contributor: operator, finishedAt } = parsed.receipt.work;
	const question = {
		registry: registry.value,
		operator,
		trusted
	};
	return Promise.all([...signed.map(({ checkpoint, signer }) => checkRegisteredKey(rpc, check, {
		...question,
		finishedAt: checkpoint.signedAt,
		signer
	})), checkRegistration(rpc, "contributor-registration", {
		...question,
		finishedAt
	})]);
}
async function checkPublished(rpc, registry, { receipt }) {
	const check = "price-sheet-published";
	return judge(check, await readPriceSheetPublishedAt(rpc, registry, receipt.priceHash), (publishedAt) => publishedAt === 0n ? unknown(check, "the sheet is not on record, so an overcharge could not be proven on chain") : holds(check, `on record since ${describeTime(Number(publishedAt))}`));
}
const statusWords = {
	0: holds("receipt-status", "nothing on record against it: not challenged, not invalidated"),
	1: holds("receipt-status", "anchored"),
	2: unknown("receipt-status", "challenged: a dispute over this receipt is open"),
	3: fails("receipt-status", "invalidated")
};
async function checkStatus(rpc, verifier, signers) {
	const check = "receipt-status";
	return judge(check, await readReceiptStatus(rpc, verifier, signers.receiptDigest), (status) => status in statusWords ? statusWords[status] : unknown(check, `status ${status}, which this verifier does not know`));
}
async function checkChannel(rpc, { receipt: parsed, anchors }) {
	const check = "channel";
	const { channelId, cumulative } = parsed.receipt;
	const answer = await readChannelSums(rpc, anchors.channelSettlement, channelId);
	return judge(check, answer, ({ balance, totalClaimed }) => {
		if (balance === 0n) return unknown(check, `no channel ${channelId}, or one that was emptied`);
		return holds(check, `balance ${balance}, claimed ${totalClaimed} atomic units; what this receipt brings the channel to, ${cumulative}, is ${totalClaimed >= cumulative ? "claimed already" : "not yet claimed in full"}`);
	});
}
const judge = (check, answer, verdictOf) => answer.ok ? verdictOf(answer.value) : unknown(check, describeChainFailure(answer.error));

// src/chain/evidence-hash.ts
/**
* What a receipt says of its evidence (`Receipt.evidenceHash`):
*
*   none               zero
*   checkpoints alone  their hash as it is
*   anything else      keccak256(keccak256("vouch-evidence/1") ‖ for each kind, in the order of its UTF-16 code units,
*                      keccak256(UTF-8 of the kind) ‖ its hash)
*
* A kind that a verifier does not know is bound all the same: who has the document can compute its hash.
*/
function evidenceHash(items) {
	const [first] = items;
	if (first === void 0) return zeroBytes32;
	if (items.length === 1 && first.kind === "checkpoints") return first.hash;
	const words = [...items].sort((a, b) => a.kind < b.kind ? -1 : 1).map(({ kind, hash }) => hashWord(keccak256Utf8(kind)) + hashWord(hash));
	return keccak256Hex(hashWord(listTag) + words.join(""));
}
const listTag = keccak256Utf8("vouch-evidence/1");

// src/client/check-evidence-hash.ts
/** No line for a receipt without evidence. */
function checkEvidenceHash(parsed) {
	const check = "evidence-hash";
	const { receipt } = parsed;
	const items = evidenceItems(parsed);
	if (items.length === 0) {
		if (receipt.evidenceHash === zeroBytes32) return [];
		return [unknown(check, "the receipt names evidence that is not in this document")];
	}
	const kinds = items.map(({ kind }) => kind).join(", ");
	return evidenceHash(items) === receipt.evidenceHash ? [holds(check, `the gateway signed for this evidence: ${kinds}`)] : [fails(check, `the hash of ${kinds} is not the evidenceHash of the receipt`)];
}
function evidenceItems({ evidence, domain }) {
	if (evidence === void 0) return [];
	const { checkpoints, others } = evidence;
	const items = Object.entries(others).map(([kind, value]) => ({
		kind,
		hash: keccak256Utf8(canonicalText(value))
	}));
	if (checkpoints.length === 0) return items;
	const signed = checkpoints.map(({ checkpoint }) => checkpoint);
	return [{
		kind: "checkpoints",
		hash: checkpointsHash(receiptDomain(domain), signed)
	}, ...items];
}

// src/client/check-policy.ts
/** Tiers whose evidence is the two signatures. What stands behind others, check-tier-evidence.ts finds out. */
const signatureTiers$1 = tier.gatewaySigned | tier.contributorSigned;
function checkPolicy(parsed, terms) {
	const { policy, receiptVerifier, nowMs } = terms;
	const { receipt } = parsed;
	const { work } = receipt;
	return [
		receiptVerifier === void 0 ? [] : [checkVerifier(parsed.domain, receiptVerifier)],
		expectSame("policy-gateway", {
			asked: policy.gateway,
			found: work.gateway
		}),
		expectSame("policy-model", {
			asked: policy.modelId,
			found: work.modelId
		}),
		policy.tiers === void 0 ? [] : [checkTiers$1(receipt, policy.tiers)],
		policy.maxAgeS === void 0 ? [] : [checkAge(receipt, {
			maxAgeS: policy.maxAgeS,
			nowMs
		})]
	].flat();
}
/** A receipt for a test chain, or for a contract of the forger's own, is none here. */
function checkVerifier(domain, trusted) {
	const { chainId, verifyingContract } = trusted;
	return domain.chainId === chainId && domain.verifyingContract === verifyingContract ? holds("policy-verifier", "signed for the verifier contract that you trust") : fails("policy-verifier", `signed for ${domain.verifyingContract} on chain ${domain.chainId}, but you trust ${verifyingContract} on chain ${chainId}`);
}
function expectSame(check, values) {
	const { asked, found } = values;
	if (asked === void 0) return [];
	return [found === asked ? holds(check, `${found}, as asked`) : fails(check, `it is ${found}`)];
}
function checkTiers$1({ tiers }, asked) {
	const check = "policy-tiers";
	const missing = asked & ~(tiers | tier.clientCountersigned);
	if (missing !== 0) {
		const names = claimedTiers(missing).map(({ bit, name }) => `${bit} ${name}`);
		return fails(check, `not claimed: ${names.join(", ") || missing}`);
	}
	const further = asked & ~signatureTiers$1;
	if (further === 0) return holds(check, "every tier that you asked for is claimed");
	const names = claimedTiers(further).map(({ bit, name }) => `${bit} ${name}`);
	return unknown(check, `what stands behind ${names.join(", ") || further} was not looked at`);
}
function checkAge({ work }, limit) {
	const ageS = Math.floor(limit.nowMs / 1e3) - work.finishedAt;
	return ageS <= limit.maxAgeS ? holds("policy-age", `${Math.max(0, ageS)} s old`) : fails("policy-age", `${ageS} s old, and you asked for at most ${limit.maxAgeS} s`);
}

// src/client/check-price.ts
/**
* That the sheet beside the receipt is the one it was priced by, and that its prices give no less
* than `cost`.
*/
function checkPrice(receipt, sheet) {
	return [checkSheet(receipt, sheet), checkCost(receipt, sheet)];
}
function checkSheet({ work, priceHash }, sheet) {
	const check = "price-sheet";
	if (hashPriceSheet(sheet) !== priceHash) return fails(check, "its hash is not the priceHash of the receipt");
	if (sheet.modelId !== work.modelId) return fails(check, "it prices another model");
	if (sheet.operator !== work.gateway && sheet.operator !== work.contributor) return fails(check, `it is ${sheet.operator}'s, who took no part`);
	const { validFrom, validUntil } = sheet;
	if (work.finishedAt < validFrom || validUntil !== 0 && work.finishedAt > validUntil) return fails(check, "it was not in force when the answer was finished");
	return holds(check, `${sheet.promptAtomicPerMtok} / ${sheet.cachedPromptAtomicPerMtok} / ${sheet.completionAtomicPerMtok} atomic units of ${sheet.asset} for a million prompt / cached prompt / completion tokens`);
}
function checkCost({ work, cost }, sheet) {
	const price = priceOf(work, sheet);
	if (price === void 0) return fails("cost", "the tokens and prices give no amount that a channel could hold");
	const why = chargesNothing(work) ? " for an answer that failed or is empty" : "";
	if (cost > price) return fails("cost", `${cost} atomic units are charged, but at most ${price} are due${why}`);
	return cost < price ? holds("cost", `${cost} atomic units, less than the ${price} that the sheet allows`) : holds("cost", `${cost} atomic units, as the sheet and the tokens say${why}`);
}
/** An answer that failed upstream or has no token is free, whatever its prompt was. */
const chargesNothing = (work) => work.status === workStatus.upstreamFailed || work.completionTokens === 0;
/** What may be charged at most. */
const priceOf = (work, sheet) => chargesNothing(work) ? 0n : priceOfAnybody(sheet, work);

// src/client/check-tiers.ts
function checkTiers(receipt) {
	const { tiers } = receipt;
	const fault = faultOf(receipt);
	const names = namesOf(tiers);
	const line = fault === void 0 ? holds("tiers", `claims ${names}`) : fails("tiers", fault);
	const unnamed = tiers & ~knownTierBits;
	if (unnamed !== 0) return [line, unknown("evidence", `claims tiers that this verifier does not know: ${unnamed}`)];
	const further = tiers & ~signatureTiers;
	if (further === 0) return [line];
	return [line, unknown("evidence", `what stands behind ${namesOf(further)} was not looked at`)];
}
/** They are their own evidence. */
const signatureTiers = tier.gatewaySigned | tier.contributorSigned;
/** What of a contributor's Work is said where no contributor signed one, is said of nothing. */
const ofTheWork = tier.tokenCommitment | tier.audited | tier.teeBoundKey;
function faultOf({ tiers, work }) {
	if ((tiers & tier.gatewaySigned) === 0) return "tier 1 is missing: no gateway vouches for this";
	const isCommitted = (tiers & tier.tokenCommitment) !== 0;
	if (isCommitted !== (work.commitment !== zeroBytes32)) return isCommitted ? "tier 4 is claimed without a commitment" : "a commitment without tier 4";
	const unsigned = (tiers & tier.contributorSigned) === 0 ? tiers & ofTheWork : 0;
	if (unsigned !== 0) return `${namesOf(unsigned)}: but no contributor signed this Work`;
	if ((tiers & tier.zkMetered) !== 0) return "tier 32 is claimed by the gateway: a usage proof stands beside receipts, never in one";
	if ((tiers & tier.clientCountersigned) !== 0) return "tier 128 is claimed by the gateway: a countersignature comes after the receipt, beside it";
}
const namesOf = (tiers) => claimedTiers(tiers).map(({ bit, name }) => `${bit} ${name}`).join(", ");

// src/client/check-relations.ts
/** The contracts' CLOCK_TOLERANCE: no clock of an honest gateway is further ahead. */
const clockToleranceS$1 = 900;
function checkRelations(receipt, nowMs) {
	return [
		...checkTiers(receipt),
		checkTimes(receipt, nowMs),
		checkUsage(receipt),
		checkSequence(receipt)
	];
}
function checkTimes({ work }, nowMs) {
	const { startedAt, finishedAt } = work;
	if (startedAt > finishedAt) return fails("times", `finished ${startedAt - finishedAt} s before it started`);
	const aheadS = finishedAt - Math.floor(nowMs / 1e3);
	if (aheadS > clockToleranceS$1) return fails("times", `finished ${aheadS} s in the future, by this machine's clock`);
	return holds("times", `${describeTime(startedAt)} to ${describeTime(finishedAt)}`);
}
function checkUsage({ work }) {
	const { promptTokens, cachedPromptTokens, completionTokens } = work;
	if (cachedPromptTokens > promptTokens) return fails("usage", `${cachedPromptTokens} cached prompt tokens of ${promptTokens} prompt tokens`);
	return holds("usage", `${promptTokens} prompt tokens (${cachedPromptTokens} cached), ${completionTokens} completion tokens; that they were counted right is not proven`);
}
function checkSequence(receipt) {
	const { gatewaySeq, channelSeq, cost, cumulative, prevReceipt } = receipt;
	if (gatewaySeq === 0 || channelSeq === 0) return fails("sequence", "a sequence number is 0; both start at 1");
	if (channelSeq > gatewaySeq) return fails("sequence", `number ${channelSeq} on its channel, but only number ${gatewaySeq} of its gateway`);
	if (cumulative < cost) return fails("sequence", `costs ${cost}, but the channel's sum with it is ${cumulative}`);
	const first = channelSeq === 1;
	if (first !== (prevReceipt === zeroBytes32)) return fails("sequence", first ? "the first receipt of a channel points back to another" : "points back to no receipt, though it is not the first of its channel");
	return holds("sequence", `number ${channelSeq} on its channel, which owes ${cumulative} with it`);
}

// src/client/verify-receipt.ts
/**
* Every check that needs no chain, in the order of docs/receipts.md. All are made, also after one
* failed: a person learns more from which ones hold beside it. Pure: plain data in, lines out.
*/
function verifyReceipt(verification) {
	const { receipt: parsed, evidence, anchors, policy, nowMs } = verification;
	const { receipt } = parsed;
	const signers = recoverSigners(parsed);
	const { receiptVerifier } = anchors;
	return [
		checkDomain(parsed),
		...checkSignatures(parsed, signers),
		...checkKnownKeys(parsed, signers, anchors),
		...checkRelations(receipt, nowMs),
		...checkEvidenceHash(parsed),
		...checkCheckpoints(parsed, anchors, evidence.response),
		...checkPrice(receipt, parsed.priceSheet),
		checkContent(receipt, evidence.content),
		...checkWireBytes(receipt, evidence),
		...checkPolicy(parsed, {
			policy,
			receiptVerifier,
			nowMs
		})
	];
}

// src/client/verify-answer.ts
/** Clocks of an honest gateway and ours differ by no more. */
const clockToleranceS = 900;
async function verifyAnswer(asked, terms) {
	const { url, receiptId } = asked;
	const parsed = parseReceiptDocument(asked.document);
	if (!parsed.ok) {
		const [fault] = parsed.error;
		const detail = `${fault?.path || "the document"}: expected ${fault?.expected}, found ${fault?.found}`;
		return reportOf([fails("shape", detail)], {
			url,
			receiptId,
			policy: terms.policy
		});
	}
	const verification = verificationOf(parsed.value, asked, terms);
	const signers = recoverSigners(parsed.value);
	const offline = verifyReceipt(verification).filter(({ check }) => check !== "content");
	const [onChain, further] = await Promise.all([terms.rpc === void 0 ? [] : verifyOnChain(terms.rpc, verification), checkFurther({
		verification,
		signers,
		gateway: void 0,
		rpc: terms.rpc
	})]);
	const lines = [
		...offline,
		checkNamed(parsed.value, receiptId),
		holds("shape", `a receipt of ${asked.document.length} bytes, every field in range`),
		...checkTerms(parsed.value, terms),
		checkEnding(asked.end, parsed.value.receipt.work.status)
	];
	const before = joinLines(lines, [...onChain, ...further]);
	return reportOf(against(before, terms.policy).length === 0 ? joinLines(before, [terms.continuity(parsed.value, signers.receiptDigest)]) : before, {
		url,
		receiptId,
		policy: terms.policy,
		receipt: parsed.value
	});
}
/** An answer without a receipt that could be looked at. */
const reportWithoutReceipt = (answer, policy, detail) => reportOf([fails("receipt", detail)], {
	...answer,
	policy
});
function reportOf(lines, about) {
	const told = lines.map(inPolicyWords);
	const open = against(told, about.policy);
	return {
		verified: open.length === 0,
		lines: told,
		against: open,
		receiptId: about.receiptId,
		receipt: about.receipt,
		url: about.url
	};
}
const against = (lines, { tolerated }) => lines.filter(({ check, verdict }) => verdict === "fails" || verdict === "unknown" && !tolerated.has(check));
function verificationOf(parsed, asked, { policy, nowMs }) {
	const { request, sentAtMs } = asked;
	const sinceSentS = Math.ceil((nowMs - sentAtMs) / 1e3);
	return {
		receipt: parsed,
		evidence: {
			content: [],
			request,
			response: coveredBytes(parsed, asked),
			manifest: policy.modelManifest === void 0 ? void 0 : utf8Bytes(policy.modelManifest),
			verificationKey: policy.verificationKey === void 0 ? void 0 : fromHex(policy.verificationKey)
		},
		anchors: policy.anchors,
		policy: {
			gateway: policy.gateway,
			modelId: policy.modelId,
			tiers: policy.tiers,
			maxAgeS: policy.maxAgeS ?? sinceSentS + clockToleranceS
		},
		nowMs
	};
}
/** Of a stream that broke off the receipt covers what came before the event that says so. */
function coveredBytes({ receipt }, { response, end }) {
	if (response === void 0 || end !== "told-error") return response;
	return hexOf(sha256Hex(response)) === receipt.responseHash ? response : beforeErrorEvent(response);
}
/** The answer's header names it before the first byte, so that no better one can be picked later. */
const checkNamed = ({ receipt }, receiptId) => receipt.receiptId === receiptId ? holds("receipt", `the one that the answer named: ${receiptId}`) : fails("receipt", `the answer named ${receiptId}, and the gateway gave ${receipt.receiptId}`);
function checkTerms(parsed, terms) {
	const { policy, agreed, nowMs } = terms;
	const { channelId } = parsed.receipt;
	return [
		...policy.channelId === void 0 ? [] : [channelId === policy.channelId ? holds("policy-channel", `${channelId}, as asked`) : fails("policy-channel", `it charges the channel ${channelId}`)],
		...agreed === void 0 ? [] : [checkAgreed(parsed.priceSheet, agreed)],
		...policy.anchoredWithinS === void 0 ? [] : [checkPromise(parsed, {
			withinS: policy.anchoredWithinS,
			nowMs
		})]
	];
}
function checkAgreed(sheet, agreed) {
	const check = "policy-price";
	if (typeof agreed === "string") return unknown(check, agreed);
	return isNoDearer(sheet, agreed) ? holds(check, "no dearer than what was agreed to") : fails(check, `priced by a sheet that is not agreed to, or is dearer: ${JSON.stringify(shown(sheet))}`);
}
const shown = (sheet) => Object.fromEntries(Object.entries(sheet).map(([name, value]) => [name, typeof value === "bigint" ? String(value) : value]));
function checkPromise({ receipt }, asked) {
	const check = "policy-anchoring";
	const inS = receipt.anchorBy - unixSecondsOf(asked.nowMs);
	if (receipt.anchorBy === 0) return fails(check, "the gateway promises no anchoring");
	return inS <= asked.withinS ? holds(check, `promised by ${describeTime(receipt.anchorBy)}`) : fails(check, `promised in ${inS} s, and you asked for at most ${asked.withinS} s`);
}

// src/client/verified-fetch.ts
/** An answer with more bytes than a gateway keeps of one is not verified. */
const answerBytesMax = 67108864;
const receiptTimeoutDefaultMs = 1e4;
/** An answer that takes longer counts as one that nobody reads any more. */
const answerPatienceMs = 6e5;
/** How long what a node or the gateway's terms said is taken as still said. */
const rememberedMs = 6e4;
/** One request. Receipts of several are held to each other only by one `createVerifiedFetch`. */
function verifiedFetch(input, init, options) {
	return createVerifiedFetch(options)(input, init);
}
/**
* A fetch for the `fetch` option of API clients. GET, HEAD and OPTIONS pass unchanged, as nothing is charged for them, and so
* do answers that are errors by their status. Every other answer needs a receipt that holds.
*
* Throws a TypeError for a policy that cannot be used.
*/
function createVerifiedFetch(options) {
	const verifier = new AnswerVerifier(options);
	return async (input, init) => {
		const request = await readSentRequest(input, init);
		const ask = options.fetch ?? globalThis.fetch;
		if ([
			"GET",
			"HEAD",
			"OPTIONS"
		].includes(request.method)) return ask(request.url, request.init);
		const judge = verifier.begin(request);
		const isInline = request.headers.has(inlineHeader);
		if (!isInline) request.headers.set(inlineHeader, "1");
		try {
			const response = await ask(request.url, request.init);
			if (response.ok && response.body !== null) return judge.of(response, { isInline });
			judge.noAnswer();
			return response;
		} catch (error) {
			judge.noAnswer();
			throw error;
		}
	};
}
/** What the answers of one verified fetch have in common. */
var AnswerVerifier = class {
	#options;
	#policy;
	#clock;
	#rpc;
	#links = /* @__PURE__ */ new Map();
	#told = /* @__PURE__ */ new Map();
	/** Requests whose receipt was not seen yet, by when they were sent. */
	#underWay = /* @__PURE__ */ new Set();
	constructor(options) {
		this.#options = options;
		this.#policy = readPolicy(options.policy);
		this.#clock = options.clock ?? systemClock;
		const { rpcUrl } = this.#policy;
		this.#rpc = rpcUrl === void 0 ? void 0 : rememberingRpc(jsonRpc(rpcUrl), {
			forMs: rememberedMs,
			nowMs: this.#clock.nowMs
		});
	}
	begin(request) {
		const sentAtMs = this.#clock.nowMs();
		const place = { sentAtMs };
		this.#underWay.add(place);
		const agreed = this.#agreedPrices(request);
		const judgeAnswer = async (response, got) => {
			const report = await this.#report(request, response, {
				...got,
				sentAtMs,
				agreed
			}).finally(() => this.#underWay.delete(place));
			await this.#options.onReceipt?.(report);
			if (report.verified || got.end === "left") return;
			if (this.#options.onUnverified !== "report") throw new VerificationError(report);
		};
		return {
			of: (response, asked) => this.#judged(request, response, {
				...asked,
				judgeAnswer
			}),
			noAnswer: () => {
				this.#underWay.delete(place);
			}
		};
	}
	#judged(request, response, terms) {
		const { isInline, judgeAnswer } = terms;
		const { body } = response;
		assert(body !== null, "an answer without a body is not judged");
		const isEventStream = /^\s*text\/event-stream\b/i.test(response.headers.get("content-type") ?? "");
		const judged = judgedBody(body, {
			isEventStream,
			judge: {
				ended: async (bytes, handedOn) => {
					const got = isEventStream ? splitStreamReceipt(bytes, handedOn) : {
						answer: bytes,
						document: receiptInHeader(response.headers)
					};
					const end = isEventStream ? endOfStream(got.answer) : "whole";
					await judgeAnswer(response, {
						bytes: got.answer,
						document: got.document,
						end
					});
					return isInline ? bytes.length : got.answer.length;
				},
				left: () => void judgeAnswer(response, nothingGot).catch(() => {}),
				bytesMax: answerBytesMax,
				tooLong: () => new VerificationError(this.#without(request, response, `the answer has more than ${answerBytesMax} bytes`))
			}
		});
		const { status, statusText, headers, url } = response;
		const answer = new Response(judged, {
			status,
			statusText,
			headers
		});
		return Object.defineProperty(answer, "url", { value: url });
	}
	async #report(request, response, got) {
		const receiptId = receiptIdOf(response);
		if (receiptId === void 0) return this.#without(request, response, noHeader);
		const document = got.document ?? await this.#fetchDocument(request, receiptId);
		if (typeof document === "string") return this.#without(request, response, document);
		const { bytes, end, sentAtMs } = got;
		const { url, bytes: sent } = request;
		return verifyAnswer({
			url,
			receiptId,
			document,
			request: sent,
			response: bytes,
			end,
			sentAtMs
		}, {
			policy: policyFor(this.#policy, end),
			rpc: this.#rpc,
			agreed: await got.agreed,
			continuity: (parsed, digest) => this.#take(parsed, digest),
			nowMs: this.#clock.nowMs()
		});
	}
	#without({ url }, response, detail) {
		return reportWithoutReceipt({
			url,
			receiptId: receiptIdOf(response)
		}, this.#policy, detail);
	}
	/** The error is one sentence. */
	async #fetchDocument(request, receiptId) {
		const api = apiOf(request.url);
		if (api === void 0) return `it is not known where ${request.url} has its receipts`;
		const { receiptFetch, receiptHeaders, receiptTimeoutMs } = this.#options;
		const document = await fetchReceipt({
			fetch: receiptFetch ?? globalThis.fetch,
			api,
			headers: () => receiptHeaders?.(receiptId) ?? keyHeadersOf(request),
			timeoutMs: receiptTimeoutMs ?? receiptTimeoutDefaultMs,
			clock: this.#clock
		}, receiptId);
		return document.ok ? document.value : document.error;
	}
	#take({ receipt }, digest) {
		const check = "continuity";
		const before = this.#links.get(receipt.channelId) ?? [];
		const links = takeLink(before, {
			...receipt,
			digest
		});
		if (!links.ok) return fails(check, links.error);
		this.#links.set(receipt.channelId, links.value);
		const unexplained = unexplainedAmount(links.value);
		if (this.#policy.continuity === "shared" || unexplained === 0n) return holds(check, `receipt ${receipt.channelSeq} of its channel contradicts none before it`);
		const since = this.#clock.nowMs() - answerPatienceMs;
		const others = [...this.#underWay].filter(({ sentAtMs }) => sentAtMs > since).length - 1;
		return others > 0 ? holds(check, `receipt ${receipt.channelSeq}; ${others} more are under way`) : fails(check, `${unexplained} atomic units were charged for which no receipt was shown`);
	}
	#agreedPrices(request) {
		const { prices } = this.#policy;
		if (prices !== "as-told") return Promise.resolve(prices === "any" ? void 0 : prices);
		const api = apiOf(request.url);
		if (api === void 0) return Promise.resolve(`it is not known where ${request.url} tells prices`);
		const nowMs = this.#clock.nowMs();
		const told = this.#told.get(api);
		if (told !== void 0 && nowMs - told.atMs < rememberedMs) return told.sheets;
		const sheets = this.#askPrices(api);
		this.#told.set(api, {
			atMs: nowMs,
			sheets
		});
		return sheets;
	}
	async #askPrices(api) {
		const terms = await askGateway({
			origin: api,
			path: "/billing/terms",
			init: {},
			fetch: this.#options.receiptFetch
		}, termsReader$1);
		if (terms.ok) return terms.value.models.map(({ price_sheet }) => price_sheet);
		this.#told.delete(api);
		return `the gateway's prices are not known: ${describeBillingFailure(terms.error)}`;
	}
};
const nothingGot = {
	bytes: void 0,
	document: void 0,
	end: "left"
};
const noHeader = "the answer names no receipt in x-vouch-receipt (a browser sees it only where the gateway exposes it)";
/** Of an answer that was left there are no bytes that the response could be compared with. */
const policyFor = (policy, end) => end === "left" ? {
	...policy,
	tolerated: /* @__PURE__ */ new Set([...policy.tolerated, "response"])
} : policy;

export { VerificationError, createVerifiedFetch, defaultTolerated, verifiedFetch };