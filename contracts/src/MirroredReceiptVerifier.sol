// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EfficientHashLib} from "solady/utils/EfficientHashLib.sol";
import {ReceiptVerifier} from "./ReceiptVerifier.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {IReceiptAnchor} from "./interfaces/IReceiptAnchor.sol";
import {ReceiptDomain} from "./libraries/ReceiptDomain.sol";
import {TypedData} from "./libraries/TypedData.sol";

/// @title MirroredReceiptVerifier
/// @notice Verifies, on this chain, receipts that were signed for the ReceiptVerifier of another one, by the keys
/// that are registered on this chain. So one receipt is good on every chain with such a mirror, and neither gateway
/// nor contributor signs twice.
/// @dev A receipt moves no money by itself. What pays by one names what it is for: the id of a job has its chain and
/// its coordinator in it, so no answer is paid on two chains.
///
/// Two statements that contradict each other are slashed at home, by the domain that they were signed for; stake on
/// this chain answers for nothing but what contracts of this chain take it for.
contract MirroredReceiptVerifier is ReceiptVerifier {
    error HomeIsHere(uint256 chainId);
    error HomeIsZero();

    /// @notice Chain and ReceiptVerifier that the receipts are signed for.
    uint256 public immutable homeChainId;
    address public immutable homeVerifier;

    constructor(
        IOperatorRegistry contributors_,
        IOperatorRegistry gateways_,
        IReceiptAnchor receiptAnchor_,
        uint256 homeChainId_,
        address homeVerifier_
    ) ReceiptVerifier(contributors_, gateways_, receiptAnchor_) {
        if (homeChainId_ == block.chainid) revert HomeIsHere(homeChainId_);
        if (homeChainId_ == 0 || homeVerifier_ == address(0)) revert HomeIsZero();
        homeChainId = homeChainId_;
        homeVerifier = homeVerifier_;
    }

    /// @notice Of the home verifier, there.
    function domainSeparator() public view override returns (bytes32) {
        return EfficientHashLib.hash(
            TypedData.DOMAIN_TYPEHASH,
            ReceiptDomain.NAME_HASH,
            TypedData.VERSION_1_HASH,
            bytes32(homeChainId),
            bytes32(uint256(uint160(homeVerifier)))
        );
    }
}
