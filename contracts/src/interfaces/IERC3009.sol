// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IERC3009
/// @notice Transfers by signed authorization (ERC-3009), in the form with one `bytes` signature.
interface IERC3009 {
    /// @notice Moves `value` from `from` to `to` with a `ReceiveWithAuthorization` of `from`.
    /// @dev The caller must be `to`, so that nobody can take the authorization from the mempool and
    /// execute it out of its context.
    /// @param validAfter Unix seconds; valid strictly after.
    /// @param validBefore Unix seconds; valid strictly before.
    /// @param nonce Any 32 bytes not used before by `from`.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;
}
