// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IPermit2
/// @notice The one function of Uniswap's Permit2 that a deposit needs: a signed transfer whose
/// signature also covers a witness of the caller's choice.
interface IPermit2 {
    struct TokenPermissions {
        address token;
        uint256 amount;
    }

    struct PermitTransferFrom {
        TokenPermissions permitted;
        uint256 nonce;
        /// @dev Unix seconds, inclusive.
        uint256 deadline;
    }

    struct SignatureTransferDetails {
        address to;
        uint256 requestedAmount;
    }

    /// @param witness EIP-712 struct hash of the witness.
    /// @param witnessTypeString The end of the type string, from the witness member on.
    function permitWitnessTransferFrom(
        PermitTransferFrom calldata permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external;
}
