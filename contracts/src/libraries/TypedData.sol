// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EfficientHashLib} from "solady/utils/EfficientHashLib.sol";

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
        return EfficientHashLib.hash(
            DOMAIN_TYPEHASH,
            nameHash,
            VERSION_1_HASH,
            bytes32(block.chainid),
            bytes32(uint256(uint160(verifyingContract)))
        );
    }

    /// @dev `keccak256(abi.encodePacked(hex"1901", separator, structHash))` without allocating: every
    /// verified signature passes here.
    function digest(bytes32 separator, bytes32 structHash) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let message := mload(0x40) // Beyond the free memory pointer: nothing is allocated.
            mstore(message, hex"1901")
            mstore(add(message, 0x02), separator)
            mstore(add(message, 0x22), structHash)
            hash := keccak256(message, 0x42)
        }
    }
}
