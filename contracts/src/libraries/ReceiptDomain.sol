// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TypedData} from "./TypedData.sol";

/// @title ReceiptDomain
/// @notice The EIP-712 domain of receipts, works and checkpoints.
library ReceiptDomain {
    bytes32 internal constant NAME_HASH = keccak256("Vouch Receipts");

    /// @param verifier The ReceiptVerifier that receipts are made for.
    function separator(address verifier) internal view returns (bytes32) {
        return TypedData.domainSeparator(NAME_HASH, verifier);
    }
}
