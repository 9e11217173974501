// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IERC1271
/// @notice How a contract accepts signatures (ERC-1271).
interface IERC1271 {
    /// @return magicValue 0x1626ba7e when `signature` is this contract's signature of `digest`.
    function isValidSignature(bytes32 digest, bytes calldata signature)
        external
        view
        returns (bytes4 magicValue);
}
