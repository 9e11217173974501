// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a contributor saw and did for one job; signed by one of its signing keys.
/// @dev The digest of a Work exists only under the domain "Vouch Receipts", version 1, of one
/// verifier contract on one chain.
struct Work {
    /// @dev Chosen by the gateway (or the coordinator), unique for each (gateway, jobId).
    bytes32 jobId;
    /// @dev Operator address of the gateway in the GatewayRegistry.
    address gateway;
    /// @dev Operator address of the contributor in the ContributorRegistry; zero when no
    /// contributor can sign (a closed API behind the gateway).
    address contributor;
    /// @dev keccak256 of the model manifest in canonical JSON (RFC 8785).
    bytes32 modelId;
    /// @dev sha256 of the request's bytes as the contributor received them.
    bytes32 inputHash;
    /// @dev sha256 of the response's bytes as the contributor sent them.
    bytes32 outputHash;
    /// @dev keccak256 of the answer itself (UTF-8 text): the one hash a contract needs.
    bytes32 contentHash;
    /// @dev Last value of the stream's hash chain; zero for a unary response.
    bytes32 streamRoot;
    /// @dev Tokens of the whole prompt, cached ones included. 32 bits: contexts are far smaller.
    uint32 promptTokens;
    /// @dev The part of `promptTokens` that the engine took from its cache.
    uint32 cachedPromptTokens;
    uint32 completionTokens;
    /// @dev Root of the committed tokens and log-probabilities; zero without tier bit 4.
    bytes32 commitment;
    /// @dev Unix seconds.
    uint64 startedAt;
    /// @dev Unix seconds. Signing keys are looked up at this time.
    uint64 finishedAt;
    /// @dev 0 complete, 1 client disconnected, 2 upstream failed, 3 truncated by budget.
    uint8 status;
}

using {hashStruct, isWellFormed, word} for Work global;

bytes32 constant WORK_TYPEHASH = keccak256(
    "Work(bytes32 jobId,address gateway,address contributor,bytes32 modelId,bytes32 inputHash,bytes32 outputHash,bytes32 contentHash,bytes32 streamRoot,uint32 promptTokens,uint32 cachedPromptTokens,uint32 completionTokens,bytes32 commitment,uint64 startedAt,uint64 finishedAt,uint8 status)"
);

/// @dev Positions of members, for `word`.
uint256 constant GATEWAY_WORD = 1;
uint256 constant CONTRIBUTOR_WORD = 2;
uint256 constant MODEL_ID_WORD = 3;
uint256 constant FINISHED_AT_WORD = 13;

/// @dev Members of `Work`; each is one word of calldata.
uint256 constant WORK_WORDS = 15;

/// @dev All members are static, so their calldata is what EIP-712 hashes: it is copied behind the type
/// hash as it is. Copying member by member would cost ten times the gas, in the one call that every
/// consumer pays for. For a member with dirty upper bits see `isWellFormed`.
function hashStruct(Work calldata self) pure returns (bytes32 hash) {
    bytes32 typeHash = WORK_TYPEHASH;
    assembly ("memory-safe") {
        let words := mload(0x40) // Beyond the free memory pointer: nothing is allocated.
        mstore(words, typeHash)
        calldatacopy(add(words, 0x20), self, mul(WORK_WORDS, 0x20))
        hash := keccak256(words, mul(add(WORK_WORDS, 1), 0x20))
    }
}

/// @notice Whether every member fits into its type. `hashStruct` takes words as they are, and the
/// compiler checks a member only where it is read: without this a signer could put its name to a work
/// that passes for valid, and that no report of a fault could decode.
function isWellFormed(Work calldata self) pure returns (bool) {
    uint256 addresses = self.word(GATEWAY_WORD) | self.word(CONTRIBUTOR_WORD);
    uint256 tokenCounts = self.word(8) | self.word(9) | self.word(10);
    uint256 times = self.word(12) | self.word(FINISHED_AT_WORD);
    uint256 status = self.word(14);
    return addresses >> 160 | tokenCounts >> 32 | times >> 64 | status >> 8 == 0;
}

/// @notice The member at this position in the struct, as it lies in calldata. For callers that also ask
/// `isWellFormed`: by its name the compiler would check it once more, for a hundred gas or so.
function word(Work calldata self, uint256 position) pure returns (uint256 value) {
    assembly ("memory-safe") {
        value := calldataload(add(self, shl(5, position)))
    }
}
