// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title TypedData
/// @notice EIP-712 domains and digests, built anew on each call.
/// @dev Nothing is cached in immutables: a contract whose code is copied to another address (the
/// embedded chain does that for the canonical x402 addresses) or that lives through a chain split
/// then signs and verifies for where it is, not for where it was deployed.
library TypedData {
    bytes32 internal constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 internal constant VERSION_1_HASH = keccak256("1");

    /// @notice The separator of version "1" of the domain `keccak256(name)` on this chain.
    function domainSeparator(bytes32 nameHash, address verifyingContract)
        internal
        view
        returns (bytes32)
    {
        return keccak256(
            abi.encode(DOMAIN_TYPEHASH, nameHash, VERSION_1_HASH, block.chainid, verifyingContract)
        );
    }

    function digest(bytes32 separator, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }
}
